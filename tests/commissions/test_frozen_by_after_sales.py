"""Commission stays frozen while an after-sale is open (domain 6.6)."""

from datetime import datetime, timedelta

import pytest

from kernel.events.outbox import deliver_pending
from tenant_apps.commissions import rules
from tenant_apps.commissions.models import CommissionHold
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.after_sales import NewAfterSale, NewAfterSaleLine
from tenant_apps.orders.services import close_order, ship_order
from tenant_apps.orders.services.after_sales import deciding, settling
from tenant_apps.orders.services.after_sales.requesting import request_after_sale

from .conftest import NOW, Network, SellOrder

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("after_sales", "wanted"),
    [
        ([], NOW + WEEK),
        ([(NOW + DAY, None)], None),
        ([(NOW + DAY, NOW + 3 * DAY)], NOW + 3 * DAY + WEEK),
        ([(NOW - 2 * DAY, NOW - DAY)], NOW + WEEK),  # closed before the receipt
        ([(NOW + WEEK, None)], NOW + WEEK),  # it was free already
        ([(NOW + DAY, NOW + 2 * DAY), (NOW + 8 * DAY, NOW + 9 * DAY)], NOW + 9 * DAY + WEEK),
        ([(NOW + DAY, NOW + 2 * DAY), (NOW + 8 * DAY, None)], None),
    ],
)
def test_when_commission_is_free(after_sales: list[tuple[datetime, datetime | None]], wanted: datetime | None) -> None:
    assert rules.frozen_until(delivered_at=NOW, holding_days=7, after_sales=after_sales) == wanted


def moments(order: Order) -> set[datetime | None]:
    return set(CommissionHold.objects.filter(order=order).values_list("available_at", flat=True))


def ask(order: Order, now: datetime) -> int:
    lines = [NewAfterSaleLine(1, refund_quantity=1)]
    wanted = NewAfterSale(kind="refund_only", reason="quality", lines=lines)
    return request_after_sale(order_id=order.pk, wanted=wanted, now=now).pk


@pytest.mark.django_db
@pytest.mark.parametrize("outcome", ["refused", "refunded"])
def test_an_open_after_sale_freezes_and_its_end_frees(network: Network, sell_order: SellOrder, outcome: str) -> None:
    order = sell_order(("LIP-1", 2))
    ship_order.ship_order(order_id=order.pk, now=NOW)
    close_order.deliver_order(order_id=order.pk, now=NOW)
    deliver_pending(limit=100)
    assert moments(order) == {NOW + timedelta(days=10), NOW + WEEK}
    asked = ask(order, NOW + DAY)
    deliver_pending(limit=100)
    assert moments(order) == {None}
    end = NOW + 5 * DAY
    if outcome == "refused":
        deciding.refuse_after_sale(after_sale_id=asked, reason="x", now=end)
    else:
        deciding.approve_after_sale(after_sale_id=asked, now=NOW + 2 * DAY)
        settling.refund_after_sale(after_sale_id=asked, now=end)
    deliver_pending(limit=100)
    assert moments(order) == {end + timedelta(days=10), end + WEEK}


@pytest.mark.django_db
def test_an_after_sale_before_the_receipt_freezes_too(network: Network, sell_order: SellOrder) -> None:
    order = sell_order()
    asked = ask(order, NOW)
    ship_order.ship_order(order_id=order.pk, now=NOW)
    close_order.deliver_order(order_id=order.pk, now=NOW + DAY)
    deliver_pending(limit=100)
    assert moments(order) == {None}
    deciding.cancel_after_sale(after_sale_id=asked, reason="x", now=NOW + 2 * DAY)
    deliver_pending(limit=100)
    assert moments(order) == {NOW + 2 * DAY + timedelta(days=10), NOW + 2 * DAY + WEEK}
