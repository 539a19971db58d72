"""API schemas of requests."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from kernel.http.schemas import (
    Id,
    MomentIn,
    MoneyIn,
    Note200,
    OptionalPhoneIn,
    Period,
    Quantity,
    Strict,
    Text40,
    UnitPriceIn,
)
from tenant_apps.orders.states import FulfilmentState, OrderKind, OrderState, PaymentMethod, PaymentState, RefundMethod

QueryId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Sku = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
OptionalReference = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]
Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
Place = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
Referral = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
OrderedKind = Literal["retail", "restock", "dispatch", "sample"]
SearchText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class LineIn(Strict):
    """A quantity (1 to 1,000,000) of one SKU.

    `unit_price` takes the place of the price by rule, and needs the permission `orders.discount`.
    """

    sku: Sku
    quantity: Quantity
    unit_price: UnitPriceIn | None = None


class ReceiverIn(Strict):
    """Delivery address."""

    name: Name = ""
    phone: OptionalPhoneIn = ""
    province: Place = ""
    city: Place = ""
    district: Place = ""
    address: Address = ""


class BuyerIn(Strict):
    """The buyer, by id or by phone number; an unknown number creates a customer.

    `referral` is the parameter `a` of an agent's link; an unknown one is ignored.
    """

    phone: OptionalPhoneIn = ""
    name: Name = ""
    customer_id: Id | None = None
    referral: Referral = ""


class OrderIn(Strict):
    """An order to place.

    `kind` "retail" sells at retail prices; `agent_code` is the code that the buyer typed. The brand's attribution
    policy
    decides which agent is credited. "restock" is the order of the agent `agent_id` at the prices of the agent's level.
    With `into_cloud` the brand keeps these goods as the agent's cloud stock, and "dispatch" sends them out of it for
    nothing but the freight. "sample" costs nothing and needs the permission `orders.sample`. 1 to 200 lines, each SKU
    once. A `discount` needs
    the permission `orders.discount`. With `pickup` the receiver collects the goods and says the code of the answer.
    `freight` null is computed by the freight templates, where the brand has any.
    """

    kind: OrderedKind = "retail"
    lines: list[LineIn]
    buyer: BuyerIn = BuyerIn()
    receiver: ReceiverIn = ReceiverIn()
    agent_code: Text40 | None = None
    agent_id: Id | None = None
    channel: Text40 = "api"
    external_number: OptionalReference = ""
    discount: MoneyIn = Field(default="0.00", validate_default=True)
    freight: MoneyIn | None = None
    note: Note = ""
    pickup: bool = False
    into_cloud: bool = False


class QuoteIn(Strict):
    """Goods to be priced: for everybody, or for a restock of the agent `agent_id`.

    `freight` null is computed for the `receiver`, by the freight templates, where the brand has any.
    """

    kind: OrderedKind = "retail"
    lines: list[LineIn]
    agent_id: Id | None = None
    receiver: ReceiverIn = ReceiverIn()
    discount: MoneyIn = Field(default="0.00", validate_default=True)
    freight: MoneyIn | None = None
    pickup: bool = False
    into_cloud: bool = False


class PayIn(Strict):
    """A payment; `amount`, if given, must equal the order's total."""

    method: PaymentMethod
    reference: Reference
    amount: MoneyIn | None = None


class ShipLineIn(Strict):
    """Pieces of one line that go into the parcel."""

    line_no: Annotated[int, Field(strict=True, ge=1, le=200)]
    quantity: Quantity


class OrderSettingsIn(Strict):
    """Deadlines of orders; null turns one off.

    Unpaid orders close after 15 minutes to 60 days; orders complete 1 to 90 days after delivery, or after shipping
    where no delivery was recorded.
    """

    unpaid_minutes: int | None
    days_after_delivery: int | None
    days_after_shipping: int | None


class ReceiverChangeIn(Strict):
    """The whole new receiver, and why."""

    receiver: ReceiverIn
    reason: Note200


class NoteChangeIn(Strict):
    """The new note, which may be empty, and why."""

    note: Note
    reason: Note200


class GoodsChangeIn(Strict):
    """All the goods the order shall have, its discount and freight, and why.

    A line without `unit_price` keeps its price while its quantity stays, and is priced by today's rules otherwise. New
    prices and another discount need the permission `orders.discount`.
    """

    lines: list[LineIn]
    discount: MoneyIn
    freight: MoneyIn
    reason: Note200


class SplitLineIn(Strict):
    """Pieces of one line that go into the second order."""

    line_no: Annotated[int, Field(strict=True, ge=1, le=200)]
    quantity: Quantity


class SplitIn(Strict):
    """Pieces that go into a second order, and why."""

    lines: list[SplitLineIn] = Field(min_length=1, max_length=200)
    reason: Note200


class MergeIn(Strict):
    """Other orders whose goods go into this one, the freight of all, and why."""

    order_ids: list[Id] = Field(min_length=1, max_length=19)
    freight: MoneyIn
    reason: Note200


class HandOverIn(Strict):
    """The code that the receiver says."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{6}$")]


class ShipIn(Strict):
    """A parcel: carrier and tracking number (what is left out can be sent later by a correction), and what is in it.

    Without `lines` it holds everything that was neither shipped nor refunded. With `warehouse_id` the goods are taken
    from that warehouse. `weight_grams` 0 is a parcel that was not weighed.
    """

    carrier: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    tracking_number: OptionalReference = ""
    lines: list[ShipLineIn] | None = Field(default=None, min_length=1, max_length=200)
    warehouse_id: Id | None = None
    weight_grams: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = 0


class WaybillIn(Strict):
    """The carrier of a waybill. An empty one is chosen by the brand's rules."""

    carrier: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""


class OrderToShipIn(Strict):
    """An order of a batch: what is left of it is shipped. An empty carrier is chosen by the brand's rules."""

    order_id: Id
    carrier: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    tracking_number: OptionalReference = ""


class ShipBatchIn(Strict):
    """1 to 2,000 orders, each once."""

    orders: list[OrderToShipIn] = Field(min_length=1, max_length=2_000)


class ParcelIn(Strict):
    """The right carrier and tracking number of a parcel (the latest, unless `parcel_id` names one), and why."""

    carrier: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
    tracking_number: OptionalReference = ""
    parcel_id: Id | None = None
    reason: Note200


class RefundLineIn(Strict):
    """Refund of one line: pieces, money or both; pieces alone bring their share of the line's money."""

    line_no: Annotated[int, Field(strict=True, ge=1, le=200)]
    quantity: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = 0
    amount: MoneyIn | None = None


class RefundIn(Strict):
    """A refund of `lines`, of the freight (`freight` all that is left of it, or `freight_amount`), or of `everything`
    that is left. A body that names none of them is refused.

    `restock` puts shipped pieces back into stock. The same `reference` again answers with the first refund, and is
    refused for any other one. `method` says how the money goes back where the order has no payment of its own, as an
    imported one: `outside` moves no money of the books.
    """

    lines: list[RefundLineIn] | None = Field(default=None, min_length=1, max_length=200)
    freight: bool = False
    freight_amount: MoneyIn | None = None
    everything: bool = False
    restock: bool = False
    reason: Note200 = ""
    reference: OptionalReference = ""
    method: RefundMethod | None = None


PlacedBy = Annotated[str, StringConstraints(pattern=r"^(me|system|(user|api_key|import):[0-9]{1,18})$")]


class ExportFilters(Period):
    """Filters of orders.

    `search` finds by order number, number in the channel, tracking number, receiver's name and phone, customer, agent
    and SKU or product; names also by pinyin or its initials, numbers also by their last four digits. Orders hold every
    word of it.
    """

    state: OrderState | None = None
    payment_state: PaymentState | None = None
    fulfilment_state: FulfilmentState | None = None
    kind: OrderKind | None = None
    agent_id: QueryId | None = None
    customer_id: QueryId | None = None
    customer_phone: str | None = None
    number: Text40 | None = None
    channel: Text40 | None = None
    placed_by: PlacedBy | None = None
    since: MomentIn | None = None
    until: MomentIn | None = None
    search: SearchText | None = None


class ExportIn(ExportFilters):
    """Orders to export; `masked` hides names, phone numbers and addresses."""

    masked: bool = False


class OrderFilters(ExportFilters):
    """Filters of the list of orders, and its page."""

    cursor: str | None = None
    limit: int = 50


class ChannelIn(Strict):
    """A new channel; orders refer to it by its code."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,32}$")]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    kind: Literal["manual", "api", "import"] = "manual"
