"""Selling beyond stock: how far it may go, and how goods that arrive are shared out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from tenant_apps.inventory.states import OversellPolicy

UNLIMITED = 1_000_000


class Terms(Protocol):
    """Terms on which a SKU is sold beyond stock; `waiting` pieces were sold so and have not come."""

    oversell: str
    promised_on: date | None
    oversell_limit: int | None
    waiting: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """Pieces that may still be sold beyond stock, and the day that is promised."""

    kind: str
    promised_on: date
    left: int


def allow(terms: Terms, today: date) -> Allowance | None:
    """Return what may still be sold beyond stock; None where nothing may, or the promised day is past."""
    if terms.oversell == OversellPolicy.NONE or terms.promised_on is None or terms.promised_on < today:
        return None
    left = UNLIMITED if terms.oversell_limit is None else terms.oversell_limit - terms.waiting
    return Allowance(terms.oversell, terms.promised_on, max(left, 0))


def share_out(open_pieces: Sequence[tuple[int, int]], free: int) -> list[tuple[int, int]]:
    """Give `free` pieces to the waiting (id, pieces), the first ones first; return those who get some."""
    shared = []
    for pk, pieces in open_pieces:
        here = min(pieces, free)
        if here > 0:
            shared.append((pk, here))
            free -= here
    return shared
