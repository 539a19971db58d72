"""Return immutable facts of orders and refunds, for the apps above."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kernel.models import AuditRecord
from tenant_apps.orders.models import OrderLine, Refund
from tenant_apps.orders.selectors.documents import RefundNotFound, get_order
from tenant_apps.orders.states import MONEY_IS_HERE, OrderKind, PaymentState

NOT_INVOICED = frozenset({OrderKind.RETURN, OrderKind.SAMPLE})


@dataclass(frozen=True, slots=True)
class UplineFacts:
    """Agent who earns on the order, fixed at placing: tier 1 is the nearest.

    `is_buyer` is fixed at payment: the agent bought himself and does not earn on it.
    """

    tier: int
    agent_id: int
    level_id: int
    code: str
    is_buyer: bool = False


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One line; money is net of discounts and without freight."""

    line_id: int
    line_no: int
    variant_id: int
    sku: str
    name: str
    quantity: int
    goods_amount: Decimal
    tax_rate: Decimal
    cost: Decimal
    refunded_quantity: int
    refunded_amount: Decimal


@dataclass(frozen=True, slots=True)
class OrderFacts:
    order_id: int
    number: str
    kind: str
    agent_id: int | None
    customer_id: int | None
    upline: tuple[UplineFacts, ...]
    state: str
    payment_state: str
    fulfilment_state: str
    goods_amount: Decimal
    freight: Decimal
    total: Decimal
    refunded_amount: Decimal
    refunded_freight: Decimal
    placed_at: datetime
    paid_at: datetime | None
    delivered_at: datetime | None
    receiver_phone: str
    lines: tuple[LineFacts, ...]

    @property
    def is_invoiceable(self) -> bool:
        """Tell whether the order is paid and not fully refunded."""
        return self.kind not in NOT_INVOICED and PaymentState(self.payment_state) in MONEY_IS_HERE


@dataclass(frozen=True, slots=True)
class RefundLineFacts:
    """Part of a refund on one line."""

    line_id: int
    amount: Decimal
    quantity: int


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """One refund; `amount` includes `freight`, the lines do not."""

    refund_id: int
    order_id: int
    number: str
    refunded_at: datetime
    amount: Decimal
    freight: Decimal
    lines: tuple[RefundLineFacts, ...]


LINE_FACTS = (
    "id",
    "line_no",
    "variant_id",
    "sku",
    "name",
    "quantity",
    "goods_amount",
    "tax_rate",
    "cost",
    "refunded_quantity",
    "refunded_amount",
)


def get_order_facts(*, order_id: int) -> OrderFacts:
    """Read an order in two queries. Raises OrderNotFound."""
    order = get_order(order_id=order_id)
    rows = OrderLine.objects.filter(order_id=order_id).order_by("line_no", "id").values_list(*LINE_FACTS)
    return OrderFacts(
        order_id=order.pk,
        number=order.number,
        kind=order.kind,
        agent_id=order.agent_id,
        customer_id=order.customer_id,
        upline=tuple(UplineFacts(**member) for member in order.upline),
        state=order.state,
        payment_state=order.payment_state,
        fulfilment_state=order.fulfilment_state,
        goods_amount=order.goods_amount,
        freight=order.freight,
        total=order.total,
        refunded_amount=order.refunded_amount,
        refunded_freight=order.refunded_freight,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        delivered_at=order.delivered_at,
        receiver_phone=str(order.receiver.get("phone", "")),
        lines=tuple(LineFacts(*row) for row in rows),
    )


def get_ordering_user_id(*, order_id: int) -> int | None:
    """Return the id of the login that placed the order, by the audit log; None for an API key or an import."""
    placed = AuditRecord.objects.filter(subject=f"order:{order_id}", action="orders.place", actor_kind="user")
    return placed.values_list("actor_id", flat=True).first()


def get_refund_facts(*, refund_id: int) -> RefundFacts:
    """Read a refund in two queries. Raises RefundNotFound."""
    refund = Refund.objects.prefetch_related("lines").filter(pk=refund_id).first()
    if refund is None:
        raise RefundNotFound
    lines = sorted(refund.lines.all(), key=lambda line: line.pk)
    return RefundFacts(
        refund_id=refund.pk,
        order_id=refund.order_id,
        number=refund.number,
        refunded_at=refund.refunded_at,
        amount=refund.amount,
        freight=refund.freight,
        lines=tuple(RefundLineFacts(line.line_id, line.amount, line.quantity) for line in lines),
    )
