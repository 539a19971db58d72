"""API schemas of after-sales."""

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from kernel.core import clock
from kernel.core.money import ZERO
from kernel.http.schemas import (
    Id,
    MoneyIn,
    MoneyText,
    Note200,
    PageFilters,
    Quantity,
    QueryId,
    Strict,
    Text200,
    UnitPriceIn,
)
from tenant_apps.orders.models import AfterSale
from tenant_apps.orders.rules.after_sales import (
    MAX_REPLACEMENTS,
    MAX_RETURN_DAYS,
    InspectedLine,
    NewAfterSale,
    NewAfterSaleLine,
    Replacement,
    refund_due_on,
)
from tenant_apps.orders.schemas.incoming import Note, OptionalReference, Sku
from tenant_apps.orders.selectors import after_sales
from tenant_apps.orders.states import (
    AfterSaleKind,
    AfterSaleReason,
    AfterSaleState,
    GoodsBackState,
    RefundMethod,
    SettlementState,
)

Pieces = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
LineNo = Annotated[int, Field(strict=True, ge=1, le=200)]
WaitsFor = Literal["review", "buyer", "arrival", "inspection", "exchange", "refund"]


class AfterSaleLineIn(Strict):
    """Pieces of an order line that come back, and pieces and money to refund.

    Without `refund_quantity` as many pieces are refunded as come back; without `amount` their share of the line.
    """

    line_no: LineNo
    quantity: Pieces = 0
    refund_quantity: Pieces | None = None
    amount: MoneyIn | None = None


class ReplacementIn(Strict):
    """Goods that are sent in exchange."""

    sku: Sku
    quantity: Quantity


class AfterSaleIn(Strict):
    """A request for a refund, a return or an exchange.

    `freight` is the freight to refund. An exchange names `replacements`, and what the buyer pays on top (`to_pay`) or
    gets back (`to_refund`). After the right of return has ended, `late_reason` says why it is taken all the same.
    """

    kind: AfterSaleKind
    reason: AfterSaleReason
    note: Note = ""
    late_reason: Note200 = ""
    lines: list[AfterSaleLineIn] = Field(default=[], max_length=200)
    freight: MoneyIn = Field(default="0.00", validate_default=True)
    replacements: list[ReplacementIn] = Field(default=[], max_length=MAX_REPLACEMENTS)
    to_pay: MoneyIn = Field(default="0.00", validate_default=True)
    to_refund: MoneyIn = Field(default="0.00", validate_default=True)

    def as_request(self) -> NewAfterSale:
        """Return the request as the service takes it."""
        return NewAfterSale(
            kind=self.kind,
            reason=self.reason,
            note=self.note,
            late_reason=self.late_reason,
            lines=[NewAfterSaleLine(**one.model_dump()) for one in self.lines],
            freight=self.freight,
            replacements=[Replacement(**one.model_dump()) for one in self.replacements],
            difference=self.to_pay - self.to_refund,
        )


class DecisionIn(Strict):
    """The reason of a refusal, a cancellation or a waiver."""

    reason: Text200


class SentIn(Strict):
    """The parcel in which the buyer sends the goods back."""

    carrier: Annotated[str, Field(max_length=40)] = ""
    tracking_number: OptionalReference = ""


class InspectedLineIn(Strict):
    """Pieces of a line as they were found. `unit_cost` is for goods of which the books know no cost."""

    line_no: LineNo
    good: Pieces = 0
    damaged: Pieces = 0
    lost: Pieces = 0
    unit_cost: UnitPriceIn | None = None


class InspectionIn(Strict):
    """Inspected pieces; good ones go to `warehouse_id` (without it to the default warehouse)."""

    lines: list[InspectedLineIn] = Field(min_length=1, max_length=200)
    warehouse_id: Id | None = None

    def as_lines(self) -> list[InspectedLine]:
        return [InspectedLine(**one.model_dump()) for one in self.lines]


class SettleIn(Strict):
    """A refund of what was asked for, or of the lower `amount`. `method` is for orders without a payment."""

    amount: MoneyIn | None = None
    method: RefundMethod | None = None


class AfterSaleFilters(PageFilters):
    """Filters of the queue, and its page."""

    state: AfterSaleState | None = None
    kind: AfterSaleKind | None = None
    reason: AfterSaleReason | None = None
    waits_for: WaitsFor | None = None
    is_overdue: bool | None = None
    order_id: QueryId | None = None


class ReturnDays(Strict):
    """Days of the right of return, counted from the day after signing: seven at least."""

    return_days: Annotated[int, Field(strict=True, ge=7, le=MAX_RETURN_DAYS)]


class AfterSaleRow(Schema):
    """An after-sale in the queue. `waits_for` is empty for a closed one."""

    id: int
    number: str
    order_id: int
    order_number: str
    kind: AfterSaleKind
    state: AfterSaleState
    goods_state: GoodsBackState
    settlement_state: SettlementState
    reason: AfterSaleReason
    amount: MoneyText
    waits_for: str
    waiting_since: datetime
    refund_due_on: date | None
    requested_by: str
    requested_at: datetime
    closed_at: datetime | None


class AfterSaleLineOut(Schema):
    line_no: int
    sku: str
    quantity: int
    refund_quantity: int
    amount: MoneyText | None
    good: int
    damaged: int
    lost: int


class ReplacementOut(Schema):
    sku: str
    quantity: int


class PhotoOut(Schema):
    """A photo; `key` names it in its address."""

    key: str
    name: str
    size: int


class AfterSaleOut(AfterSaleRow):
    """The whole after-sale."""

    note: str
    late_reason: str
    decision: str
    freight: MoneyText
    to_pay: MoneyText
    to_refund: MoneyText
    carrier: str
    tracking_number: str
    decided_at: datetime | None
    sent_at: datetime | None
    received_at: datetime | None
    inspected_at: datetime | None
    settled_at: datetime | None
    exchange_order_id: int | None
    refund_ids: list[int]
    lines: list[AfterSaleLineOut]
    replacements: list[ReplacementOut]
    photos: list[PhotoOut]


_PLAIN_OF_ROW = tuple(
    name for name in AfterSaleRow.model_fields if name not in {"order_number", "waits_for", "refund_due_on"}
)
_PLAIN = (
    "note",
    "late_reason",
    "decision",
    "freight",
    "carrier",
    "tracking_number",
    "decided_at",
    "sent_at",
    "received_at",
    "inspected_at",
    "settled_at",
    "exchange_order_id",
    "replacements",
)


def after_sale_row(after_sale: AfterSale) -> dict[str, object]:
    """Render the after-sale as `AfterSaleRow`; its order must be loaded."""
    is_due = after_sale.is_open and after_sale.settlement_state == SettlementState.DUE
    received = after_sale.received_at if is_due else None
    return {
        **{name: getattr(after_sale, name) for name in _PLAIN_OF_ROW},
        "order_number": after_sale.order.number,
        "waits_for": after_sales.waits_for(after_sale),
        "refund_due_on": None if received is None else refund_due_on(clock.business_date(received)),
    }


def after_sale_body(after_sale: AfterSale) -> dict[str, object]:
    """Render the after-sale as `AfterSaleOut`; lines and refunds must be loaded."""
    lines = sorted(after_sale.lines.all(), key=lambda one: one.line.line_no)
    plain = [name for name in AfterSaleLineOut.model_fields if name not in {"line_no", "sku"}]
    return {
        **after_sale_row(after_sale),
        **{name: getattr(after_sale, name) for name in _PLAIN},
        "to_pay": max(after_sale.difference, ZERO),
        "to_refund": max(-after_sale.difference, ZERO),
        "refund_ids": [one.pk for one in after_sale.refunds.all()],
        "lines": [
            {
                "line_no": one.line.line_no,
                "sku": one.line.sku,
                **{name: getattr(one, name) for name in plain},
            }
            for one in lines
        ],
        "photos": [{name: one[name] for name in PhotoOut.model_fields} for one in after_sale.photos],
    }
