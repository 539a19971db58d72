"""Book payments."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.core.states import compare_and_set, ensure_allowed
from kernel.events import outbox
from tenant_apps.agents.selectors import agents
from tenant_apps.finance import services as finance
from tenant_apps.finance.states import AccountCode
from tenant_apps.orders.events import OrderPaid
from tenant_apps.orders.models import Order, Payment
from tenant_apps.orders.services.buyers import mark_buyers
from tenant_apps.orders.services.cloud_stock import keep_in_cloud
from tenant_apps.orders.services.locking import OrderNotOpen, lock_order, party_of
from tenant_apps.orders.states import PAYMENT_TRANSITIONS, OrderState, PaymentMethod, PaymentState
from tenant_apps.ranks.services.results import exclude_sales, post_sales
from tenant_apps.ranks.states import ExcludedBecause

MONEY_ACCOUNTS = {
    PaymentMethod.WECHAT: AccountCode.PLATFORM_CLEARING,
    PaymentMethod.ALIPAY: AccountCode.PLATFORM_CLEARING,
    PaymentMethod.BANK: AccountCode.BANK,
    PaymentMethod.CASH: AccountCode.CASH,
    PaymentMethod.CHANNEL: AccountCode.PLATFORM_CLEARING,
}


class PaymentReferenceUsed(Conflict):
    code = "payment_reference_used"
    title = _("This payment was booked before for another order")


class WrongAmount(Invalid):
    code = "wrong_amount"
    title = _("The amount is not the order's total")


class InvalidPayment(Invalid):
    code = "invalid_payment"
    title = _("The payment breaks a rule")


@transaction.atomic
def pay_order(*, order_id: int, method: str, reference: str, amount: Decimal | None = None, now: datetime) -> Order:
    """Book the payment of the whole total; `reference` is the payer's or platform's number of it.

    The goods of a restock into cloud stock are the agent's from now on. The same method and reference again change
    nothing. Posts Dr money, Cr 2203 advances; the goods money counts as the agent's sales of the day, but as no result
    of those who bought themselves. Raises OrderNotFound, OrderNotOpen, IllegalTransition, WrongAmount, InvalidPayment,
    PaymentReferenceUsed.
    """
    way = _checked(method, reference)
    order = lock_order(order_id)
    known = Payment.objects.filter(method=way, reference=reference).first()
    if known is not None:
        return _repeated(order, known, amount)
    if order.state != OrderState.OPEN:
        raise OrderNotOpen
    ensure_allowed(PAYMENT_TRANSITIONS, now=PaymentState(order.payment_state), wanted=PaymentState.PAID)
    if amount is not None and amount != order.total:
        raise WrongAmount(gettext("The order's total is %(total)s") % {"total": order.total}, field="amount")
    _book(order, way, reference, now)
    outbox.publish(OrderPaid(order_id=order.pk, paid_at=now))
    after = {"method": way, "reference": reference, "amount": order.total}
    audit.record(action="orders.pay", subject=f"order:{order.pk}", before={"payment_state": "unpaid"}, after=after)
    return keep_in_cloud(order_id=order.pk, now=now) if order.into_cloud else order


def _checked(method: str, reference: str) -> PaymentMethod:
    if method not in PaymentMethod.values:
        raise InvalidPayment(gettext("Not a method of payment"), field="method")
    if not 1 <= len(reference) <= 64:
        raise InvalidPayment(gettext("A reference has 1 to 64 characters"), field="reference")
    return PaymentMethod(method)


def _repeated(order: Order, known: Payment, amount: Decimal | None) -> Order:
    if known.order_id != order.pk or (amount is not None and amount != known.amount):
        raise PaymentReferenceUsed(field="reference")
    return order


def _book(order: Order, way: PaymentMethod, reference: str, now: datetime) -> None:
    buyers = mark_buyers(order)
    unpaid = Order.objects.filter(pk=order.pk, state=OrderState.OPEN)
    compare_and_set(
        unpaid,
        field="payment_state",
        expected=PaymentState.UNPAID,
        wanted=PaymentState.PAID,
        paid_at=now,
        upline=order.upline,
    )
    order.payment_state = PaymentState.PAID
    order.paid_at = now
    payment = Payment(order=order, method=way, reference=reference, amount=order.total, paid_at=now)
    with refine_integrity_error({"orders_payment_reference_once": lambda: PaymentReferenceUsed(field="reference")}):
        Payment.objects.bulk_create([payment])
    if order.agent_id is not None:
        post_sales(
            agent_id=order.agent_id,
            source=f"order:{order.pk}",
            day=clock.business_date(now),
            amount=order.goods_amount,
        )
        exclude_sales(source=f"order:{order.pk}", agents=_without_result(order.agent_id, buyers, now))
    if order.total:
        transfer = finance.NewTransfer(MONEY_ACCOUNTS[way], AccountCode.ADVANCES, order.total, party_of(order))
        memo = gettext("Payment of %(number)s") % {"number": order.number}
        finance.post_entry(source=f"order:{order.pk}:paid", occurred_at=now, memo=memo, transfers=[transfer])


def _without_result(agent_id: int, buyers: Sequence[int], now: datetime) -> dict[int, ExcludedBecause]:
    """Map whoever has nothing of this payment counted to the reason: buyers, and those who may not sell by now.

    Each of the line is judged alone, as commission judges: an agent above who may sell keeps what the team sold.
    """
    barred = agents.find_barred_in_line(agent_id=agent_id, as_of=clock.business_date(now))
    return dict.fromkeys(buyers, ExcludedBecause.OWN_PURCHASE) | dict.fromkeys(barred, ExcludedBecause.NOT_SELLING)
