"""Commit a file of past orders, all or nothing, without effect on stock and commissions.

COPY writes orders and lines. Products, customers and ids are resolved in bulk first, so the number of statements does
not depend on the number of lines.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import orjson
from django.db import connection
from django.utils.translation import gettext

from kernel.core import clock
from kernel.core.money import ZERO, round_money
from kernel.core.numbering import take_numbers
from kernel.tenancy.actors import current_actor
from tenant_apps.attribution.services import purchases
from tenant_apps.catalog.selectors.sellable import SellableVariant, get_variants
from tenant_apps.catalog.selectors.tax_rates import TaxHistory, get_tax_histories
from tenant_apps.catalog.services.ensure import NewVariant, ensure_variants
from tenant_apps.catalog.states import ProductKind
from tenant_apps.customers import services as customers
from tenant_apps.finance import services as finance
from tenant_apps.finance.services import NewTransfer
from tenant_apps.finance.states import AccountCode
from tenant_apps.imports.services.importer import Run
from tenant_apps.orders.models import Channel
from tenant_apps.orders.rules.lines import Receiver
from tenant_apps.orders.services import search_index
from tenant_apps.orders.services.order_files.columns import ChannelRules, rules_from
from tenant_apps.orders.services.order_files.copying import copy_field, copy_row, copy_rows
from tenant_apps.orders.services.order_files.facts import OrderFacts
from tenant_apps.orders.services.order_files.lines import MAX_NAME_LENGTH, REASONS, Line, Refused
from tenant_apps.orders.services.order_files.planning import (
    Plan,
    PlannedOrder,
    PlanOutdated,
    find_imported,
    refunded_freight,
)
from tenant_apps.orders.states import HISTORY_SERIES, FulfilmentState, OrderKind, OrderState, PaymentState

ORDER_COLUMNS: Final = (
    "id",
    "number",
    "kind",
    "channel_id",
    "external_number",
    "customer_id",
    "agent_id",
    "receiver",
    "note",
    "state",
    "payment_state",
    "fulfilment_state",
    "goods_amount",
    "discount",
    "freight",
    "total",
    "refunded_amount",
    "refunded_freight",
    "carrier",
    "tracking_number",
    "placed_at",
    "paid_at",
    "shipped_at",
    "delivered_at",
    "completed_at",
    "placed_by",
    "placed_by_name",
)
LINE_COLUMNS: Final = (
    "order_id",
    "line_no",
    "variant_id",
    "sku",
    "name",
    "quantity",
    "unit_price",
    "goods_amount",
    "tax_rate",
    "discount",
    "refunded_amount",
)


@dataclass
class History:
    """A plan, and the file's lines that belong to it."""

    plan: Plan
    lines: Iterator[Line]


class _Open:
    """Running state of an order whose lines are being read: id, line count, goods money still missing."""

    __slots__ = ("identity", "line_count", "missing", "shares")

    def __init__(self, identity: int, order: PlannedOrder) -> None:
        self.identity = identity
        self.line_count = 0
        self.missing = order.goods
        self.shares = order.shares


def lock_channel(run: Run) -> Channel:
    """Lock the channel, so that concurrent imports cannot take the same order numbers."""
    return Channel.objects.select_for_update().get(code=run.job.channel)


def planned_lines(rows: Iterator[Line | Refused], plan: Plan, run: Run) -> Iterator[Line]:
    """Yield the lines of planned orders; report the others. Orders imported meanwhile leave the plan."""
    for number in find_imported(list(plan.orders), channel=run.job.channel):
        del plan.orders[number]
        plan.dropped[number] = ("already_imported", "")

    def lines() -> Iterator[Line]:
        orders = plan.orders
        for line in rows:
            if isinstance(line, Refused):
                continue
            if line.order_number in orders:
                yield line
            else:
                reason, column = plan.dropped.get(line.order_number, ("order_incomplete", ""))
                run.refuse(line.line_no, reason, REASONS[reason], column=column)

    return lines()


def ensure_references(plan: Plan, run: Run) -> tuple[dict[str, SellableVariant], dict[str, int]]:
    """Add new products and customers. The dry run does so too, and is rolled back."""
    rules = rules_from(run.job.options)
    return _ensure_variants(plan, rules), _ensure_customers(plan, run.job.channel)


def write_orders(history: History, run: Run) -> dict[str, str]:
    """Write the planned orders, their lines as they are read, and the ledger entries. Needs a transaction.

    Returns the first and the last number taken. Raises PlanOutdated when the lines do not add up to the plan.
    """
    plan = history.plan
    variants, customer_ids = ensure_references(plan, run)
    purchases.note_purchasers(customer_ids=customer_ids.values())
    ids = _take_order_ids(len(plan.orders))
    open_orders = {
        number: _Open(identity, order) for identity, (number, order) in zip(ids, plan.orders.items(), strict=True)
    }
    numbers: list[str] = []
    if plan.orders:
        day = clock.business_date(clock.now())
        numbers = take_numbers(kind=HISTORY_SERIES, day=day, count=len(ids))
        keys = zip(ids, numbers, strict=True)
        copy_rows("orders_order", ORDER_COLUMNS, _order_rows(plan, run, customer_ids, keys))
    # Read here: the lines are written by a thread that does not know the brand.
    rows = _line_rows(plan, history.lines, variants, _dated_rates(variants), open_orders)
    source = run.source
    copy_rows(
        "orders_orderline",
        LINE_COLUMNS,
        rows,
        report=lambda: run.heartbeat(source.total_rows if source else 0),
    )
    for number, order in plan.orders.items():
        written = open_orders[number]
        if written.missing or written.line_count != order.line_count:
            raise PlanOutdated(field="file")
    search_index.index_later(order_ids=ids)
    _post_to_ledger(plan, job_id=run.job.id, zone=clock.brand_zone())
    return {"first": numbers[0], "last": numbers[-1]} if numbers else {}


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
    found = get_variants(variant_ids=list(ids.values()), now=clock.now())
    return {sku: found[variant_id] for sku, variant_id in ids.items()}


def _ensure_customers(plan: Plan, channel: str) -> dict[str, int]:
    wanted = sorted({order.customer for order in plan.orders.values() if order.customer})
    if not wanted:
        return {}
    return customers.ensure_imported_customers(channel=channel, external_ids=wanted)


def _take_order_ids(count: int) -> list[int]:
    """Reserve ids from the sequence, so that lines can be written with COPY."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('orders_order', 'id')) FROM generate_series(1, %s)", [count]
        )
        return [identity for (identity,) in cursor.fetchall()]


def _order_rows(plan: Plan, run: Run, customer_ids: dict[str, int], keys: Iterable[tuple[int, str]]) -> Iterator[str]:
    placed_by = f"import:{run.job.id}"
    name = current_actor().label[:200]
    for (identity, number), (external, order) in zip(keys, plan.orders.items(), strict=True):
        facts = order.facts
        kind, payment, fulfilment = _states_of(order)
        moment = order.placed_at.isoformat()
        yield copy_row(
            (
                identity,
                number,
                kind,
                run.job.channel,
                external,
                customer_ids.get(order.customer),
                order.agent_id,
                _receiver(facts),
                facts.note,
                OrderState.COMPLETED.value,
                payment,
                fulfilment,
                order.goods - facts.discount,
                facts.discount,
                facts.freight,
                order.total,
                facts.refund,
                refunded_freight(order),
                facts.carrier,
                facts.tracking_number,
                moment,
                moment,
                moment,
                moment,
                moment,
                placed_by,
                name,
            )
        )


def _states_of(order: PlannedOrder) -> tuple[str, str, str]:
    """Return kind, payment and fulfilment state. A full refund counts as returned."""
    if order.is_return:
        return OrderKind.RETURN.value, PaymentState.REFUNDED.value, FulfilmentState.RETURNED.value
    if not order.facts.refund:
        return OrderKind.RETAIL.value, PaymentState.PAID.value, FulfilmentState.DELIVERED.value
    if order.facts.refund < order.total:
        return OrderKind.RETAIL.value, PaymentState.PARTLY_REFUNDED.value, FulfilmentState.DELIVERED.value
    return OrderKind.RETAIL.value, PaymentState.REFUNDED.value, FulfilmentState.RETURNED.value


def _receiver(facts: OrderFacts) -> str:
    if not (facts.receiver_name or facts.receiver_phone or facts.receiver_address):
        return "{}"
    receiver = Receiver(facts.receiver_name, facts.receiver_phone, address=facts.receiver_address)
    return orjson.dumps(asdict(receiver)).decode()


def _dated_rates(variants: dict[str, SellableVariant]) -> dict[str, TaxHistory]:
    """Return, by SKU, the dated VAT rates of the products that have any."""
    histories = get_tax_histories(product_ids=[variant.product_id for variant in variants.values()])
    return {sku: histories[one.product_id] for sku, one in variants.items() if one.product_id in histories}


def _line_rows(
    plan: Plan,
    lines: Iterator[Line],
    variants: dict[str, SellableVariant],
    dated: dict[str, TaxHistory],
    open_orders: dict[str, _Open],
) -> Iterator[str]:
    # Written out by hand: half a million rows of a dozen fields, of which most texts repeat.
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
        net = line.amount
        shares = "0\t0"
        if order.shares:
            discount, refund = order.shares[order.line_count - 1]
            net -= discount
            shares = f"{discount}\t{refund}"
        yield (
            f"{order.identity}\t{order.line_count}\t{goods[sku]}\t{shown}\t{line.quantity}\t{line.unit_price}"
            f"\t{net}\t{rate}\t{shares}\n"
        )


def _post_to_ledger(plan: Plan, *, job_id: int, zone: ZoneInfo) -> None:
    """Post one entry per business day: sales to revenue, returns and refunds against it."""
    days: dict[date, list[PlannedOrder]] = {}
    for order in plan.orders.values():
        days.setdefault(order.placed_at.astimezone(zone).date(), []).append(order)
    for day, orders in sorted(days.items()):
        sales = sum((order.total for order in orders if not order.is_return), ZERO)
        returns = sum((order.facts.refund - (order.total if order.is_return else ZERO) for order in orders), ZERO)
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
