"""API schemas of answers."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

from ninja import Schema
from pydantic import Field

from kernel.core.money import ZERO
from kernel.http.schemas import MoneyText, RateText, UnitPriceText
from tenant_apps.orders.models import Order, Refund
from tenant_apps.orders.selectors.promises import get_promise
from tenant_apps.orders.services.quote_order import Quote
from tenant_apps.shipping.selectors.parcels import Parcel
from tenant_apps.shipping.services.freight import explain_freight

MatchedField = Literal[
    "number", "external_number", "tracking_number", "phone", "receiver", "customer", "agent", "goods"
]


class OrderRow(Schema):
    """An order in a list."""

    id: int
    number: str
    kind: str
    channel: str
    external_number: str
    customer_id: int | None
    agent_id: int | None
    state: str
    payment_state: str
    fulfilment_state: str
    goods_amount: MoneyText
    discount: MoneyText
    freight: MoneyText
    total: MoneyText
    refunded_amount: MoneyText
    placed_at: datetime
    placed_by: str = Field(description="`user:3`, `api_key:5`, `import:7` or `system`; empty where it is not known")
    placed_by_name: str
    paid_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None


class FoundOrderRow(OrderRow):
    """An order in a list; `matched` names the fields that hold the words of `search`, and is empty without one."""

    matched: list[MatchedField]


class UplineOut(Schema):
    """An agent who earns on the order; tier 1 is the nearest."""

    tier: int
    agent_id: int
    level_id: int
    code: str


class ReceiverOut(Schema):
    """Delivery address, as given at placing."""

    name: str = ""
    phone: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    address: str = ""


class LineOut(Schema):
    """One line; `goods_amount` is net of its share of the discount."""

    line_no: int
    variant_id: int
    sku: str
    name: str
    quantity: int
    unit_price: UnitPriceText
    discount: MoneyText
    goods_amount: MoneyText
    tax_rate: RateText
    shipped_quantity: int
    refunded_quantity: int
    refunded_amount: MoneyText
    returned_quantity: int
    claimed_quantity: int
    written_off_quantity: int


class ParcelLineOut(Schema):
    """Pieces of one line in a parcel."""

    line_no: int
    sku: str
    quantity: int


class ParcelOut(Schema):
    """A parcel of the order; `state` follows from what its carrier tells."""

    id: int
    seq: int
    state: str
    carrier: str
    tracking_number: str
    warehouse_id: int | None
    weight_grams: int
    shipped_at: datetime | None
    signed_at: datetime | None
    lines: list[ParcelLineOut]


class PaymentOut(Schema):
    """A payment received."""

    method: str
    reference: str
    amount: MoneyText
    paid_at: datetime


class RefundLineOut(Schema):
    """Part of a refund on one line."""

    line_no: int
    quantity: int
    amount: MoneyText


class RefundOut(Schema):
    """A refund; `amount` includes `freight`. `method` is empty where the money went back the way it came."""

    id: int
    number: str
    seq: int
    reference: str
    reason: str
    amount: MoneyText
    freight: MoneyText
    restocked: bool
    method: str
    after_sale_id: int | None
    refunded_at: datetime
    lines: list[RefundLineOut]


class PromiseOut(Schema):
    """Goods of the order that were sold beyond stock: `kind` is presale or backorder, `waiting` pieces are to come."""

    kind: str
    promised_on: date
    waiting: int


class OrderOut(OrderRow):
    """The whole order; `carrier` and `tracking_number` are those of the latest parcel."""

    freight_explanation: list[str]
    promise: PromiseOut | None
    upline: list[UplineOut]
    receiver: ReceiverOut
    note: str
    refunded_freight: MoneyText
    is_pickup: bool
    into_cloud: bool
    carrier: str
    tracking_number: str
    completed_at: datetime | None
    cancelled_at: datetime | None
    lines: list[LineOut]
    parcels: list[ParcelOut]
    payments: list[PaymentOut]
    refunds: list[RefundOut]


class PlacedOrderOut(OrderOut):
    """A new order. `pickup_code` is said by whoever collects the goods; it is shown here only."""

    pickup_code: str


class QuotedLineOut(Schema):
    """A line as it would be placed. `available` is empty for services.

    `beyond` more pieces may be sold beyond stock, promised by `promised_on`; both are empty where none may.
    """

    sku: str
    name: str
    quantity: int
    unit_price: UnitPriceText
    reason: str
    discount: MoneyText
    goods_amount: MoneyText
    available: int | None
    beyond: int | None
    promised_on: date | None


class QuoteOut(Schema):
    """Prices and totals that placing the order now would have. Nothing is reserved."""

    lines: list[QuotedLineOut]
    goods_amount: MoneyText
    discount: MoneyText
    freight: MoneyText
    freight_explanation: list[str]
    total: MoneyText


class JobStartedOut(Schema):
    """A job that was started; ask for it at `/shipping/jobs/{job_id}`."""

    job_id: int


class OrderSettingsOut(Schema):
    """Deadlines of orders; null is off. `unpaid_since` is when closing was turned on, empty while it is off."""

    unpaid_minutes: int | None
    unpaid_since: str
    days_after_delivery: int | None
    days_after_shipping: int | None


class ChannelOut(Schema):
    """An origin of orders."""

    code: str
    name: str
    kind: str


class ChannelsOut(Schema):
    """All channels."""

    items: list[ChannelOut]


NOT_PLAIN = frozenset({"freight_explanation", "promise", "channel", "lines", "parcels", "payments", "refunds"})
PLAIN_FIELDS = tuple(name for name in OrderOut.model_fields if name not in NOT_PLAIN)


def order_body(order: Order, parcels: Iterable[Parcel]) -> dict[str, object]:
    """Render the order as `OrderOut`; lines, payments and refunds must be loaded."""
    lines = sorted(order.lines.all(), key=lambda line: line.line_no)
    payments = sorted(order.payments.all(), key=lambda payment: payment.pk)
    refunds = sorted(order.refunds.all(), key=lambda refund: refund.seq)
    return {
        **{name: getattr(order, name) for name in PLAIN_FIELDS},
        "channel": order.channel_id,
        "freight_explanation": explain_freight(shares=order.freight_basis),
        "promise": _promise_of(order),
        "lines": [{name: getattr(line, name) for name in LineOut.model_fields} for line in lines],
        "parcels": [parcel_body(parcel) for parcel in parcels],
        "payments": [{name: getattr(one, name) for name in PaymentOut.model_fields} for one in payments],
        "refunds": [refund_body(refund) for refund in refunds],
    }


def _promise_of(order: Order) -> dict[str, object] | None:
    found = get_promise(order_id=order.pk)
    return None if found is None else {"kind": found.kind, "promised_on": found.promised_on, "waiting": found.waiting}


def parcel_body(parcel: Parcel) -> dict[str, object]:
    lines = [{"line_no": one["line"], "sku": one["sku"], "quantity": one["quantity"]} for one in parcel.contents]
    return {**{name: getattr(parcel, name) for name in ParcelOut.model_fields if name != "lines"}, "lines": lines}


def placed_order_body(order: Order) -> dict[str, object]:
    """Render a newly placed order as `PlacedOrderOut` from memory, without a query for goods in stock."""
    lines = [
        {
            "line_no": line.line_no,
            "variant_id": line.article.variant_id,
            "sku": line.sku,
            "name": line.article.name,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "discount": line.discount,
            "goods_amount": line.goods_amount,
            "tax_rate": line.article.tax_rate,
            "shipped_quantity": 0,
            "refunded_quantity": 0,
            "refunded_amount": ZERO,
            "returned_quantity": 0,
            "claimed_quantity": 0,
            "written_off_quantity": 0,
        }
        for line in order.placed_lines
    ]
    plain = {name: getattr(order, name) for name in PLAIN_FIELDS}
    sent = {
        "channel": order.channel_id,
        "pickup_code": order.pickup_code,
        "freight_explanation": explain_freight(shares=order.freight_basis),
        "promise": _promise_of(order) if order.waits_for_goods else None,
    }
    return {**plain, **sent, "lines": lines, "parcels": [], "payments": [], "refunds": []}


def quote_body(quote: Quote) -> dict[str, object]:
    """Render the quote as `QuoteOut`."""
    lines = [
        {
            "sku": one.line.sku,
            "name": one.line.article.name,
            "quantity": one.line.quantity,
            "unit_price": one.line.unit_price,
            "reason": str(one.reason),
            "discount": one.line.discount,
            "goods_amount": one.line.goods_amount,
            "available": one.available,
            "beyond": one.beyond,
            "promised_on": one.promised_on,
        }
        for one in quote.lines
    ]
    names = ("goods_amount", "discount", "freight", "total")
    explained = explain_freight(shares=quote.freight_basis)
    return {"lines": lines, "freight_explanation": explained, **{name: getattr(quote, name) for name in names}}


def refund_body(refund: Refund) -> dict[str, object]:
    """Render the refund as `RefundOut`; its lines must be loaded."""
    plain = set(RefundOut.model_fields) - {"lines"}
    lines = [
        {"line_no": one.line.line_no, "quantity": one.quantity, "amount": one.amount} for one in refund.lines.all()
    ]
    return {**{name: getattr(refund, name) for name in plain}, "lines": lines}
