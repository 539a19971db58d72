"""Three hundred labels in one job, from the parcels to the stored PDF."""

import time

from kernel.core import clock
from tests.benchmarks.harness import House, Measurement
from tests.benchmarks.shop import stock_shelf

LABELS = 300
MIN_PAGES_PER_SECOND = 40.0


def measure(house: House) -> Measurement:
    """Print the labels of as many parcels, each with a receiver, goods and codes of its own."""
    from tenant_apps.orders.services.pay_order import pay_order
    from tenant_apps.orders.services.place_order import Buyer, NewLine, Receiver, place_retail_order
    from tenant_apps.orders.services.ship_order import ship_order
    from tenant_apps.shipping.models import Parcel
    from tenant_apps.shipping.services import jobs
    from tenant_apps.shipping.services.label_jobs import print_labels

    house.brand("waybills")
    skus = stock_shelf(variants=3)
    for index in range(LABELS):
        receiver = Receiver("张小明", "+8613812345678", "广东省", "深圳市", "南山区", f"科技园{index}栋2单元302室")
        lines = [NewLine(sku, 1) for sku in skus]
        order = place_retail_order(lines=lines, buyer=Buyer(receiver=receiver), now=clock.now())
        pay_order(order_id=order.pk, method="cash", reference=f"c-{index}", now=clock.now())
        ship_order(order_id=order.pk, carrier="YTO", tracking_number=f"YT{index:013d}", now=clock.now())
    ids = list(Parcel.objects.order_by("id").values_list("id", flat=True))
    job_id = print_labels(parcel_ids=ids, now=clock.now())
    started = time.perf_counter()
    jobs.run_job(job_id=job_id)
    took = time.perf_counter() - started
    job = jobs.get_job(job_id=job_id)
    with jobs.open_result(job=job) as file:
        size = len(file.read())
    speed = round(LABELS / took, 1)
    return Measurement(
        value=speed,
        unit="pages/s",
        bound=f"≥ {MIN_PAGES_PER_SECOND:g} pages/s",
        ok=job.state == "done" and speed >= MIN_PAGES_PER_SECOND,
        details={"labels": LABELS, "seconds": round(took, 2), "kilobytes": size // 1024},
    )
