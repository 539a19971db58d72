"""Refund orders and take returned goods back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, Invalid
from kernel.core.money import ZERO
from kernel.core.numbering import take_number
from kernel.core.states import compare_and_set, ensure_allowed
from kernel.events import outbox
from tenant_apps.finance import services as finance
from tenant_apps.finance.states import AccountCode
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.events import OrderCancelled, OrderRefunded, OrderShipped
from tenant_apps.orders.models import Order, OrderLine, Payment, Refund, RefundLine
from tenant_apps.orders.models.line import LineRefund
from tenant_apps.orders.rules.fulfilment import RefundedPart, split_pieces, split_refund
from tenant_apps.orders.rules.refunds import (
    FREIGHT_LINE,
    InvalidRefund,
    PlannedRefund,
    Refundable,
    RefundRequest,
    plan_refund,
    request_digest,
    request_everything,
)
from tenant_apps.orders.selectors.documents import refundable_parts
from tenant_apps.orders.selectors.parcels import parcel_source
from tenant_apps.orders.services.cloud_moves import give_back, move_refunded
from tenant_apps.orders.services.goods_back import goods_of_return, is_all_back
from tenant_apps.orders.services.history import is_history
from tenant_apps.orders.services.locking import lock_order, party_of
from tenant_apps.orders.services.pay_order import MONEY_ACCOUNTS
from tenant_apps.orders.states import (
    PAYMENT_TRANSITIONS,
    FulfilmentState,
    OrderKind,
    OrderState,
    PaymentMethod,
    PaymentState,
    RefundMethod,
)
from tenant_apps.ranks.services.results import exclude_refund, post_sales
from tenant_apps.shipping.services import parcels
from tenant_apps.shipping.states import ParcelState

__all__ = [
    "FREIGHT_LINE",
    "InvalidRefund",
    "NoPayment",
    "RefundRequest",
    "RefundTerms",
    "refund_everything",
    "refund_on_terms",
    "refund_order",
]


class NoPayment(Conflict):
    code = "no_payment"
    title = _("No payment of this order is on the books: say how the money goes back")


class RefundMethodGiven(Invalid):
    code = "refund_method_given"
    title = _("The money goes back the way it came: leave this empty")


class GoodsNotWithBuyer(Conflict):
    code = "goods_not_with_buyer"
    title = _("Not all of these pieces are still with the buyer: refund them without restocking")


class RestockByAfterSale(Conflict):
    code = "restock_by_after_sale"
    title = _("Goods of imported orders come back by an after-sale, which asks what they are worth")


class RefundReferenceUsed(Conflict):
    code = "refund_reference_used"
    title = _("This reference was used for another refund of the order")


@dataclass(frozen=True, slots=True)
class RefundTerms:
    """Terms of a refund. `method` is a word of RefundMethod, for an order without a payment of its own.

    `is_return` says that the pieces are shipped ones, whose goods come back by the after-sale.
    """

    restock: bool = False
    reason: str = ""
    reference: str = ""
    method: str = ""
    after_sale_id: int | None = None
    is_return: bool = False


@transaction.atomic
def refund_order(
    *,
    order_id: int,
    lines: Sequence[RefundRequest],
    restock: bool = False,
    reason: str = "",
    reference: str = "",
    now: datetime,
) -> Refund:
    """Refund the requested parts; `restock` puts shipped pieces back into stock.

    Before shipment refunded pieces are released, and a wholly refunded order is cancelled. The same `reference` again
    returns the first refund where it asks for the same. Posts Dr 2203 advances (after shipment 5001 revenue), Cr money.
    Raises OrderNotFound, IllegalTransition, NoPayment, InvalidRefund, RefundReferenceUsed, GoodsNotWithBuyer.
    """
    return _refund(order_id, lines, RefundTerms(restock, reason, reference), now)


@transaction.atomic
def refund_everything(
    *, order_id: int, restock: bool = False, reason: str = "", reference: str = "", now: datetime
) -> Refund:
    """Refund all that is left of the order, freight included; otherwise as refund_order."""
    return _refund(order_id, None, RefundTerms(restock, reason, reference), now)


@transaction.atomic
def refund_on_terms(
    *, order_id: int, lines: Sequence[RefundRequest] | None, terms: RefundTerms, now: datetime
) -> Refund:
    """Refund the requested parts (None: everything that is left) on all the terms that a refund can have.

    Raises as refund_order; RefundMethodGiven where the order has a payment, whose way the money goes back; for imported
    orders RestockByAfterSale.
    """
    return _refund(order_id, lines, terms, now)


def _refund(order_id: int, lines: Sequence[RefundRequest] | None, terms: RefundTerms, now: datetime) -> Refund:
    order = lock_order(order_id)
    digest = request_digest(lines, restock=terms.restock, method=terms.method)
    first = Refund.objects.filter(order=order, reference=terms.reference).first() if terms.reference else None
    if first is not None:
        # Refunds of before requests were kept have no digest: their reference alone tells them.
        if first.request_digest not in {"", digest}:
            raise RefundReferenceUsed(field="reference")
        return first
    work = _Refunding(order, terms, now=now)
    held = work.refundable()
    planned = plan_refund(held, request_everything(held) if lines is None else lines)
    refund = work.write_refund(planned, digest)
    work.move_goods(planned, refund)
    work.update_order(refund)
    work.post(refund)
    outbox.publish(OrderRefunded(order_id=order.pk, refund_id=refund.pk))
    if work.cancels:
        outbox.publish(OrderCancelled(order_id=order.pk, cancelled_at=now))
    after = {
        "refund": refund.number,
        "amount": refund.amount,
        "payment_state": order.payment_state,
        "reason": terms.reason,
        **({"method": terms.method} if terms.method else {}),
    }
    audit.record(action="orders.refund", subject=f"order:{order.pk}", after=after)
    return refund


class _Refunding:
    """One refund of a locked order, step by step."""

    def __init__(self, order: Order, terms: RefundTerms, *, now: datetime) -> None:
        before = PaymentState(order.payment_state)
        ensure_allowed(PAYMENT_TRANSITIONS, now=before, wanted=PaymentState.REFUNDED)
        self.order = order
        self.terms = terms
        self.payment = Payment.objects.filter(order=order).first()
        self.money_account = _money_account(order, self.payment, terms.method)
        self.before = before
        self.now = now
        self.goods_before = FulfilmentState(order.fulfilment_state)
        self.restock = (terms.restock or order.into_cloud) and self.goods_before != FulfilmentState.UNFULFILLED
        if self.restock and is_history(order):
            raise RestockByAfterSale(field="restock")
        self.lines = {line.line_no: line for line in OrderLine.objects.filter(order=order).order_by("line_no")}
        self.cancels = False
        self.earned = ZERO  # the part of the refund that takes revenue back
        self.newly_earned = ZERO  # what the refund of the last open pieces leaves as earned

    def refundable(self) -> list[Refundable]:
        return refundable_parts(self.order, self.lines.values())

    def write_refund(self, planned: Sequence[PlannedRefund], digest: str) -> Refund:
        freight = sum((one.amount for one in planned if one.line_no == FREIGHT_LINE), ZERO)
        refund = Refund(
            order=self.order,
            seq=Refund.objects.filter(order=self.order).count() + 1,
            number=take_number(kind="RF", day=clock.business_date(self.now)),
            reference=self.terms.reference[:64],
            request_digest=digest,
            reason=self.terms.reason[:200],
            method=self.terms.method,
            after_sale_id=self.terms.after_sale_id,
            amount=sum((one.amount for one in planned), ZERO),
            freight=freight,
            restocked=self.restock,
            refunded_at=self.now,
        )
        Refund.objects.bulk_create([refund])
        RefundLine.objects.bulk_create(
            RefundLine(refund=refund, line=self.lines[one.line_no], quantity=one.quantity, amount=one.amount)
            for one in planned
            if one.line_no != FREIGHT_LINE
        )
        return refund

    def move_goods(self, planned: Sequence[PlannedRefund], refund: Refund) -> None:
        """Release or restock the refunded pieces, and record them on the lines."""
        given_back = []
        released = []
        returned = []
        parts = []
        of_cloud = self._goods_of_cloud(planned)
        for one in planned:
            if one.line_no == FREIGHT_LINE:
                parts.append(RefundedPart(one.amount, self._earned_share_of_freight()))
                continue
            line = self.lines[one.line_no]
            sent, unsent = self._split_pieces(line, one.quantity)
            parts.append(RefundedPart(one.amount, self._earned_share(line, sent, one.quantity)))
            cost = ZERO
            comes_back = self.restock and line.is_stocked and sent > 0
            if comes_back:
                goods = _goods_back(line, sent)
                cost = sum((part.cost for part in goods), ZERO)
                returned += goods
            if line.is_stocked and unsent:
                released += [inventory.StockLine(variant, each * unsent) for variant, each in line.made_of]
            noted = min(sent, line.shipped_quantity - line.refunded_shipped_quantity)
            given_back.append(LineRefund(line, one.quantity, one.amount, sent if comes_back else 0, cost, noted))
        self.earned = self._split_money(parts, refund.amount)
        if given_back:
            OrderLine.objects.give_back(given_back)
        if released:
            inventory.release(source=parcel_source(self.order.pk), lines=released)
        if returned and self.order.kind != OrderKind.DISPATCH:
            inventory.restock_returned(
                source=f"order:{self.order.pk}:refund:{refund.seq}", lines=returned, now=self.now
            )
        # After stock, as everywhere: the two are locked in this order.
        move_refunded(order=self.order, seq=refund.seq, goods=of_cloud, now=self.now)

    def _goods_of_cloud(self, planned: Sequence[PlannedRefund]) -> dict[int, int]:
        """Return the pieces by variant that go back into, or out of, the agent's cloud stock."""
        goods = {}
        for one in planned if self.order.moves_cloud_stock else ():
            line = self.lines.get(one.line_no)
            if line is not None and line.is_stocked:
                sent, unsent = self._split_pieces(line, one.quantity)
                goods[line.variant_id] = (sent if self.restock else 0) + unsent
        return goods

    def _split_pieces(self, line: OrderLine, pieces: int) -> tuple[int, int]:
        """Return how many of the refunded pieces were shipped, and how many were not."""
        if self.goods_before == FulfilmentState.PARTLY_SHIPPED:
            return split_pieces(line.shippable, pieces=pieces, are_back=self.restock or self.terms.is_return)
        return (0, pieces) if self.goods_before == FulfilmentState.UNFULFILLED else (pieces, 0)

    def _earned_share(self, line: OrderLine, sent: int, pieces: int) -> Fraction:
        """Return the part of a line's refund that was earned: by the pieces, of money alone by what was shipped."""
        return Fraction(sent, pieces) if pieces else line.shippable.shipped_share

    def _earned_share_of_freight(self) -> Fraction:
        kept = self.order.total - self.order.refunded_amount
        return Fraction(self.order.earned_amount) / Fraction(kept) if kept else Fraction(0)

    def _split_money(self, parts: Sequence[RefundedPart], amount: Decimal) -> Decimal:
        """Return the part of the refund that was revenue; before any shipment none is, after the last one all."""
        if self.goods_before == FulfilmentState.UNFULFILLED:
            return ZERO
        if self.goods_before != FulfilmentState.PARTLY_SHIPPED:
            return amount
        order = self.order
        return split_refund(parts, kept=order.total - order.refunded_amount, earned=order.earned_amount)

    def update_order(self, refund: Refund) -> None:
        order = self.order
        order.refunded_amount += refund.amount
        order.refunded_freight += refund.freight
        # Orders shipped before parcels were kept note nothing as earned.
        order.earned_amount = max(order.earned_amount - self.earned, ZERO)
        gone = all(line.refunded_quantity == line.quantity for line in self.lines.values())
        whole = order.refunded_amount == order.total and (order.total > 0 or gone)
        order.payment_state = PaymentState.REFUNDED if whole else PaymentState.PARTLY_REFUNDED
        if whole and self.goods_before == FulfilmentState.UNFULFILLED and order.state == OrderState.OPEN:
            self.cancels = True
            order.state = OrderState.CANCELLED
            order.cancelled_at = self.now
            inventory.release_all(source=parcel_source(order.pk))
            give_back(order=order, lines=list(self.lines.values()), now=self.now)
        self._settle_fulfilment()
        compare_and_set(
            Order.objects.filter(pk=order.pk),
            field="payment_state",
            expected=self.before,
            wanted=order.payment_state,
            refunded_amount=order.refunded_amount,
            refunded_freight=order.refunded_freight,
            earned_amount=order.earned_amount,
            state=order.state,
            cancelled_at=order.cancelled_at,
            fulfilment_state=order.fulfilment_state,
            shipped_at=order.shipped_at,
        )

    def _settle_fulfilment(self) -> None:
        """Note that all goods are back, or that nothing is left to ship: then the rest of the money is earned."""
        order = self.order
        is_partly = self.goods_before == FulfilmentState.PARTLY_SHIPPED
        if is_partly and any(line.open_quantity for line in self.lines.values()):
            return
        if is_partly:
            order.fulfilment_state = FulfilmentState.SHIPPED
            order.shipped_at = self.now
            self.newly_earned = order.total - order.refunded_amount - order.earned_amount
            order.earned_amount += self.newly_earned
            outbox.publish(OrderShipped(order_id=order.pk, shipped_at=self.now))
        if self.restock and is_all_back(self.lines.values()):
            order.fulfilment_state = FulfilmentState.RETURNED
            parcels.end_parcels(source=parcel_source(order.pk), state=ParcelState.RETURNED, now=self.now)

    def post(self, refund: Refund) -> None:
        """Post the refund to the ledger, and reduce the agent's sales of today by the goods money."""
        if not refund.amount and not self.newly_earned:
            return
        # What came by a file of past orders was never counted as sales of the agent.
        if refund.amount and self.order.agent_id is not None and self.payment is not None:
            post_sales(
                agent_id=self.order.agent_id,
                source=f"refund:{refund.pk}",
                day=clock.business_date(self.now),
                amount=refund.freight - refund.amount,
            )
            exclude_refund(source=f"refund:{refund.pk}", paid_source=f"order:{self.order.pk}")
        self._post_entry(refund)

    def _post_entry(self, refund: Refund) -> None:
        """Take the money from revenue as far as it was earned, else from the advances."""
        party = party_of(self.order)
        moves = [(AccountCode.ADVANCES, AccountCode.REVENUE, self.newly_earned)]
        if self.money_account is not None:
            moves += [
                (AccountCode.REVENUE, self.money_account, self.earned),
                (AccountCode.ADVANCES, self.money_account, refund.amount - self.earned),
            ]
        transfers = [finance.NewTransfer(*one, party) for one in moves if one[2]]
        if not transfers:
            return
        finance.post_entry(
            source=f"order:{self.order.pk}:refund:{refund.seq}",
            occurred_at=self.now,
            memo=gettext("Refund of %(number)s") % {"number": self.order.number},
            transfers=transfers,
        )


def _goods_back(line: OrderLine, pieces: int) -> list[inventory.ReturnLine]:
    if pieces > line.pieces_out:
        raise GoodsNotWithBuyer(field="restock")
    return goods_of_return(line, pieces)


def _money_account(order: Order, payment: Payment | None, method: str) -> AccountCode | None:
    """Return the account that the money leaves; None where it was never on the books.

    Raises NoPayment, RefundMethodGiven.
    """
    if payment is not None or not order.total:
        if method:
            raise RefundMethodGiven(field="method")
        return None if payment is None else MONEY_ACCOUNTS[PaymentMethod(payment.method)]
    if method not in RefundMethod.values:
        raise NoPayment(field="method")
    return None if method == RefundMethod.OUTSIDE else MONEY_ACCOUNTS[PaymentMethod(method)]
