"""Orders a second through the running web server, against the bare service call."""

import time
from concurrent.futures import ThreadPoolExecutor

from kernel.core import clock
from tests.benchmarks.harness import House, Measurement, percentile
from tests.benchmarks.shop import JsonClient, order_of, stock_shelf

SMALLEST_SHARE = 0.5
SECONDS = 6.0
CLIENTS = (1, 4, 8)


def measure(house: House) -> Measurement:
    """The service call is measured before and after one client, while the server idles; then four and eight clients."""
    house.brand("apipost")
    skus = stock_shelf(variants=30)
    token = house.api_key()
    details: dict[str, object] = {}
    with house.web_server() as port:
        load(port, token, skus, 1, 1.0)  # warm
        services = [service_rate(skus)]
        rates = {1: [], 4: [], 8: []}  # type: dict[int, list[float]]
        for clients in (1, *CLIENTS):
            rate, durations = load(port, token, skus, clients, SECONDS)
            rates[clients].append(rate)
            details[f"{clients} client{'s' if clients > 1 else ''}"] = (
                f"{rate:.0f} orders/s, p50 {percentile(durations, 0.5) * 1000:.1f} ms, "
                f"p99 {percentile(durations, 0.99) * 1000:.1f} ms"
            )
            if clients == 1:
                services.append(service_rate(skus))
    service = sorted(services)[len(services) // 2]
    share = round(sorted(rates[1])[-1] / service, 2)
    details["service call"] = f"{service:.0f} orders/s"
    return Measurement(
        value=share,
        unit="of the service call",
        bound=f"≥ {SMALLEST_SHARE} at 1 client",
        ok=share >= SMALLEST_SHARE,
        details=details,
    )


def service_rate(skus: list[str]) -> float:
    """Orders a second by the service call alone, in this process."""
    from tenant_apps.orders.services.place_order import NewLine, place_retail_order

    made = 0
    started = time.perf_counter()
    while (elapsed := time.perf_counter() - started) < SECONDS:
        chosen = [skus[(made * 3 + offset) % len(skus)] for offset in range(3)]
        place_retail_order(lines=[NewLine(sku, 1) for sku in chosen], now=clock.now())
        made += 1
    return made / elapsed


def load(port: int, token: str, skus: list[str], clients: int, seconds: float) -> tuple[float, list[float]]:
    """Orders a second and the durations of all requests. Every answer must be 201."""

    def run(number: int) -> list[float]:
        client = JsonClient(port=port, slug="apipost", token=token)
        durations: list[float] = []
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            first = (len(durations) * clients + number) * 3
            body = order_of([skus[(first + offset) % len(skus)] for offset in range(3)])
            started = time.perf_counter()
            status, answer, _headers = client.send(
                "POST", "/api/v1/orders", body, **{"Idempotency-Key": f"{clients}-{number}-{started}"}
            )
            if status != 201:
                raise RuntimeError(f"{status}: {answer}")
            durations.append(time.perf_counter() - started)
        return durations

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        durations = [one for many in pool.map(run, range(clients)) for one in many]
    return len(durations) / (time.perf_counter() - started), durations
