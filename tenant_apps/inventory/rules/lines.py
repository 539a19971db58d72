"""Pure arithmetic of stock."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kernel.core import money
from kernel.core.errors import Conflict, FieldError, Invalid
from tenant_apps.inventory.rules.batches import BatchSpec


class InsufficientStock(Conflict):
    """Fewer pieces are available than were requested; `errors` lists every line with the available quantity."""

    code = "insufficient_stock"
    title = _("Not enough in stock")


class CostUnknown(Invalid):
    """Goods that never had a value were found without telling their cost; `errors` names each line."""

    code = "cost_unknown"
    title = _("The cost of found goods is not known")


class BelowReserved(Conflict):
    code = "below_reserved"
    title = _("More is reserved than would be left")


@dataclass(frozen=True, slots=True)
class StockLine:
    """A quantity (≥ 1) of one variant."""

    variant_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A quantity (≥ 1) of one variant received at `unit_cost` (four places) each, of one batch where it keeps any."""

    variant_id: int
    quantity: int
    unit_cost: Decimal
    batch: BatchSpec | None = None

    @property
    def cost(self) -> Decimal:
        return money.round_money(self.unit_cost * self.quantity)


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """A quantity (≥ 1) of one variant returned, with a total `cost`."""

    variant_id: int
    quantity: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class AdjustmentLine:
    """A correction of one variant by `change` pieces: positive for a surplus.

    `unit_cost` is that of found pieces of which the books know no cost yet; elsewhere the books' own cost counts, and
    another one is refused.
    """

    variant_id: int
    change: int
    unit_cost: Decimal | None = None


def cost_of(*, value: Decimal, on_hand: int, quantity: int) -> Decimal:
    """Return the cost of `quantity` of `on_hand` pieces worth `value` at moving average; the last pieces take the
    remainder.
    """
    if quantity >= on_hand:
        return value
    return money.round_money(value * quantity / on_hand)


def average_cost(*, value: Decimal, on_hand: int, quantity: int) -> Decimal:
    """Return the cost of `quantity` further pieces at the average of those on hand; 0.00 when there are none."""
    return money.round_money(value * quantity / on_hand) if on_hand else money.ZERO


def total_by_variant(lines: Sequence[StockLine]) -> dict[int, int]:
    """Sum quantities by variant, in variant order: the global order of row locks."""
    totals: dict[int, int] = {}
    for line in lines:
        totals[line.variant_id] = totals.get(line.variant_id, 0) + line.quantity
    return dict(sorted(totals.items()))


def ensure_available(lines: Sequence[StockLine], available: Mapping[int, int]) -> None:
    """Raise InsufficientStock with an error for each line that exceeds its variant's available pieces."""
    totals = total_by_variant(lines)
    errors = []
    for index, line in enumerate(lines):
        left = available.get(line.variant_id, 0)
        if totals[line.variant_id] > left:
            detail = _("Only %(available)d available") % {"available": left}
            errors.append(FieldError(f"lines.{index}.quantity", InsufficientStock.code, detail))
    if errors:
        raise InsufficientStock(errors=errors)


def costs_of_found(
    lines: Sequence[AdjustmentLine], valued: Collection[int], known: Mapping[int, Decimal]
) -> dict[int, Decimal]:
    """Map the variants found that are not `valued` on hand to the cost of a piece: the last known one, else the line's.

    Raises CostUnknown with an error for each line that has to tell a cost, or tells one that would not count.
    """
    costs = {}
    errors = []
    for index, line in enumerate(lines):
        field = f"lines.{index}.unit_cost"
        asks = line.change > 0 and line.variant_id not in valued and line.variant_id not in known
        if asks and line.unit_cost is None:
            detail = _("These goods never had a value: enter what a piece cost.")
            errors.append(FieldError(field, CostUnknown.code, detail))
        elif line.unit_cost is not None and not asks:
            detail = _("The books know the cost of these goods: leave this empty.")
            errors.append(FieldError(field, "cost_known", detail))
        elif line.change > 0 and line.variant_id not in valued:
            costs[line.variant_id] = known[line.variant_id] if line.unit_cost is None else line.unit_cost
    if errors:
        raise CostUnknown(errors=errors)
    return costs


def ensure_not_below_reserved(lines: Sequence[AdjustmentLine], available: Mapping[int, int]) -> None:
    """Raise BelowReserved with an error for each line that would remove reserved or missing pieces."""
    errors = []
    for index, line in enumerate(lines):
        left = available.get(line.variant_id, 0)
        if left + line.change < 0:
            detail = _("Only %(available)d are not reserved") % {"available": left}
            errors.append(FieldError(f"lines.{index}.change", BelowReserved.code, detail))
    if errors:
        raise BelowReserved(errors=errors)
