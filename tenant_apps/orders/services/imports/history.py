"""Committing a file of past orders: set-based, all or nothing, neutral to stock and commissions.

Orders and lines are written by COPY. Everything else (products, customers, ids) is resolved in bulk before, so the
number of statements does not depend on the number of lines.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _

from kernel.money import ZERO
from kernel.numbering import take_numbers
from tenant_apps.catalog import selectors as catalog_reads
from tenant_apps.catalog import services as catalog
from tenant_apps.catalog.selectors import SellableVariant
from tenant_apps.catalog.states import ProductKind
from tenant_apps.customers import services as customers
from tenant_apps.finance import services as finance
from tenant_apps.finance.services import NewTransfer
from tenant_apps.finance.states import AccountCode
from tenant_apps.orders.models import Channel, Order
from tenant_apps.orders.services.imports.collecting import Collected, CollectedOrder
from tenant_apps.orders.services.imports.copying import copy_rows
from tenant_apps.orders.services.imports.issues import IssueWriter
from tenant_apps.orders.services.imports.mapping import ChannelRules
from tenant_apps.orders.states import FulfilmentState, OrderKind, OrderState, PaymentState

NUMBERS_PER_QUERY = 10_000

_ORDER_COLUMNS = (
    "id", "number", "kind", "channel_id", "external_number", "customer_id", "state", "payment_state",
    "fulfilment_state", "goods_amount", "total", "placed_at", "paid_at", "shipped_at", "delivered_at", "completed_at",
)  # fmt: skip
_LINE_COLUMNS = (
    "order_id", "line_no", "variant_id", "sku", "name", "quantity", "unit_price", "goods_amount", "tax_rate",
)  # fmt: skip
_SALE = (OrderKind.RETAIL.value, OrderState.COMPLETED.value, PaymentState.PAID.value, FulfilmentState.DELIVERED.value)
_RETURN = (
    OrderKind.RETURN.value, OrderState.COMPLETED.value, PaymentState.REFUNDED.value, FulfilmentState.RETURNED.value,
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What a commit (or a dry run) made of the file. Amounts in the brand's currency, returns as a positive number."""

    order_count: int
    imported_lines: int
    sales_amount: Decimal
    returns_amount: Decimal
    exact_amount: Decimal


def drop_already_imported(collected: Collected, *, channel: str, issues: IssueWriter) -> None:
    """Take orders that the channel already has out of `collected`, listing each of their lines."""
    numbers = iter(list(collected.orders))
    while chunk := list(islice(numbers, NUMBERS_PER_QUERY)):
        known = Order.objects.filter(channel_id=channel, external_number__in=chunk)
        for number in known.values_list("external_number", flat=True):
            order = collected.orders.pop(number)
            for line in order.lines:
                cells = (number, line.sku, line.name, line.quantity, line.unit_price)
                issues.write(line.line_no, "already_imported", cells)


def summarise(collected: Collected) -> Outcome:
    """The sums over all orders that are left."""
    sales = returns = ZERO
    exact = Decimal("0.0000")
    lines = 0
    for order in collected.orders.values():
        lines += len(order.lines)
        if order.is_return:
            returns -= order.total
        else:
            sales += order.total
        for line in order.lines:
            exact += line.quantity * line.unit_price
    return Outcome(len(collected.orders), lines, sales, returns, exact)


def commit_orders(
    collected: Collected, *, channel: Channel, rules: ChannelRules, job_id: int, zone: ZoneInfo, now: datetime
) -> None:
    """Write every collected order with its lines and the ledger's entries. Needs a surrounding transaction."""
    if not collected.orders:
        return
    variants = _ensure_variants(collected, rules)
    customer_ids = _ensure_customers(collected, channel)
    ids = _take_order_ids(len(collected.orders))
    numbers = take_numbers(kind="IM", day=now.astimezone(zone).date(), count=len(collected.orders))
    copy_rows(
        "orders_order",
        _ORDER_COLUMNS,
        _order_rows(collected, channel.code, customer_ids, zip(ids, numbers, strict=True)),
    )
    copy_rows("orders_orderline", _LINE_COLUMNS, _line_rows(collected, variants, ids))
    _post_to_ledger(collected, job_id=job_id, zone=zone)


def _ensure_variants(collected: Collected, rules: ChannelRules) -> dict[str, SellableVariant]:
    prices: dict[str, Decimal] = {}
    for order in collected.orders.values():
        for line in order.lines:
            prices[line.sku] = line.unit_price
    rows = [
        catalog.NewVariant(
            sku=sku,
            name=collected.product_name(sku),
            kind=(ProductKind.SERVICE if rules.is_service(sku) else ProductKind.GOODS).value,
            retail_price=catalog_price(price),
        )
        for sku, price in prices.items()
    ]
    ids = catalog.ensure_variants(rows=rows)
    found = catalog_reads.get_variants(variant_ids=list(ids.values()))
    return {sku: found[variant_id] for sku, variant_id in ids.items()}


def catalog_price(unit_price: Decimal) -> Decimal:
    """The last price seen, as the money a catalogue shows."""
    return unit_price.quantize(ZERO)


def _ensure_customers(collected: Collected, channel: Channel) -> dict[str, int]:
    wanted = sorted({order.customer for order in collected.orders.values() if order.customer})
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
    collected: Collected, channel: str, customer_ids: dict[str, int], keys: Iterable[tuple[int, str]]
) -> Iterator[tuple[object, ...]]:
    for (identity, number), (external, order) in zip(keys, collected.orders.items(), strict=True):
        kind, state, payment, fulfilment = _RETURN if order.is_return else _SALE
        moment = order.placed_at.isoformat()
        yield (
            identity, number, kind, channel, external, customer_ids.get(order.customer), state, payment, fulfilment,
            order.total, order.total, moment, moment, moment, moment, moment,
        )  # fmt: skip


def _line_rows(
    collected: Collected, variants: dict[str, SellableVariant], ids: list[int]
) -> Iterator[tuple[object, ...]]:
    product_names = {sku: collected.product_name(sku)[:200] for sku in variants}
    for identity, order in zip(ids, collected.orders.values(), strict=True):
        for line_no, line in enumerate(order.lines, start=1):
            variant = variants[line.sku]
            yield (
                identity, line_no, variant.id, line.sku, line.name or product_names[line.sku], line.quantity,
                line.unit_price, line.amount, variant.tax_rate,
            )  # fmt: skip


def _post_to_ledger(collected: Collected, *, job_id: int, zone: ZoneInfo) -> None:
    """One entry a business day: sales into revenue, returns out of it."""
    days: dict[date, list[CollectedOrder]] = {}
    for order in collected.orders.values():
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
                memo=_("Imported orders of %(day)s") % {"day": day.isoformat()},
                transfers=transfers,
            )
