"""Sums that hold in a shop after any work, however many did it at once; payments and refunds go through the bank."""

from decimal import Decimal

from django.db.models import F, Sum

from kernel.core.money import ZERO
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.models import Reservation, Stock, TransferLine
from tenant_apps.inventory.selectors.checks import compare_stock
from tenant_apps.orders.models import Order, OrderLine, Payment, Refund
from tenant_apps.shipping.models import Parcel
from tests.factories.trade import assert_books_are_sound, balance_of


def assert_everything_adds_up() -> None:
    """Stock is the sum of its movements, reservations are open orders', money adds up on every order and account."""
    compared = compare_stock()
    assert (compared.found, list(compared.differences)) == (0, [])
    assert_books_are_sound()
    _check_reservations()
    _check_transit()
    _check_money()
    _check_goods()


def _check_reservations() -> None:
    """Assert that goods are reserved for open orders alone, piece by piece of what these have not shipped."""
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
