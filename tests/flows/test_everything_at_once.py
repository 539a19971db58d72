"""Several clerks do whatever chance takes, each on a connection of his own: all sums hold afterwards.

A step either works wholly or is refused; a deadlock, like anything else that is no refusal, fails the test.
"""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db.models import F, Sum

from kernel.core import clock
from kernel.core.money import ZERO
from shared_apps.tenants.models import Brand
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Reservation, Stock, TransferLine
from tenant_apps.inventory.selectors.checks import compare_stock
from tenant_apps.inventory.services.sku_settings import change_setting
from tenant_apps.inventory.services.warehouses import create_warehouse
from tenant_apps.orders.models import Order, OrderLine, Payment, Refund
from tenant_apps.orders.services.deadlines import change_deadlines
from tenant_apps.shipping.models import Parcel
from tests.factories.chance import examples
from tests.factories.clerks import ACTS, Clerk
from tests.factories.parallel import AtOnce, at_once
from tests.factories.trade import assert_books_are_sound, balance_of, open_shop

__all__ = ["at_once"]

pytestmark = pytest.mark.django_db(transaction=True)

CLERKS = 6
ACTS_EACH = 60


@pytest.mark.parametrize("seed", range(examples(1)))
def test_any_acts_of_several_clerks(live_brand: Brand, at_once: AtOnce, seed: int) -> None:
    now = clock.now()
    shop = open_shop(goods=3, pieces=60)
    main = Stock.objects.order_by("warehouse_id").values_list("warehouse_id", flat=True).distinct().get()
    east = create_warehouse(code="EAST", name="东", regions=["31"])
    damaged = create_warehouse(code="DAMAGED", name="残", kind="damaged")
    change_setting(variant_id=shop.variant_ids[2], changes={"keeps_batches": True}, now=now)
    change_deadlines(unpaid_minutes=30, days_after_delivery=7, days_after_shipping=14, now=now)
    places = (main, east.pk, damaged.pk)
    clerks = [Clerk(shop, places, seed=seed * CLERKS + number) for number in range(CLERKS)]
    outcomes = at_once.outcomes([partial(clerk.work, ACTS_EACH) for clerk in clerks])
    assert not any(outcomes), "\n".join(map(str, outcomes))
    done = sum((clerk.done for clerk in clerks), start=type(clerks[0].done)())
    assert set(done) == set(ACTS), sorted(set(ACTS) - set(done))

    compared = compare_stock()
    assert (compared.found, list(compared.differences)) == (0, [])
    assert_books_are_sound()
    _check_reservations()
    _check_transit()
    _check_money()
    _check_goods()
    assert clock.now() - now < timedelta(minutes=5)


def _check_reservations() -> None:
    """What is reserved for orders is reserved for open ones, piece by piece of what they have not shipped."""
    held: dict[str, dict[int, int]] = {}
    for row in Reservation.objects.filter(state="active", source__startswith="order:"):
        pieces = held.setdefault(row.source, {})
        pieces[row.variant_id] = pieces.get(row.variant_id, 0) + row.open
    wanted: dict[str, dict[int, int]] = {}
    for order in Order.objects.filter(state="open").order_by("id"):
        for line in OrderLine.objects.filter(order=order, is_stocked=True):
            if line.open_quantity:
                wanted.setdefault(f"order:{order.pk}", {})[line.variant_id] = line.open_quantity
    assert held == wanted


def _check_transit() -> None:
    moving = TransferLine.objects.filter(transfer__state="shipped")
    transit = Stock.objects.filter(warehouse__kind="transit")
    assert sum(row.on_hand for row in transit) == sum(line.open for line in moving)
    assert sum((row.value for row in transit), ZERO) == sum((line.cost - line.settled_cost for line in moving), ZERO)


def _check_money() -> None:
    """Lines, freight and refunds of every order add up; the ledger holds what was paid and not given back."""
    paid = refunded = ZERO
    for order in Order.objects.order_by("id"):
        lines = list(OrderLine.objects.filter(order=order).order_by("line_no"))
        given = Refund.objects.filter(order=order).aggregate(total=Sum("amount"))["total"] or ZERO
        taken = Payment.objects.filter(order=order).aggregate(total=Sum("amount"))["total"] or ZERO
        assert order.total == sum((line.goods_amount for line in lines), ZERO) + order.freight
        assert order.discount == sum((line.discount for line in lines), ZERO)
        assert order.refunded_amount == given
        assert given == sum((line.refunded_amount for line in lines), ZERO) + order.refunded_freight
        assert taken == (ZERO if order.payment_state == "unpaid" else order.total)
        assert given <= taken
        assert all(line.refunded_amount <= line.goods_amount for line in lines)
        paid += taken
        refunded += given
    assert balance_of(AccountCode.BANK) == paid - refunded
    assert balance_of(AccountCode.ADVANCES) + balance_of(AccountCode.REVENUE) == paid - refunded


def _check_goods() -> None:
    """The cost of goods is what left less what came back, and every shipped piece travels in one parcel."""
    kept = OrderLine.objects.aggregate(total=Sum(F("cost") - F("returned_cost")))["total"] or Decimal(0)
    assert balance_of(AccountCode.COST_OF_GOODS) == kept
    for line in OrderLine.objects.order_by("id"):
        assert 0 <= line.shipped_quantity <= line.quantity
        assert line.pieces_out >= 0
    numbers = list(Parcel.objects.exclude(tracking_number="").values_list("tracking_number", flat=True))
    assert len(numbers) == len(set(numbers))
