"""Committing a file of past orders: set-based, all or nothing, neutral to stock and commissions.

Orders and lines are written by COPY. Everything else (products, customers, ids) is resolved in bulk before, so the
number of statements does not depend on the number of lines.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext

from kernel.core import clock
from kernel.core.money import ZERO, round_money
from kernel.core.numbering import take_numbers
from tenant_apps.attribution.services import purchases
from tenant_apps.catalog.selectors.sellable import SellableVariant, get_variants
from tenant_apps.catalog.selectors.tax_rates import TaxHistory, get_tax_histories
from tenant_apps.catalog.services.ensure import NewVariant, ensure_variants
from tenant_apps.catalog.states import ProductKind
from tenant_apps.customers import services as customers
from tenant_apps.finance import services as finance
from tenant_apps.finance.services import NewTransfer
from tenant_apps.finance.states import AccountCode
from tenant_apps.orders.models import Channel
from tenant_apps.orders.models.imports import ImportReason
from tenant_apps.orders.services.imports.collecting import Collected
from tenant_apps.orders.services.imports.copying import copy_field, copy_row, copy_rows
from tenant_apps.orders.services.imports.issues import IssueWriter
from tenant_apps.orders.services.imports.lines import MAX_NAME_LENGTH, Line
from tenant_apps.orders.services.imports.mapping import ChannelRules
from tenant_apps.orders.services.imports.planning import Plan, PlannedOrder, PlanOutdated, find_imported
from tenant_apps.orders.states import HISTORY_SERIES, FulfilmentState, OrderKind, OrderState, PaymentState

_ORDER_COLUMNS = (
    "id",
    "number",
    "kind",
    "channel_id",
    "external_number",
    "customer_id",
    "state",
    "payment_state",
    "fulfilment_state",
    "goods_amount",
    "total",
    "placed_at",
    "paid_at",
    "shipped_at",
    "delivered_at",
    "completed_at",
)
_LINE_COLUMNS = (
    "order_id",
    "line_no",
    "variant_id",
    "sku",
    "name",
    "quantity",
    "unit_price",
    "goods_amount",
    "tax_rate",
)
_SALE = (OrderKind.RETAIL.value, OrderState.COMPLETED.value, PaymentState.PAID.value, FulfilmentState.DELIVERED.value)
_RETURN = (
    OrderKind.RETURN.value,
    OrderState.COMPLETED.value,
    PaymentState.REFUNDED.value,
    FulfilmentState.RETURNED.value,
)


class _Open:
    """An order whose lines are coming in: its id, how many lines it has so far, what is still missing to its total."""

    __slots__ = ("identity", "line_count", "missing")

    def __init__(self, identity: int, missing: Decimal) -> None:
        self.identity = identity
        self.line_count = 0
        self.missing = missing


def drop_already_imported(collected: Collected, *, channel: str, issues: IssueWriter) -> None:
    """Take orders that the channel already has out of `collected`, listing each of their lines."""
    for number in find_imported(list(collected.orders), channel=channel):
        for line in collected.orders.pop(number).lines:
            write_already_imported(issues, line)


def write_already_imported(issues: IssueWriter, line: Line) -> None:
    """List a line whose order came in before."""
    cells = (line.order_number, line.sku, line.name, line.quantity, line.unit_price)
    issues.write(line.line_no, ImportReason.ALREADY_IMPORTED.value, cells)


def commit_orders(
    plan: Plan,
    lines: Iterator[Line],
    *,
    channel: Channel,
    rules: ChannelRules,
    job_id: int,
    report: Callable[[], None],
) -> None:
    """Write the planned orders, then the lines as they are read, then the ledger's entries. Needs a transaction.

    Raises PlanOutdated when the lines do not add up to the plan.
    """
    variants = _ensure_variants(plan, rules)
    customer_ids = _ensure_customers(plan, channel)
    purchases.note_purchasers(customer_ids=customer_ids.values())
    ids = _take_order_ids(len(plan.orders))
    open_orders = {
        number: _Open(identity, order.total) for identity, (number, order) in zip(ids, plan.orders.items(), strict=True)
    }
    if plan.orders:
        day = clock.business_date(clock.now())
        keys = zip(ids, take_numbers(kind=HISTORY_SERIES, day=day, count=len(ids)), strict=True)
        copy_rows("orders_order", _ORDER_COLUMNS, _order_rows(plan, channel.code, customer_ids, keys))
    # Read here: the lines are written by a thread that does not know the brand.
    rows = _line_rows(plan, lines, variants, _dated_rates(variants), open_orders)
    copy_rows("orders_orderline", _LINE_COLUMNS, rows, report=report)
    for number, order in plan.orders.items():
        written = open_orders[number]
        if written.missing or written.line_count != order.line_count:
            raise PlanOutdated(field="file")
    _post_to_ledger(plan, job_id=job_id, zone=clock.brand_zone())


def _ensure_variants(plan: Plan, rules: ChannelRules) -> dict[str, SellableVariant]:
    rows = [
        NewVariant(
            sku=sku,
            name=name,
            kind=(ProductKind.SERVICE if rules.is_service(sku) else ProductKind.GOODS).value,
            retail_price=round_money(price),
        )
        for sku, (name, price) in plan.products.items()
    ]
    ids = ensure_variants(rows=rows)
    found = get_variants(variant_ids=list(ids.values()))
    return {sku: found[variant_id] for sku, variant_id in ids.items()}


def _ensure_customers(plan: Plan, channel: Channel) -> dict[str, int]:
    wanted = sorted({order.customer for order in plan.orders.values() if order.customer})
    if not wanted:
        return {}
    return customers.ensure_imported_customers(channel=channel.code, external_ids=wanted)


def _take_order_ids(count: int) -> list[int]:
    """Ids from the table's own sequence, so that the lines can be written in one go."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('orders_order', 'id')) FROM generate_series(1, %s)", [count]
        )
        return [identity for (identity,) in cursor.fetchall()]


def _order_rows(
    plan: Plan, channel: str, customer_ids: dict[str, int], keys: Iterable[tuple[int, str]]
) -> Iterator[str]:
    for (identity, number), (external, order) in zip(keys, plan.orders.items(), strict=True):
        kind, state, payment, fulfilment = _RETURN if order.is_return else _SALE
        moment = order.placed_at.isoformat()
        yield copy_row(
            (
                identity,
                number,
                kind,
                channel,
                external,
                customer_ids.get(order.customer),
                state,
                payment,
                fulfilment,
                order.total,
                order.total,
                moment,
                moment,
                moment,
                moment,
                moment,
            )
        )


def _dated_rates(variants: dict[str, SellableVariant]) -> dict[str, TaxHistory]:
    """By SKU the VAT rates through time of the few products whose rate changed."""
    histories = get_tax_histories(product_ids=[variant.product_id for variant in variants.values()])
    return {sku: histories[one.product_id] for sku, one in variants.items() if one.product_id in histories}


def _line_rows(
    plan: Plan,
    lines: Iterator[Line],
    variants: dict[str, SellableVariant],
    dated: dict[str, TaxHistory],
    open_orders: dict[str, _Open],
) -> Iterator[str]:
    """Written out by hand: half a million rows of nine fields, of which most texts repeat."""
    goods = {sku: copy_row((variant.id, sku))[:-1] for sku, variant in variants.items()}
    rates = {sku: copy_field(variant.tax_rate) for sku, variant in variants.items()}
    product_names = {sku: copy_field(name[:MAX_NAME_LENGTH]) for sku, (name, _price) in plan.products.items()}
    names: dict[str, str] = {}
    for line in lines:
        order = open_orders[line.order_number]
        sku = line.sku
        name = line.name
        order.line_count += 1
        order.missing -= line.amount
        shown = (names.get(name) or names.setdefault(name, copy_field(name))) if name else product_names[sku]
        rate = rates[sku]
        if sku in dated:  # what was sold before the rate changed keeps the former one
            day = clock.business_date(plan.orders[line.order_number].placed_at)
            rate = copy_field(dated[sku].on(day))
        yield (
            f"{order.identity}\t{order.line_count}\t{goods[sku]}\t{shown}\t{line.quantity}\t{line.unit_price}"
            f"\t{line.amount}\t{rate}\n"
        )


def _post_to_ledger(plan: Plan, *, job_id: int, zone: ZoneInfo) -> None:
    """One entry a business day: sales into revenue, returns out of it."""
    days: dict[date, list[PlannedOrder]] = {}
    for order in plan.orders.values():
        days.setdefault(order.placed_at.astimezone(zone).date(), []).append(order)
    for day, orders in sorted(days.items()):
        sales = sum((order.total for order in orders if not order.is_return), ZERO)
        returns = -sum((order.total for order in orders if order.is_return), ZERO)
        transfers = []
        if sales:
            transfers.append(NewTransfer(AccountCode.PLATFORM_CLEARING, AccountCode.REVENUE, sales))
        if returns:
            transfers.append(NewTransfer(AccountCode.REVENUE, AccountCode.PLATFORM_CLEARING, returns))
        if transfers:
            finance.post_entry(
                source=f"import:{job_id}:{day:%Y-%m-%d}",
                occurred_at=min(order.placed_at for order in orders),
                memo=gettext("Imported orders of %(day)s") % {"day": day.isoformat()},
                transfers=transfers,
            )
