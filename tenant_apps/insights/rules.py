"""Arithmetic of figures, free of the database."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal


def change_in_percent(*, now: Decimal | int, before: Decimal | int) -> Decimal | None:
    """By how many per cent a figure grew, with one decimal; None where there was nothing to compare with."""
    if before <= 0:
        return None
    return ((Decimal(now) - before) * 100 / before).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def total(amounts: Sequence[Decimal]) -> Decimal:
    """Sum of money, 0.00 for none."""
    return sum(amounts, Decimal("0.00"))
