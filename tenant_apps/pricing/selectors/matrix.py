"""Read the matrix of variants × levels: the price of one piece."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tenant_apps.pricing.selectors.resolver import ResolvedPrice, resolve_list
from tenant_apps.pricing.states import PriceSource


@dataclass(frozen=True, slots=True)
class Cell:
    """A level's price of one piece, and the price set for it; None where a discount or the retail price decides."""

    level_id: int
    resolved: ResolvedPrice
    own: Decimal | None


def list_cells(*, level_ids: Sequence[int], variant_ids: Sequence[int], as_of: datetime) -> dict[int, list[Cell]]:
    """Map variant id to its cells in the order of the levels; one query for each level."""
    prices = resolve_list(variant_ids=variant_ids, level_ids=level_ids, as_of=as_of)
    return {
        variant_id: [_cell(level_id, prices[level_id][variant_id]) for level_id in level_ids]
        for variant_id in variant_ids
    }


def _cell(level_id: int, price: ResolvedPrice) -> Cell:
    return Cell(level_id, price, price.price if price.source == PriceSource.LEVEL_PRICE else None)
