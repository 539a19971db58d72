"""A thousand orders shipped in one job, each in a transaction of its own, and their labels printed in another."""

import time

from kernel.core import clock
from tests.benchmarks.harness import House, Measurement
from tests.benchmarks.shop import stock_shelf

ORDERS = 1_000
MIN_ORDERS_PER_SECOND = 25.0


def measure(house: House) -> Measurement:
    """Ship orders of three lines with numbers; the labels' time counts."""
    from tenant_apps.orders.models import Order
    from tenant_apps.orders.services.pay_order import pay_order
    from tenant_apps.orders.services.place_order import Buyer, NewLine, Receiver, place_retail_order
    from tenant_apps.orders.services.ship_orders import OrderToShip, ship_orders
    from tenant_apps.shipping.models import Parcel
    from tenant_apps.shipping.services import jobs
    from tenant_apps.shipping.services.label_jobs import print_labels

    house.brand("batch")
    skus = stock_shelf(variants=3)
    receiver = Receiver("张小明", "+8613812345678", "广东省", "深圳市", "南山区", "科技园1栋2单元302室")
    wanted = []
    for index in range(ORDERS):
        lines = [NewLine(sku, 1) for sku in skus]
        order = place_retail_order(lines=lines, buyer=Buyer(receiver=receiver), now=clock.now())
        pay_order(order_id=order.pk, method="cash", reference=f"c-{index}", now=clock.now())
        wanted.append(OrderToShip(order.pk, "YTO", f"YT{index:013d}"))
    job_id = ship_orders(orders=wanted, now=clock.now())
    started = time.perf_counter()
    jobs.run_job(job_id=job_id)
    shipped = time.perf_counter()
    ids = list(Parcel.objects.order_by("id").values_list("id", flat=True))
    jobs.run_job(job_id=print_labels(parcel_ids=ids, now=clock.now()))
    ended = time.perf_counter()
    speed = round(ORDERS / (ended - started), 1)
    done = Order.objects.filter(fulfilment_state="shipped").count()
    return Measurement(
        value=speed,
        unit="orders/s",
        bound=f"≥ {MIN_ORDERS_PER_SECOND:g} orders/s with labels",
        ok=done == ORDERS and speed >= MIN_ORDERS_PER_SECOND,
        details={
            "shipped": done,
            "refused": len(jobs.get_job(job_id=job_id).refusals),
            "ship_seconds": round(shipped - started, 2),
            "label_seconds": round(ended - shipped, 2),
        },
    )
