"""What a dry run found, kept for the commit: orders with their sums, products with their names.

With it the commit can write the orders first and then let the lines flow from the file into the table as they are read,
so that Postgres works while the file is parsed. The file cannot change in between; the sums are compared all the same.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import islice

import orjson
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict
from kernel.core.money import ZERO
from kernel.files import storage as files
from tenant_apps.orders.models import Order
from tenant_apps.orders.services.imports.collecting import Collected

NUMBERS_PER_QUERY = 10_000


class PlanOutdated(Conflict):
    code = "import_plan_outdated"
    title = _("The dry run no longer fits the file; check it again")


@dataclass(frozen=True)
class Outcome:
    """What a commit (or a dry run) made of the file. Amounts in the brand's currency, returns as a positive number."""

    order_count: int
    imported_lines: int
    sales_amount: Decimal
    returns_amount: Decimal
    exact_amount: Decimal


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """An order to be. `total` sums its rounded lines, `exact` quantity × price; both are negative on returns."""

    is_return: bool
    placed_at: datetime
    customer: str
    line_count: int
    total: Decimal
    exact: Decimal


@dataclass(slots=True)
class Plan:
    """Orders by number in the file's order; SKU → (product name, last unit price)."""

    orders: dict[str, PlannedOrder] = field(default_factory=dict)
    products: dict[str, tuple[str, Decimal]] = field(default_factory=dict)

    def outcome(self) -> Outcome:
        """The sums over all its orders."""
        orders = self.orders.values()
        return Outcome(
            order_count=len(orders),
            imported_lines=sum(order.line_count for order in orders),
            sales_amount=sum((order.total for order in orders if not order.is_return), ZERO),
            returns_amount=-sum((order.total for order in orders if order.is_return), ZERO),
            exact_amount=sum((order.exact for order in orders), Decimal("0.0000")),
        )


def make_plan(collected: Collected) -> Plan:
    """The plan of what a pass over the file has collected."""
    plan = Plan()
    prices: dict[str, Decimal] = {}
    for number, order in collected.orders.items():
        exact = Decimal("0.0000")
        for line in order.lines:
            exact += line.quantity * line.unit_price
            prices[line.sku] = line.unit_price
        plan.orders[number] = PlannedOrder(
            order.is_return, order.placed_at, order.customer, len(order.lines), order.total, exact
        )
    plan.products = {sku: (collected.product_name(sku), price) for sku, price in prices.items()}
    return plan


def store_plan(plan: Plan) -> str:
    """Keep the plan among the brand's files; returns the name to store in the job."""
    orders = [
        [number, order.is_return, order.placed_at, order.customer, order.line_count, str(order.total), str(order.exact)]
        for number, order in plan.orders.items()
    ]
    products = [[sku, name, str(price)] for sku, (name, price) in plan.products.items()]
    content = File(io.BytesIO(orjson.dumps({"orders": orders, "products": products})))
    return files.store(content, folder="imports", suffix=".plan")


def load_plan(name: str) -> Plan:
    """The plan that was stored under `name`."""
    with files.open_file(name) as stream:
        stored: Mapping[str, list[list[str]]] = orjson.loads(stream.read())
    return Plan(
        orders=dict(_orders(stored["orders"])),
        products={sku: (label, Decimal(price)) for sku, label, price in stored["products"]},
    )


def _orders(rows: Iterable[list[str]]) -> Iterator[tuple[str, PlannedOrder]]:
    for number, is_return, placed_at, customer, line_count, total, exact in rows:
        moment = datetime.fromisoformat(placed_at)
        yield number, PlannedOrder(bool(is_return), moment, customer, int(line_count), Decimal(total), Decimal(exact))


def find_imported(numbers: Iterable[str], *, channel: str) -> set[str]:
    """Which of the order numbers the channel has already."""
    found: set[str] = set()
    remaining = iter(numbers)
    while chunk := list(islice(remaining, NUMBERS_PER_QUERY)):
        known = Order.objects.filter(channel_id=channel, external_number__in=chunk)
        found.update(known.values_list("external_number", flat=True))
    return found
