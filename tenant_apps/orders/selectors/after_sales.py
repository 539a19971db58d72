"""Read after-sales, their queue and the right of return."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core import clock, money
from kernel.core.errors import NotFound
from kernel.core.money import ZERO
from kernel.files.images import content_type_of
from tenant_apps.orders.models import AfterSale, AfterSaleLine, Order, OrderLine, OrderSettings, Refund
from tenant_apps.orders.rules.after_sales import (
    DEFAULT_RETURN_DAYS,
    REFUND_WITHIN_DAYS,
    NewAfterSaleLine,
    ReturnableLine,
    last_return_day,
)
from tenant_apps.orders.rules.refunds import FREIGHT_LINE, Refundable
from tenant_apps.orders.states import OPEN_AFTER_SALES, AfterSaleKind, AfterSaleState, GoodsBackState, SettlementState


class AfterSaleNotFound(NotFound):
    code = "after_sale_not_found"
    title = _("No such after-sale")


_APPROVED = Q(state=AfterSaleState.APPROVED)

_GOODS_ARE_SETTLED = Q(goods_state__in=(GoodsBackState.NONE, GoodsBackState.INSPECTED, GoodsBackState.WAIVED))

_DUE = _APPROVED & _GOODS_ARE_SETTLED & Q(settlement_state=SettlementState.DUE)

_TO_EXCHANGE = Q(kind=AfterSaleKind.EXCHANGE, exchange_order=None)

# Conditions by who has to act next: the brand decides, the buyer sends, the warehouse receives and inspects, finance
# pays, customer service sends other goods. An open after-sale fulfils exactly one of them.
AFTER_SALE_WAITS_FOR: Mapping[str, Q] = {
    "review": Q(state=AfterSaleState.REQUESTED),
    "buyer": _APPROVED & Q(goods_state=GoodsBackState.EXPECTED),
    "arrival": _APPROVED & Q(goods_state=GoodsBackState.ON_THE_WAY),
    "inspection": _APPROVED & Q(goods_state=GoodsBackState.RECEIVED),
    "exchange": _DUE & _TO_EXCHANGE,
    "refund": _DUE & ~_TO_EXCHANGE,
}


def waits_for(after_sale: AfterSale) -> str:
    """Return the key of AFTER_SALE_WAITS_FOR that the after-sale fulfils; "" for a closed one."""
    if after_sale.state == AfterSaleState.REQUESTED:
        return "review"
    if after_sale.state != AfterSaleState.APPROVED:
        return ""
    by_goods: dict[str, str] = {
        GoodsBackState.EXPECTED: "buyer",
        GoodsBackState.ON_THE_WAY: "arrival",
        GoodsBackState.RECEIVED: "inspection",
    }
    is_exchange = after_sale.kind == AfterSaleKind.EXCHANGE and after_sale.exchange_order_id is None
    return by_goods.get(after_sale.goods_state, "exchange" if is_exchange else "refund")


def is_overdue(now: datetime) -> Q:
    """Condition on after-sales whose goods came back so long ago that the refund should have been made."""
    first_day_in_time = clock.business_date(now) - timedelta(days=REFUND_WITHIN_DAYS)
    due = Q(state=AfterSaleState.APPROVED, settlement_state=SettlementState.DUE)
    return due & Q(received_at__lt=clock.day_bounds(first_day_in_time)[0])


def has_open_after_sale(order_id: int) -> bool:
    """Tell whether somebody still asks for something about the order: it is not completed, nor its commission freed."""
    return AfterSale.objects.filter(order_id=order_id, state__in=OPEN_AFTER_SALES).exists()


@dataclass(frozen=True, slots=True)
class AfterSaleSpan:
    """An after-sale from its request to its end; `closed_at` is None for an open one."""

    requested_at: datetime
    closed_at: datetime | None


def list_after_sale_spans(*, order_id: int) -> list[AfterSaleSpan]:
    """Return the order's after-sales in the order in which they were asked for."""
    found = AfterSale.objects.filter(order_id=order_id).order_by("requested_at", "id")
    return [AfterSaleSpan(*row) for row in found.values_list("requested_at", "closed_at")]


def list_after_sales(*, filters: Mapping[str, object], now: datetime) -> QuerySet[AfterSale]:
    """List after-sales with their order, newest first.

    `filters`: state, kind, reason, waits_for, is_overdue, order_id.
    """
    where = dict(filters)
    found = AfterSale.objects.select_related("order").order_by("-id")
    waiting = where.pop("waits_for", None)
    if waiting is not None:
        found = found.filter(AFTER_SALE_WAITS_FOR[str(waiting)])
    overdue = where.pop("is_overdue", None)
    if overdue is not None:
        found = found.filter(is_overdue(now)) if overdue else found.exclude(is_overdue(now))
    return found.filter(**where)


def get_after_sale(*, after_sale_id: int) -> AfterSale:
    """Return the after-sale with order, lines and refunds. Raises AfterSaleNotFound."""
    found = AfterSale.objects.select_related("order", "exchange_order").prefetch_related("lines__line", "refunds")
    after_sale = found.filter(pk=after_sale_id).first()
    if after_sale is None:
        raise AfterSaleNotFound
    return after_sale


def get_return_days() -> int:
    """Return for how many days after signing the brand takes goods back."""
    values: object = OrderSettings.objects.filter(pk=1).values_list("values", flat=True).first()
    days = values.get("return_days") if isinstance(values, dict) else None
    return days if isinstance(days, int) else DEFAULT_RETURN_DAYS


def get_last_return_day(*, order: Order) -> date | None:
    """Return the last day of the buyer's right of return; None while the goods are not signed for."""
    if order.delivered_at is None:
        return None
    return last_return_day(clock.business_date(order.delivered_at), get_return_days())


def list_returnable_lines(order: Order, lines: Iterable[OrderLine]) -> dict[int, ReturnableLine]:
    """Return by number what is left to ask for, open after-sales taken off; the freight is line 0."""
    rows = list(lines)
    asked = _asked_for(order)
    freight = Refundable(FREIGHT_LINE, 0, order.freight, 0, order.refunded_freight + asked.get(None, (0, ZERO))[1])
    found = {FREIGHT_LINE: ReturnableLine(FREIGHT_LINE, False, 0, freight)}
    for line in rows:
        pieces, amount = asked.get(line.pk, (0, ZERO))
        held = Refundable(
            line.line_no,
            line.quantity,
            line.goods_amount,
            line.refunded_quantity + pieces,
            min(line.refunded_amount + amount, line.goods_amount),
        )
        found[line.line_no] = ReturnableLine(line.line_no, line.is_stocked, line.pieces_out, held)
    return found


def _asked_for(order: Order) -> dict[int | None, tuple[int, Decimal]]:
    """Map lines to the pieces and the fixed money that open after-sales ask for; None is the freight."""
    unpaid = AfterSale.objects.filter(
        order=order, state__in=OPEN_AFTER_SALES, settlement_state=SettlementState.DUE
    ).exclude(pk__in=Refund.objects.filter(order=order, after_sale__isnull=False).values("after_sale_id"))
    asked: dict[int | None, tuple[int, Decimal]] = {}
    rows = AfterSaleLine.objects.filter(after_sale__in=unpaid).order_by("id").select_related("line")
    for row in rows:
        before = asked.get(row.line_id, (0, ZERO))
        share = money.round_money(row.line.goods_amount * row.refund_quantity / row.line.quantity)
        amount = share if row.amount is None else row.amount
        asked[row.line_id] = (before[0] + row.refund_quantity, before[1] + amount)
    freight = sum((one.freight for one in unpaid), ZERO)
    return {**asked, None: (0, freight)} if freight else asked


def after_sale_requests(after_sale: AfterSale) -> list[NewAfterSaleLine]:
    """Return the loaded lines as they were asked for."""
    lines = sorted(after_sale.lines.all(), key=lambda one: one.line.line_no)
    return [NewAfterSaleLine(one.line.line_no, one.quantity, one.refund_quantity, one.amount) for one in lines]


class PhotoNotFound(NotFound):
    code = "photo_not_found"
    title = _("No such photo")


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A stored photo of an after-sale."""

    path: str
    name: str
    digest: str
    content_type: str


def get_photo(*, after_sale_id: int, key: str, is_thumbnail: bool = False) -> PhotoFile:
    """Return the photo with this key. Raises AfterSaleNotFound, PhotoNotFound."""
    kept = get_after_sale(after_sale_id=after_sale_id).photos
    photo = next((one for one in kept if one["key"] == key), None)
    if photo is None:
        raise PhotoNotFound
    path = photo["thumbnail"] if is_thumbnail else photo["path"]
    return PhotoFile(path, photo["name"], f"{photo['digest']}{'-s' * is_thumbnail}", content_type_of(path))
