"""Choose the batches that goods leave from: first expired, first out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict


class GoodsExpired(Conflict):
    code = "goods_expired"
    title = _("What is left of these goods has expired: correct the stock, or move them away")


class Leaving(Enum):
    """Goods that may leave: for sale nothing that expired, on a way elsewhere that last, and as a loss that first."""

    FRESH_ONLY = 1
    FRESH_FIRST = 2
    EXPIRED_FIRST = 3


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """A batch as the delivery note names it."""

    code: str
    produced_on: date | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class BatchOnHand:
    """Pieces of a batch in one warehouse; a batch without a date never expires."""

    batch_id: int
    pieces: int
    expires_on: date | None


def is_expired(expires_on: date | None, today: date) -> bool:
    """Tell whether the last day of use is over."""
    return expires_on is not None and expires_on < today


def pick_batches(
    pieces: int, batches: Sequence[BatchOnHand], *, leaving: Leaving, today: date
) -> list[tuple[int, int]]:
    """Return (batch, pieces) for `pieces` that leave. Raises GoodsExpired where the batches do not suffice."""

    def rank(one: BatchOnHand) -> tuple[bool, date, int]:
        over = is_expired(one.expires_on, today)
        return over and leaving is not Leaving.EXPIRED_FIRST, one.expires_on or date.max, one.batch_id

    picked = []
    left = pieces
    for one in sorted(batches, key=rank):
        if leaving is Leaving.FRESH_ONLY and is_expired(one.expires_on, today):
            continue
        taken = min(left, one.pieces)
        if taken > 0:
            picked.append((one.batch_id, taken))
            left -= taken
    if left:
        raise GoodsExpired
    return picked
