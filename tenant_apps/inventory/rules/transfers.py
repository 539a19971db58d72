"""Suggest transfers: from where there is more than enough to where there is too little."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StockFacts:
    """Stock of a variant in a warehouse that sells.

    `available` is without what drafts of transfers will take; `projected` with what is on its way or drafted to come.
    """

    variant_id: int
    warehouse_id: int
    available: int
    projected: int
    threshold: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Pieces (≥ 1) to bring from one warehouse to another."""

    variant_id: int
    origin_id: int
    target_id: int
    quantity: int


def suggest_transfers(rows: Sequence[StockFacts]) -> list[Suggestion]:
    """Fill each row below its threshold up to it from those above theirs, the fullest first; by route and variant.

    A warehouse gives no more than what it has above its own threshold, to all together.
    """
    surplus = {
        (row.variant_id, row.warehouse_id): row.available - row.threshold
        for row in rows
        if row.available > row.threshold
    }
    suggested = []
    short = [row for row in rows if row.projected < row.threshold]
    for row in sorted(short, key=lambda one: (one.variant_id, one.projected - one.threshold, one.warehouse_id)):
        missing = row.threshold - row.projected
        givers = [key for key in surplus if key[0] == row.variant_id and key[1] != row.warehouse_id]
        for key in sorted(givers, key=lambda one: (-surplus[one], one[1])):
            pieces = min(missing, surplus[key])
            if pieces > 0:
                surplus[key] -= pieces
                missing -= pieces
                suggested.append(Suggestion(row.variant_id, key[1], row.warehouse_id, pieces))
    return sorted(suggested, key=lambda one: (one.origin_id, one.target_id, one.variant_id))
