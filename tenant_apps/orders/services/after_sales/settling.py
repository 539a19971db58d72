"""Settle after-sales: pay the money back, or send other goods."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict, ReasonMissing
from kernel.core.money import ZERO
from tenant_apps.orders.models import AfterSale, Order, OrderLine, Refund
from tenant_apps.orders.rules.after_sales import Replacement, refund_requests
from tenant_apps.orders.rules.refunds import RefundRequest, plan_refund, spread_amount
from tenant_apps.orders.selectors.after_sales import after_sale_requests
from tenant_apps.orders.selectors.documents import refundable_parts
from tenant_apps.orders.services.after_sales.changing import (
    close_when_settled,
    lock_approved,
    record,
    set_settlement,
)
from tenant_apps.orders.services.place_exchange import place_exchange_order
from tenant_apps.orders.services.refund_order import InvalidRefund, RefundTerms, refund_on_terms
from tenant_apps.orders.states import AfterSaleKind, GoodsBackState, SettlementState


class NothingToRefund(Conflict):
    code = "nothing_to_refund"
    title = _("Nothing is to be refunded in this after-sale")


class NotAnExchange(Conflict):
    code = "not_an_exchange"
    title = _("No goods are to be sent in this after-sale")


@transaction.atomic
def refund_after_sale(*, after_sale_id: int, amount: Decimal | None = None, method: str = "", now: datetime) -> Refund:
    """Pay back what was asked for, before or after the goods are back; `amount` is less than that, if given.

    The money is computed from what is left on the order now: the last refund takes the remainder. `method` is for
    orders without a payment of their own. Raises AfterSaleNotFound, IllegalTransition, NothingToRefund, InvalidRefund,
    NoPayment, RefundMethodGiven.
    """
    order, after_sale = lock_approved(after_sale_id)
    is_due = after_sale.settlement_state == SettlementState.DUE and wants_money(after_sale)
    if not is_due or after_sale.refunds.exists():
        raise NothingToRefund
    terms = RefundTerms(
        reason=after_sale.get_reason_display(),
        method=method,
        after_sale_id=after_sale.pk,
        is_return=after_sale.goods_state != GoodsBackState.NONE,
    )
    refund = refund_on_terms(order_id=order.pk, lines=plan_requests(order, after_sale, amount), terms=terms, now=now)
    if after_sale.kind != AfterSaleKind.EXCHANGE or after_sale.exchange_order_id is not None:
        set_settlement(after_sale, SettlementState.SETTLED, now=now)
        close_when_settled(after_sale, now=now)
    return refund


@transaction.atomic
def exchange_goods(*, after_sale_id: int, now: datetime) -> Order:
    """Place the order of the goods in exchange, before or after the others are back.

    The buyer pays its difference as any order; where there is none it is paid at once. Raises AfterSaleNotFound,
    IllegalTransition, NotAnExchange, InsufficientStock, InvalidLines.
    """
    order, after_sale = lock_approved(after_sale_id)
    if after_sale.kind != AfterSaleKind.EXCHANGE or after_sale.exchange_order_id is not None:
        raise NotAnExchange
    if after_sale.settlement_state != SettlementState.DUE:
        raise NotAnExchange
    sent = place_exchange_order(
        order=order,
        replacements=[Replacement(**one) for one in after_sale.replacements],
        to_pay=max(after_sale.difference, ZERO),
        note=gettext("Exchange for %(order)s (%(after_sale)s)")
        % {"order": order.number, "after_sale": after_sale.number},
        now=now,
    )
    AfterSale.objects.filter(pk=after_sale.pk).update(exchange_order=sent, waiting_since=now)
    after_sale.exchange_order = sent
    record(after_sale, "orders.after_sale_exchanged", number=sent.number)
    if not wants_money(after_sale) or after_sale.refunds.exists():
        set_settlement(after_sale, SettlementState.SETTLED, now=now)
        close_when_settled(after_sale, now=now)
    return sent


@transaction.atomic
def waive_settlement(*, after_sale_id: int, reason: str, now: datetime) -> AfterSale:
    """Settle nothing after all, as for goods that came back spoilt by the buyer.

    Raises AfterSaleNotFound, IllegalTransition, ReasonMissing.
    """
    _order, after_sale = lock_approved(after_sale_id)
    if not reason.strip():
        raise ReasonMissing(field="reason")
    set_settlement(after_sale, SettlementState.WAIVED, now=now, decision=reason.strip()[:200])
    record(after_sale, "orders.after_sale_settlement_waived", reason=reason.strip())
    close_when_settled(after_sale, now=now)
    return after_sale


def wants_money(after_sale: AfterSale) -> bool:
    """Tell whether the brand pays something back in this after-sale."""
    return after_sale.kind != AfterSaleKind.EXCHANGE or after_sale.difference < ZERO


def plan_requests(order: Order, after_sale: AfterSale, amount: Decimal | None = None) -> list[RefundRequest]:
    """Return the refunds of the after-sale's lines and freight, of all their money or of `amount`.

    Raises InvalidRefund.
    """
    asked = _asked(after_sale)
    held = refundable_parts(order, OrderLine.objects.filter(order=order).order_by("line_no"))
    if after_sale.kind == AfterSaleKind.EXCHANGE:
        asked = spread_amount(held, asked, -after_sale.difference)
    if amount is None:
        return asked
    planned = {one.line_no: one.amount for one in plan_refund(held, asked)}
    most = sum(planned.values(), ZERO)
    if not ZERO <= amount <= most:
        raise InvalidRefund(_("At most %(left)s is left to refund") % {"left": most}, field="amount")
    capped = [
        replace(one, goods_amount=one.refunded_amount + planned[one.line_no]) for one in held if one.line_no in planned
    ]
    return spread_amount(capped, asked, amount)


def _asked(after_sale: AfterSale) -> list[RefundRequest]:
    lines = AfterSale.objects.prefetch_related("lines__line").get(pk=after_sale.pk)
    if after_sale.kind == AfterSaleKind.EXCHANGE:
        return [RefundRequest(one.line_no) for one in after_sale_requests(lines)]
    return refund_requests(after_sale_requests(lines), after_sale.freight)
