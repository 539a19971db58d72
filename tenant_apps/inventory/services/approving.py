"""Approve a stocktake: post what was counted otherwise than booked, once, through the adjustment of stock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import DomainError, FieldError, Invalid
from tenant_apps.inventory.models import Stock, Stocktake, StocktakeLine
from tenant_apps.inventory.selectors.stocktakes import list_lines
from tenant_apps.inventory.services.stock import AdjustmentLine, BelowReserved, CostUnknown, adjust
from tenant_apps.inventory.services.stocktakes import facts_of, lock_stocktake, move_on
from tenant_apps.inventory.states import StocktakeState, Uncounted

DOCUMENT = "stocktake"


class InvalidApproval(Invalid):
    """A difference has no reason, or something was said about goods that have no difference; `errors` names each."""

    code = "invalid_approval"
    title = _("The differences cannot be posted like this")


@dataclass(frozen=True, slots=True)
class LineDecision:
    """Words on one difference: its own `reason` (blank: the common one), and what a found piece cost if unknown."""

    sku: str
    reason: str = ""
    unit_cost: Decimal | None = None


@transaction.atomic
def approve_stocktake(
    *, stocktake_id: int, uncounted: Uncounted, reason: str, decisions: Sequence[LineDecision] = (), now: datetime
) -> Stocktake:
    """Post the differences of a counted stocktake, each with a reason. Posts Dr 1901, Cr 1405 for what is missing.

    A difference is what was counted less what the books said then: the snapshot and what moved until the count. Goods
    that nobody counted stay as booked, or go to 0 if `uncounted` says so.

    Raises StocktakeNotFound, IllegalTransition, InvalidApproval, BelowReserved and CostUnknown with errors `lines.SKU`.
    """
    stocktake = lock_stocktake(stocktake_id)
    move_on(stocktake, StocktakeState.APPROVED, closed_at=now)
    lines = list(list_lines(stocktake_id=stocktake_id).order_by("variant_id"))
    _set_differences(stocktake, lines, uncounted)
    differing = [line for line in lines if line.difference]
    costs = _read_decisions(differing, reason.strip(), decisions)
    if differing:
        _post(stocktake, differing, costs, now)
    StocktakeLine.objects.bulk_update(lines, ["difference", "reason"], batch_size=1_000)
    stocktake.lines.update(is_open=False)
    facts = facts_of(
        stocktake, lines=len(differing), pieces=sum(line.difference or 0 for line in differing), reason=reason.strip()
    )
    audit.record(action="inventory.approve_stocktake", subject=f"stocktake:{stocktake.pk}", after=facts)
    return stocktake


def _set_differences(stocktake: Stocktake, lines: Sequence[StocktakeLine], uncounted: Uncounted) -> None:
    rows = Stock.objects.lock_pairs([line.variant_id for line in lines], [stocktake.warehouse_id])
    for line in lines:
        if line.found is not None:
            line.difference = line.found
        elif uncounted is Uncounted.ZERO:
            line.difference = -rows[line.variant_id, stocktake.warehouse_id].on_hand


def _read_decisions(
    differing: Sequence[StocktakeLine], reason: str, decisions: Sequence[LineDecision]
) -> Mapping[int, Decimal | None]:
    """Put a reason on every line; return what people said that pieces cost, by variant."""
    by_sku = {line.variant.sku: line for line in differing}
    costs: dict[int, Decimal | None] = {}
    errors = []
    for index, said in enumerate(decisions):
        line = by_sku.get(said.sku.strip().upper())
        if line is None or line.variant_id in costs:
            detail = _("No difference of %(sku)s is left to decide on") % {"sku": said.sku}
            errors.append(FieldError(f"lines.{index}.sku", "no_difference", detail))
        else:
            line.reason = said.reason.strip()
            costs[line.variant_id] = said.unit_cost
    for line in differing:
        line.reason = line.reason or reason
        if not line.reason:
            detail = _("%(sku)s: enter a reason, here or for all") % {"sku": line.variant.sku}
            errors.append(FieldError(f"lines.{line.variant.sku}.reason", "reason_missing", detail))
    if errors:
        raise InvalidApproval(errors=errors)
    return costs


def _post(
    stocktake: Stocktake, differing: Sequence[StocktakeLine], costs: Mapping[int, Decimal | None], now: datetime
) -> None:
    changes = [AdjustmentLine(line.variant_id, line.difference or 0, costs.get(line.variant_id)) for line in differing]
    memo = gettext("Stocktake %(number)s") % {"number": stocktake.number}
    place = stocktake.warehouse_id
    try:
        adjust(lines=changes, reference=str(stocktake.pk), reason=memo, warehouse_id=place, kind=DOCUMENT, now=now)
    except (BelowReserved, CostUnknown) as refusal:
        raise _by_sku(refusal, differing) from refusal


def _by_sku(refusal: DomainError, differing: Sequence[StocktakeLine]) -> DomainError:
    """Return the refusal with its lines named by SKU: nobody sees the adjustment's lines by number."""
    errors = []
    for error in refusal.errors:
        _lines, place, field = error.field.split(".")
        sku = differing[int(place)].variant.sku
        errors.append(FieldError(f"lines.{sku}.{field}", error.code, f"{sku}: {error.detail}"))
    return type(refusal)(errors=errors)
