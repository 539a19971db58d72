"""Fifty identical POSTs at once through the running web server: one order, forty-nine replays."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.benchmarks.harness import House, Measurement
from tests.benchmarks.shop import JsonClient, order_of, stock_shelf

TWINS = 50
ONE_KEY = {"Idempotency-Key": "one"}


def measure(house: House) -> Measurement:
    """A client that is told to wait (409) tries again, as any client would."""
    from tenant_apps.orders.models import Order

    house.brand("idempotent")
    skus = stock_shelf(variants=3)
    token = house.api_key()
    barrier = Barrier(TWINS)

    with house.web_server() as port:

        def post(_: int) -> tuple[int, bytes, bool, int]:
            client = JsonClient(port=port, slug="idempotent", token=token)
            barrier.wait()
            for waits in range(50):
                status, body, headers = client.send("POST", "/api/v1/orders", order_of(skus), **ONE_KEY)
                if status != 409:
                    return status, str(body).encode(), headers.get("idempotent-replayed") == "true", waits
                time.sleep(float(headers.get("retry-after", "1")))
            return status, b"", False, waits

        with ThreadPoolExecutor(TWINS) as pool:
            answers = list(pool.map(post, range(TWINS)))
    orders = Order.objects.count()
    replays = sum(replayed for _status, _body, replayed, _waits in answers)
    same = len({(status, body) for status, body, _replayed, _waits in answers}) == 1
    return Measurement(
        value=orders,
        unit="order",
        bound="= 1, 49 replays of its answer",
        ok=orders == 1 and replays == TWINS - 1 and same and answers[0][0] == 201,
        details={
            "replays": replays,
            "identical_answers": same,
            "told_to_wait": sum(waits for _status, _body, _replayed, waits in answers),
        },
    )
