"""Read what a stocktake found otherwise than booked, and what it is worth."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from kernel.core import money
from kernel.core.money import ZERO
from tenant_apps.inventory.models import Stock, StockMovement, StocktakeLine
from tenant_apps.inventory.rules.lines import average_cost, cost_of
from tenant_apps.inventory.selectors.stocktakes import list_lines


@dataclass(frozen=True, slots=True)
class Difference:
    """Pieces found more (> 0) or fewer than booked; `value` is what was posted, or would be as stock is now.

    `needs_cost` tells that pieces were found of which the books know no cost.
    """

    line: StocktakeLine
    pieces: int
    value: Decimal
    needs_cost: bool = False


def list_differences(*, stocktake_id: int) -> list[Difference]:
    """List the differences of counted lines, those of the greatest value first. Raises StocktakeNotFound."""
    lines = list(list_lines(stocktake_id=stocktake_id))
    found = [(line, line.found if line.difference is None else line.difference) for line in lines]
    differing = [(line, pieces) for line, pieces in found if pieces]
    posted = _posted_values(stocktake_id)
    ids = [line.variant_id for line, _pieces in differing]
    rows = {(row.variant_id, row.warehouse_id): row for row in Stock.objects.filter(variant_id__in=ids).order_by("id")}
    known = Stock.objects.last_unit_costs(ids)
    result = []
    for line, pieces in differing:
        row = rows.get((line.variant_id, line.warehouse_id))
        value = _value(row, pieces, known.get(line.variant_id))
        is_unknown = value is None and line.difference is None
        result.append(Difference(line, pieces, posted.get(line.variant_id, value or ZERO), is_unknown))
    return sorted(result, key=lambda one: (-abs(one.value), one.line.variant.sku))


def _posted_values(stocktake_id: int) -> dict[int, Decimal]:
    moved = StockMovement.objects.filter(source=f"stocktake:{stocktake_id}").order_by()
    rows = moved.values("variant_id").annotate(total=Sum("value"))
    return {row["variant_id"]: row["total"] for row in rows}


def _value(row: Stock | None, pieces: int, known: Decimal | None) -> Decimal | None:
    """Return what the adjustment would post; None for found pieces of which no cost is known."""
    on_hand = row.on_hand if row else 0
    value = row.value if row else ZERO
    if pieces < 0:
        return -cost_of(value=value, on_hand=on_hand, quantity=-pieces)
    if on_hand and (value or known is not None):
        return average_cost(value=value, on_hand=on_hand, quantity=pieces)
    return None if known is None else money.round_money(known * pieces)


def total_value(found: Iterable[Difference]) -> Decimal:
    """Add up what the differences are worth."""
    return sum((one.value for one in found), ZERO)
