"""What goes over the wire about orders."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import AwareDatetime, Field, StringConstraints

from kernel.http.schemas import (
    Id,
    MoneyIn,
    MoneyText,
    Note200,
    PhoneIn,
    Quantity,
    RateText,
    Strict,
    Text40,
    Text100,
    UnitPriceText,
)
from tenant_apps.orders.models import Order, Refund
from tenant_apps.orders.states import FulfilmentState, OrderKind, OrderState, PaymentMethod, PaymentState

QueryId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Sku = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
OptionalReference = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]
Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
Place = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class LineIn(Strict):
    """A quantity (1 to 1,000,000) of one SKU."""

    sku: Sku
    quantity: Quantity


class ReceiverIn(Strict):
    """Where the goods go."""

    name: Text100 = ""
    phone: PhoneIn = ""
    province: Place = ""
    city: Place = ""
    district: Place = ""
    address: Address = ""


class BuyerIn(Strict):
    """Who buys: a phone number (a new customer is made for an unknown one), or a known customer's id."""

    phone: PhoneIn = ""
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    customer_id: Id | None = None


class OrderIn(Strict):
    """An order to place.

    `kind` "retail" sells at retail prices, attributed to `agent_code` if given; "restock" is the order of the agent
    `agent_id` at the prices of the agent's level. 1 to 200 lines, each SKU once.
    """

    kind: Literal["retail", "restock"] = "retail"
    lines: list[LineIn]
    buyer: BuyerIn = BuyerIn()
    receiver: ReceiverIn = ReceiverIn()
    agent_code: Text40 | None = None
    agent_id: Id | None = None
    channel: Text40 = "api"
    external_number: OptionalReference = ""
    discount: MoneyIn = Field(default="0.00", validate_default=True)
    freight: MoneyIn = Field(default="0.00", validate_default=True)
    note: Note = ""


class PayIn(Strict):
    """Money that came in; `amount`, where given, must be the order's total."""

    method: PaymentMethod
    reference: Reference
    amount: MoneyIn | None = None


class ShipIn(Strict):
    """How the goods travel."""

    carrier: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    tracking_number: OptionalReference = ""


class RefundLineIn(Strict):
    """What to give back on one line: pieces, money or both; pieces alone bring their share of the line's money."""

    line_no: Annotated[int, Field(strict=True, ge=1, le=200)]
    quantity: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = 0
    amount: MoneyIn | None = None


class RefundIn(Strict):
    """A refund. Without `lines` everything that is left goes back, freight included.

    `restock` puts shipped pieces back into stock. The same `reference` again answers with the first refund.
    """

    lines: list[RefundLineIn] | None = Field(default=None, min_length=1, max_length=200)
    freight: bool = False
    restock: bool = False
    reason: Note200 = ""
    reference: OptionalReference = ""


class OrderFilters(Strict):
    """Which orders, and which page of them."""

    state: OrderState | None = None
    payment_state: PaymentState | None = None
    fulfilment_state: FulfilmentState | None = None
    kind: OrderKind | None = None
    agent_id: QueryId | None = None
    customer_id: QueryId | None = None
    customer_phone: str | None = None
    number: Text40 | None = None
    channel: Text40 | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    cursor: str | None = None
    limit: int = 50


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
    paid_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None


class UplineOut(Schema):
    """An agent who earns on the order; tier 1 is the nearest."""

    tier: int
    agent_id: int
    level_id: int
    code: str


class ReceiverOut(Schema):
    """Where the goods go, as said at placing."""

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


class PaymentOut(Schema):
    """Money that came in."""

    method: str
    reference: str
    amount: MoneyText
    paid_at: datetime


class RefundLineOut(Schema):
    """What a refund gave back on one line."""

    line_no: int
    quantity: int
    amount: MoneyText


class RefundOut(Schema):
    """Money that went back; `amount` includes `freight`."""

    id: int
    number: str
    seq: int
    reference: str
    reason: str
    amount: MoneyText
    freight: MoneyText
    restocked: bool
    refunded_at: datetime
    lines: list[RefundLineOut]


class OrderOut(OrderRow):
    """The whole order."""

    upline: list[UplineOut]
    receiver: ReceiverOut
    note: str
    refunded_freight: MoneyText
    carrier: str
    tracking_number: str
    completed_at: datetime | None
    cancelled_at: datetime | None
    lines: list[LineOut]
    payments: list[PaymentOut]
    refunds: list[RefundOut]


class ChannelOut(Schema):
    """Where orders come from."""

    code: str
    name: str
    kind: str


class ChannelsOut(Schema):
    """All channels."""

    items: list[ChannelOut]


class ChannelIn(Strict):
    """A new channel; orders refer to it by its code."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,40}$")]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    kind: Literal["manual", "api", "import"] = "manual"


def order_body(order: Order) -> dict[str, object]:
    """The order as `OrderOut`; lines, payments and refunds must be loaded."""
    plain = set(OrderOut.model_fields) - {"channel", "lines", "payments", "refunds"}
    lines = sorted(order.lines.all(), key=lambda line: line.line_no)
    payments = sorted(order.payments.all(), key=lambda payment: payment.pk)
    refunds = sorted(order.refunds.all(), key=lambda refund: refund.seq)
    return {
        **{name: getattr(order, name) for name in plain},
        "channel": order.channel_id,
        "lines": [{name: getattr(line, name) for name in LineOut.model_fields} for line in lines],
        "payments": [{name: getattr(one, name) for name in PaymentOut.model_fields} for one in payments],
        "refunds": [refund_body(refund) for refund in refunds],
    }


def refund_body(refund: Refund) -> dict[str, object]:
    """The refund as `RefundOut`; its lines must be loaded."""
    plain = set(RefundOut.model_fields) - {"lines"}
    lines = [
        {"line_no": one.line.line_no, "quantity": one.quantity, "amount": one.amount} for one in refund.lines.all()
    ]
    return {**{name: getattr(refund, name) for name in plain}, "lines": lines}
