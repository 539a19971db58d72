"""Read orders: immutable facts for the apps above, and lists as plain rows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Prefetch, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from kernel.china.search_terms import NOTHING, Word, id_word, split_words
from kernel.core import clock, money
from kernel.core.errors import NotFound
from kernel.core.money import ZERO
from kernel.files.images import content_type_of
from kernel.http.pagination import decode_cursor, encode_cursor, ensure_limit
from kernel.models import AuditRecord
from kernel.tenancy.actors import Actor, current_actor
from tenant_apps.agents.selectors import lookup as agents
from tenant_apps.attribution import selectors as gaps
from tenant_apps.catalog.selectors import products as catalog
from tenant_apps.customers import selectors as customers
from tenant_apps.orders.models import (
    AfterSale,
    AfterSaleLine,
    Channel,
    Order,
    OrderLine,
    OrderSearch,
    OrderSettings,
    Payment,
    Refund,
)
from tenant_apps.orders.models.order_page import Search, Value, read_page
from tenant_apps.orders.rules import carriers
from tenant_apps.orders.rules.after_sales import (
    DEFAULT_RETURN_DAYS,
    REFUND_WITHIN_DAYS,
    NewAfterSaleLine,
    ReturnableLine,
    last_return_day,
)
from tenant_apps.orders.rules.deadlines import Deadlines, read_deadlines
from tenant_apps.orders.rules.receivers import receiver_key
from tenant_apps.orders.rules.refunds import FREIGHT_LINE, Refundable
from tenant_apps.orders.rules.search import AGENT, CUSTOMER, GOODS, find_fields, order_word
from tenant_apps.orders.states import (
    HISTORY_SERIES,
    MONEY_IS_HERE,
    OPEN_AFTER_SALES,
    TO_BE_SHIPPED,
    AfterSaleKind,
    AfterSaleState,
    FulfilmentState,
    GoodsBackState,
    OrderKind,
    OrderState,
    PaymentState,
    SettlementState,
)
from tenant_apps.shipping.selectors import carriers as known_carriers
from tenant_apps.shipping.selectors import parcels as shipping
from tenant_apps.shipping.selectors.parcels import Parcel
from tenant_apps.shipping.states import ParcelState

_LATEST_SHIPMENTS = 100
MAX_OWNERS = 500  # customers, agents or goods of the name that is searched, the newest first
NOT_INVOICED = frozenset({OrderKind.RETURN, OrderKind.SAMPLE})
_MOST_WAITING = 2_000
_LIST_ORDER = ("-placed_at", "-id")

_OPEN = Q(state=OrderState.OPEN) & ~Q(kind=OrderKind.RETURN)
# Conditions by what has to happen to an order next; "nothing" holds what was refunded wholly.
WAITS_FOR: Mapping[str, Q] = {
    "payment": _OPEN & Q(payment_state=PaymentState.UNPAID),
    "shipment": _OPEN & Q(payment_state__in=MONEY_IS_HERE, fulfilment_state__in=TO_BE_SHIPPED),
    "delivery": _OPEN & Q(fulfilment_state=FulfilmentState.SHIPPED),
    "nothing": Q(payment_state=PaymentState.REFUNDED),
}


def read_search(text: str) -> list[Word]:
    """Read what somebody searches for: each word with all that it may stand for.

    On the order: its numbers, its parcels' numbers, the receiver's name and phone. Customers, agents and goods are
    looked up as they are called today. Of a number the last four digits are enough.
    """
    words = []
    for word in split_words(text):
        others = (
            id_word(CUSTOMER, customers.find_ids(word=word, limit=MAX_OWNERS)),
            id_word(AGENT, agents.find_ids(word=word, limit=MAX_OWNERS)),
            id_word(GOODS, catalog.find_variant_ids(word=word, limit=MAX_OWNERS)),
        )
        words.append(order_word(word).joined_with(others))
    return words or [NOTHING]


def matches_search(words: Sequence[Word]) -> Q:
    """Condition on orders that hold every word."""
    return Q(pk__in=OrderSearch.objects.find(words))


def get_found_fields(*, words: Sequence[Word], order_ids: Collection[int]) -> dict[int, list[str]]:
    """Map each order to the names of the fields in which it holds the words."""
    terms = OrderSearch.objects.read_terms(order_ids)
    return {order_id: find_fields(words, held) for order_id, held in terms.items()}


class OrderNotFound(NotFound):
    code = "order_not_found"
    title = _("No such order")


class RefundNotFound(NotFound):
    code = "refund_not_found"
    title = _("No such refund")


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


def get_order(*, order_id: int) -> Order:
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound
    return order


def get_order_id(*, number: str) -> int:
    """Return the id of the order with this number. Raises OrderNotFound."""
    found = Order.objects.filter(number=number.strip().upper()).values_list("id", flat=True).first()
    if found is None:
        raise OrderNotFound
    return found


def get_order_document(*, order_id: int) -> Order:
    """Return the order with lines, payments and refunds. Raises OrderNotFound."""
    order = Order.objects.prefetch_related("lines", "payments", "refunds__lines__line").filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound
    return order


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


def get_refund_document(*, refund_id: int) -> Refund:
    """Return the refund with its lines. Raises RefundNotFound."""
    refund = Refund.objects.prefetch_related("lines__line").filter(pk=refund_id).first()
    if refund is None:
        raise RefundNotFound
    return refund


def needs_refund_method(*, order: Order) -> bool:
    """Tell whether a refund has to say how the money goes back, since no payment of the order is on the books."""
    return bool(order.total) and not Payment.objects.filter(order=order).exists()


def refundable_parts(order: Order, lines: Iterable[OrderLine]) -> list[Refundable]:
    """Return the order's lines as refunds see them, and its freight as line 0."""
    held = [
        Refundable(one.line_no, one.quantity, one.goods_amount, one.refunded_quantity, one.refunded_amount)
        for one in lines
    ]
    return [*held, Refundable(FREIGHT_LINE, 0, order.freight, 0, order.refunded_freight)]


def list_order_rows(
    *, filters: Mapping[str, Value], cursor: str | None, limit: int
) -> tuple[list[dict[str, object]], str | None]:
    """Return a page of orders, newest first, and the cursor of the next page.

    `filters`: state, payment_state, fulfilment_state, kind, agent_id, customer_id, channel, number, customer_phone,
    placed_by, since (inclusive), until (exclusive), search. Rows found by a search say in `matched` what holds its
    words. Raises CursorInvalid, LimitInvalid.
    """
    ensure_limit(limit)
    after = None
    if cursor:
        placed_at, order_id = decode_cursor(cursor, _LIST_ORDER, Order)
        after = (placed_at, order_id)
    where = resolve_filters(filters)
    rows, has_more = read_page(where, after=after, limit=limit)
    searched = where.get("search")
    fields: dict[int, list[str]] = {}
    if isinstance(searched, Search):
        fields = get_found_fields(words=searched.words, order_ids=[int(str(row["id"])) for row in rows])
    for row in rows:
        row["matched"] = fields.get(int(str(row["id"])), [])
    if not has_more:
        return rows, None
    return rows, encode_cursor(_LIST_ORDER, [rows[-1]["placed_at"], rows[-1]["id"]])


def resolve_filters(filters: Mapping[str, Value]) -> dict[str, Value]:
    """Turn filters into columns.

    A phone becomes the customer's id, or 0 when unknown; a search's text its words; me the current actor.
    """
    where = dict(filters)
    text = where.pop("search", None)
    if text is not None:
        where["search"] = Search(tuple(read_search(str(text))))
    phone = where.pop("customer_phone", None)
    if phone is not None:
        customer = customers.find_customer_by_phone(phone=str(phone))
        where["customer_id"] = customer.pk if customer else 0
    if where.get("placed_by") == "me":
        where["placed_by"] = placer_of(current_actor())
    return where


def placer_of(actor: Actor) -> str:
    """Return how an order keeps the actor who placed it."""
    return actor.kind if actor.id is None else f"{actor.kind}:{actor.id}"


def list_orders() -> QuerySet[Order]:
    return Order.objects.order_by("-placed_at", "-id")


def list_refunds(*, customer_id: int) -> QuerySet[Refund]:
    """Return the customer's refunds with their orders, the latest first."""
    found = Refund.objects.filter(order__customer_id=customer_id).select_related("order")
    return found.order_by("-refunded_at", "-id")


def list_lines_of_product(*, product_id: int) -> QuerySet[OrderLine]:
    """Return the lines that ordered a product's variants with their orders, the latest first."""
    return OrderLine.objects.filter(variant__product_id=product_id).select_related("order").order_by("-id")


def list_mergeable(*, order: Order) -> list[Order]:
    """Return the other open unpaid orders of the same kind, buyer and agent of which nothing has left, at most 19."""
    if order.customer_id is None and order.agent_id is None:
        return []
    same = {name: getattr(order, name) for name in ("kind", "customer_id", "agent_id", "payment_state")}
    waiting = list_orders().filter(state=OrderState.OPEN, fulfilment_state=FulfilmentState.UNFULFILLED, **same)
    return list(waiting.exclude(pk=order.pk)[:19])


def get_latest_orders(
    *, by: Literal["customer_id", "agent_id"], ids: Collection[int], each: int = 3, **where: str
) -> dict[int, list[Order]]:
    """Map each customer or agent to their latest orders with lines, at most `each`, cancelled ones left out."""
    found: dict[int, list[Order]] = {one: [] for one in ids}
    orders = list_orders().exclude(state=OrderState.CANCELLED).filter(**where)
    parts = [orders.filter(**{by: one}).values_list("id", flat=True)[:each] for one in ids]
    latest = list(parts[0].union(*parts[1:], all=True)) if parts else []
    lines = Prefetch("lines", OrderLine.objects.order_by("line_no", "id"))
    for order in list_orders().filter(id__in=latest).prefetch_related(lines):
        found[getattr(order, by)].append(order)
    return found


def list_gap_orders(*, agent_id: int, now: datetime) -> QuerySet[Order]:
    """List retail orders of the agent's customers that were placed without a contract and credited to nobody.

    Latest first. Raises AgentNotFound.
    """
    where = Q(pk__in=[])
    for gap in gaps.list_gaps(agent_id=agent_id, now=now):
        where |= Q(placed_at__gte=gap.since, placed_at__lt=gap.until, customer_id__in=gap.customer_ids)
    return list_orders().filter(where, kind=OrderKind.RETAIL, agent=None)


def count_placed_in_month(*, now: datetime) -> int:
    """Count the orders placed in the month of `now` (brand's time zone), without imported history."""
    first = clock.business_date(now).replace(day=1)
    next_first = (first + timedelta(days=31)).replace(day=1)
    month = Order.objects.filter(
        placed_at__gte=clock.day_bounds(first)[0], placed_at__lt=clock.day_bounds(next_first)[0]
    )
    return month.exclude(number__startswith=HISTORY_SERIES).count()


def list_for_packing(*, order_ids: Collection[int], is_waiting: bool = False) -> list[Order]:
    """Return orders with their lines in the order of the ids; `is_waiting` keeps those that can be shipped now."""
    orders = Order.objects.filter(pk__in=order_ids)
    if is_waiting:
        orders = orders.filter(WAITS_FOR["shipment"])
    lines = Prefetch("lines", OrderLine.objects.order_by("line_no", "id"))
    found = {order.pk: order for order in orders.prefetch_related(lines).order_by("placed_at", "id")}
    return [found[order_id] for order_id in dict.fromkeys(order_ids) if order_id in found]


def list_same_receivers(*, orders: Collection[Order]) -> dict[int, list[Order]]:
    """Map each order to the others that wait for shipment and go to the same receiver and address.

    Those with another carrier's demand or another agent may share a box as well: goods, receiver and place decide.
    """
    keys = {order.pk: receiver_key(order.receiver) for order in orders}
    phones = {key[1] for key in keys.values() if key}
    if not phones:
        return {}
    waiting = Order.objects.filter(WAITS_FOR["shipment"], receiver__phone__in=phones).order_by("placed_at", "id")
    by_key: dict[tuple[str, ...], list[Order]] = {}
    for order in waiting[:_MOST_WAITING]:
        key = receiver_key(order.receiver)
        if key:
            by_key.setdefault(key, []).append(order)
    found = {pk: [other for other in by_key.get(key, []) if other.pk != pk] for pk, key in keys.items() if key}
    return {pk: others for pk, others in found.items() if others}


def get_numbers(*, order_ids: Collection[int]) -> dict[int, str]:
    """Map each known order to its number."""
    return dict(Order.objects.filter(pk__in=order_ids).order_by("id").values_list("id", "number"))


@dataclass(frozen=True, slots=True)
class Purchases:
    """Orders of a customer that were not cancelled; `spent` is what was paid and not refunded."""

    count: int
    latest_at: datetime
    spent: Decimal


def get_purchases(*, customer_ids: Collection[int]) -> dict[int, Purchases]:
    """Map each customer who ordered to the orders' sums, in one statement."""
    orders = Order.objects.filter(customer_id__in=customer_ids).exclude(state=OrderState.CANCELLED).order_by()
    paid = Q(payment_state__in=MONEY_IS_HERE)
    rows = orders.values("customer_id").annotate(
        count=Count("id"), latest=Max("placed_at"), spent=Sum(F("total") - F("refunded_amount"), filter=paid)
    )
    return {row["customer_id"]: Purchases(row["count"], row["latest"], row["spent"] or ZERO) for row in rows}


def get_latest_agents(*, customer_ids: Collection[int]) -> dict[int, str]:
    """Map each customer to the name of the agent who was credited with the latest order that credits one."""
    orders = Order.objects.filter(customer_id__in=customer_ids, agent__isnull=False)
    latest = orders.order_by("customer_id", "-placed_at", "-id").distinct("customer_id")
    return dict(latest.values_list("customer_id", "agent__name"))


def list_carriers() -> list[str]:
    """Return carriers to pick from: those of the latest parcels first, then the brand's others."""
    used = shipping.list_used_carriers(limit=_LATEST_SHIPMENTS)
    return carriers.list_choices(used, known_carriers.list_carrier_names())


def parcel_source(order_id: int) -> str:
    """Return the name by which parcels and stock know the order."""
    return f"order:{order_id}"


def list_parcels(*, order_id: int) -> list[Parcel]:
    """Return the order's parcels in the order in which they were packed."""
    return shipping.list_parcels_of(source=parcel_source(order_id))


def find_prepared_parcel(*, order_id: int) -> Parcel | None:
    """Return the order's parcel that is being packed and has not left."""
    return next((one for one in list_parcels(order_id=order_id) if one.state == ParcelState.PREPARED), None)


def find_prepared_parcels(*, order_ids: Collection[int]) -> dict[int, Parcel]:
    """Map each of the orders to its parcel that is being packed; orders without one are left out."""
    sources = {parcel_source(order_id): order_id for order_id in order_ids}
    found = shipping.list_prepared_parcels(sources=list(sources))
    return {sources[parcel.source]: parcel for parcel in found}


def count_parcels(*, order_id: int) -> int:
    return shipping.count_parcels_of(source=parcel_source(order_id))


def get_margin(*, order_id: int) -> Decimal | None:
    """Return goods money kept less the cost of the goods kept, freight left out; None before all is shipped."""
    order = get_order(order_id=order_id)
    if order.shipped_at is None:
        return None
    costs = OrderLine.objects.filter(order_id=order_id).aggregate(kept=Sum(F("cost") - F("returned_cost")))
    margin: Decimal = order.goods_amount - (order.refunded_amount - order.refunded_freight) - (costs["kept"] or ZERO)
    return margin


def get_deadlines() -> Deadlines:
    values = OrderSettings.objects.filter(pk=1).values_list("values", flat=True).first()
    return read_deadlines(values or {})


_UNPAID = Q(state=OrderState.OPEN, payment_state=PaymentState.UNPAID, fulfilment_state=FulfilmentState.UNFULFILLED)
_ARRIVED = Q(
    state=OrderState.OPEN,
    fulfilment_state__in=(FulfilmentState.SHIPPED, FulfilmentState.DELIVERED, FulfilmentState.RETURNED),
)
_OPEN_AFTER_SALES = AfterSale.objects.filter(order=OuterRef("pk"), state__in=OPEN_AFTER_SALES)
_SOON = timedelta(minutes=1)


def list_unpaid_since(*, deadlines: Deadlines, now: datetime, limit: int) -> list[int]:
    """Return the ids of open unpaid orders whose time is over, the oldest first."""
    if deadlines.unpaid_minutes is None:
        return []
    since = datetime.fromisoformat(deadlines.unpaid_since)
    until = now - timedelta(minutes=deadlines.unpaid_minutes)
    waiting = Order.objects.filter(_UNPAID, placed_at__gte=since, placed_at__lte=until).exclude(kind=OrderKind.RETURN)
    return list(waiting.order_by("placed_at", "id").values_list("id", flat=True)[:limit])


def list_arrived(*, deadlines: Deadlines, now: datetime, limit: int) -> list[int]:
    """Return the ids of open orders whose days after delivery, or after shipping, are over."""
    over = Q(pk__in=[])
    if deadlines.days_after_delivery is not None:
        over |= Q(delivered_at__lte=now - timedelta(days=deadlines.days_after_delivery))
    if deadlines.days_after_shipping is not None:
        over |= Q(delivered_at=None, shipped_at__lte=now - timedelta(days=deadlines.days_after_shipping))
    arrived = Order.objects.filter(_ARRIVED, ~Exists(_OPEN_AFTER_SALES), over).exclude(kind=OrderKind.RETURN)
    return list(arrived.order_by("placed_at", "id").values_list("id", flat=True)[:limit])


def next_closing(now: datetime) -> datetime | None:
    """Return when an unpaid order may be due next; None where the brand closes none.

    One that is placed after `now` is due after a whole deadline at the earliest.
    """
    deadlines = get_deadlines()
    if deadlines.unpaid_minutes is None:
        return None
    wait = timedelta(minutes=deadlines.unpaid_minutes)
    since = datetime.fromisoformat(deadlines.unpaid_since)
    waiting = Order.objects.filter(_UNPAID, placed_at__gte=since).exclude(kind=OrderKind.RETURN)
    oldest = waiting.aggregate(first=Min("placed_at"))["first"]
    return now + wait if oldest is None else max(oldest + wait, now + _SOON)


def next_completion(now: datetime) -> datetime | None:
    """Return when an order is completed by itself next; None where none waits for it."""
    deadlines = get_deadlines()
    arrived = Order.objects.filter(_ARRIVED, ~Exists(_OPEN_AFTER_SALES)).exclude(kind=OrderKind.RETURN)
    first = arrived.aggregate(delivered=Min("delivered_at"), shipped=Min("shipped_at", filter=Q(delivered_at=None)))
    times = [
        deadlines.completes_at(shipped_at=None, delivered_at=first["delivered"]),
        deadlines.completes_at(shipped_at=first["shipped"], delivered_at=None),
    ]
    known = [one for one in times if one is not None]
    return max(min(known), now + _SOON) if known else None


def list_channels() -> list[Channel]:
    return list(Channel.objects.order_by("code", "id"))


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
