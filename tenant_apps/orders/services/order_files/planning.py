"""Plan which collected orders come in, with their amounts.

The stored plan lets the commit write orders first and then stream the lines, so that Postgres works while the file is
parsed. Sums are compared with the plan in case the file changed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final

import orjson
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict
from kernel.core.money import MAX_MONEY, ZERO, split
from tenant_apps.agents.selectors.lookup import get_ids_by_code
from tenant_apps.imports.services.importer import Outcome, Run
from tenant_apps.imports.services.reading.cells import MAX_YEARS_OFF
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.file_states import FileState
from tenant_apps.orders.services.order_files.collecting import Collected, CollectedOrder
from tenant_apps.orders.services.order_files.columns import ChannelRules, rules_from
from tenant_apps.orders.services.order_files.facts import NO_FACTS, FactsRefused, OrderFacts, read_facts

NUMBERS_PER_QUERY: Final = 10_000
MAX_LINES: Final = 32_000  # what the line's number holds


class PlanOutdated(Conflict):
    code = "import_plan_outdated"
    title = _("The dry run no longer fits the file; check it again")


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """A planned order. `goods` sums its rounded lines, `exact` quantity × price; both are negative on returns.

    `shares` are discount and refund of each line, where the order has any.
    """

    is_return: bool
    placed_at: datetime
    customer: str
    line_count: int
    goods: Decimal
    exact: Decimal
    facts: OrderFacts = NO_FACTS
    agent_id: int | None = None
    shares: tuple[tuple[Decimal, Decimal], ...] = ()

    @property
    def total(self) -> Decimal:
        """Amount of the order before refunds."""
        return self.goods - self.facts.discount + self.facts.freight


@dataclass(slots=True)
class Plan:
    """Orders by number in the file's order, SKU → (product name, retail price), and refused orders with their
    reasons.
    """

    orders: dict[str, PlannedOrder] = field(default_factory=dict)
    products: dict[str, tuple[str, Decimal]] = field(default_factory=dict)
    dropped: dict[str, tuple[str, str]] = field(default_factory=dict)

    def outcome(self) -> Outcome:
        """Sum up all orders; refunds count as returns."""
        orders = self.orders.values()
        sales = sum((order.total for order in orders if not order.is_return), ZERO)
        returns = sum((order.total for order in orders if order.is_return), ZERO)
        refunds = sum((order.facts.refund for order in orders), ZERO)
        exact = sum((order.exact for order in orders), Decimal("0.0000"))
        return make_outcome(len(orders), sum(order.line_count for order in orders), sales, refunds - returns, exact)


def make_outcome(orders: int, lines: int, sales: Decimal, returns: Decimal, exact: Decimal) -> Outcome:
    """Return counts and sums as a job shows them. Returns are a positive number."""
    return Outcome(
        figures={
            "order_count": orders,
            "sales_amount": str(sales),
            "returns_amount": str(returns),
            "exact_amount": str(exact),
        },
        imported_rows=lines,
    )


def drop_unfit(collected: Collected, run: Run, *, is_history: bool, own: Collection[str] = ()) -> dict[str, int]:
    """Parse each order's fields and drop impossible orders. Returns the agents' ids by code.

    `own` are the orders that an earlier run of the same job has placed.
    """
    rules = rules_from(run.job.options)
    for number in find_imported(list(collected.orders), channel=run.job.channel) - set(own):
        collected.drop(run, number, "already_imported")
    for number, order in list(collected.orders.items()):
        try:
            if order.lines[0].facts:
                order.facts = read_facts([line.facts for line in order.lines], rules)
            order.facts = _settle(order, is_history=is_history)
            _ensure_sums(order)
        except FactsRefused as refusal:
            collected.drop(run, number, refusal.reason, refusal.column)
    for number in _find_odd_years(collected, run.now, rules, is_history=is_history):
        collected.drop(run, number, "year_out_of_range", "placed_at")
    codes = {order.facts.agent_code for order in collected.orders.values() if order.facts.agent_code}
    agents = get_ids_by_code(codes=codes) if codes else {}
    for number, order in list(collected.orders.items()):
        if order.facts.agent_code and order.facts.agent_code not in agents:
            collected.drop(run, number, "unknown_agent", "agent_code")
    return agents


def _settle(order: CollectedOrder, *, is_history: bool) -> OrderFacts:
    """Return the facts with the refund that the state implies. Raises FactsRefused if the mode cannot take them."""
    facts = order.facts
    total = order.total - facts.discount + facts.freight
    if facts.state == FileState.PAID and is_history:
        raise FactsRefused("order_not_finished", "order_state")
    if facts.state == FileState.REFUNDED and not facts.refund:
        facts = _with_refund(facts, total)
    elif facts.is_partly_refunded and not facts.refund:
        raise FactsRefused("refund_unknown", "refund_amount")
    if not is_history and (facts.refund or facts.state == FileState.REFUNDED):
        raise FactsRefused("order_refunded", "refund_amount" if order.facts.refund else "order_state")
    return facts


def _with_refund(facts: OrderFacts, refund: Decimal) -> OrderFacts:
    return OrderFacts.from_json({**facts.as_json(), "refund": str(max(refund, ZERO))})


def _ensure_sums(order: CollectedOrder) -> None:
    facts = order.facts
    if order.is_return and (facts.discount or facts.freight or facts.refund):
        raise FactsRefused("bad_amount", "freight" if facts.freight else "discount")
    if not order.is_return and facts.discount > order.total:
        raise FactsRefused("discount_too_large", "discount")
    total = order.total - facts.discount + facts.freight
    if abs(total) > MAX_MONEY or abs(order.total) > MAX_MONEY:
        raise FactsRefused("amount_out_of_range", "unit_price")
    if facts.refund > max(total, ZERO):
        raise FactsRefused("refund_too_large", "refund_amount")
    if len(order.lines) > MAX_LINES:
        raise FactsRefused("too_many_lines", "order_number")


def _find_odd_years(collected: Collected, now: datetime, rules: ChannelRules, *, is_history: bool) -> list[str]:
    """Return orders with an implausible year: new orders far from this year, past ones far from the file's."""
    years = sorted(order.placed_at.year for order in collected.orders.values())
    if not years:
        return []
    middle = years[len(years) // 2] if is_history else now.year
    first = middle - MAX_YEARS_OFF
    last = min(middle, now.year) + MAX_YEARS_OFF
    if is_history and rules.first_year:
        first = rules.first_year
        last = now.year + MAX_YEARS_OFF
    return [number for number, order in collected.orders.items() if not first <= order.placed_at.year <= last]


def make_plan(collected: Collected, agents: Mapping[str, int]) -> Plan:
    plan = Plan(dropped=collected.dropped)
    prices: dict[str, Decimal] = {}
    for number, order in collected.orders.items():
        exact = Decimal("0.0000")
        for line in order.lines:
            exact += line.quantity * line.unit_price
            # A gift at 0.00 says nothing of the price.
            prices[line.sku] = line.unit_price or prices.get(line.sku, ZERO)
        plan.orders[number] = PlannedOrder(
            order.is_return,
            order.placed_at,
            order.customer,
            len(order.lines),
            order.total,
            exact,
            order.facts,
            agents.get(order.facts.agent_code),
            _shares(order),
        )
    plan.products = {sku: (collected.product_name(sku), price) for sku, price in prices.items()}
    return plan


def refunded_freight(order: PlannedOrder) -> Decimal:
    """Return the part of the refund that exceeds the goods."""
    if not order.facts.refund:
        return ZERO
    return max(order.facts.refund - (order.goods - order.facts.discount), ZERO)


def _shares(order: CollectedOrder) -> tuple[tuple[Decimal, Decimal], ...]:
    facts = order.facts
    if not facts.discount and not facts.refund:
        return ()
    discounts = split(facts.discount, [line.amount for line in order.lines])
    goods = [line.amount - discount for line, discount in zip(order.lines, discounts, strict=True)]
    refunds = split(min(facts.refund, sum(goods, ZERO)), goods)
    return tuple(zip(discounts, refunds, strict=True))


def dump_plan(plan: Plan) -> bytes:
    orders = [
        [
            number,
            order.is_return,
            order.placed_at,
            order.customer,
            order.line_count,
            str(order.goods),
            str(order.exact),
            order.facts.as_json() if order.facts is not NO_FACTS else None,
            order.agent_id,
            [[str(discount), str(refund)] for discount, refund in order.shares],
        ]
        for number, order in plan.orders.items()
    ]
    products = [[sku, name, str(price)] for sku, (name, price) in plan.products.items()]
    return orjson.dumps({"orders": orders, "products": products, "dropped": plan.dropped})


def load_plan(stored: bytes) -> Plan:
    plain: Mapping[str, Any] = orjson.loads(stored)
    return Plan(
        orders=dict(_orders(plain["orders"])),
        products={sku: (label, Decimal(price)) for sku, label, price in plain["products"]},
        dropped={number: (reason, column) for number, (reason, column) in plain["dropped"].items()},
    )


def _orders(rows: Iterable[list[Any]]) -> Iterator[tuple[str, PlannedOrder]]:
    for number, is_return, placed_at, customer, line_count, goods, exact, facts, agent_id, shares in rows:
        yield (
            number,
            PlannedOrder(
                bool(is_return),
                datetime.fromisoformat(placed_at),
                customer,
                int(line_count),
                Decimal(goods),
                Decimal(exact),
                OrderFacts.from_json(facts) if facts else NO_FACTS,
                agent_id,
                tuple((Decimal(discount), Decimal(refund)) for discount, refund in shares),
            ),
        )


def find_imported(numbers: Iterable[str], *, channel: str) -> set[str]:
    found: set[str] = set()
    remaining = iter(numbers)
    while chunk := list(islice(remaining, NUMBERS_PER_QUERY)):
        known = Order.objects.filter(channel_id=channel, external_number__in=chunk)
        found.update(known.values_list("external_number", flat=True))
    return found
