"""Pure rules of prices."""

from collections.abc import Hashable, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

# The moment of prices that always held: rows need one, since a null would make two of them possible.
FROM_THE_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)

MAX_QUANTITY: Final = 1_000_000
_CENT: Final = Decimal("0.01")
_MAX_PRICE: Final = Decimal("9999999999.99")  # what the unit price of an order's line holds


def is_valid_price(price: Decimal) -> bool:
    """Money that is not negative, has at most two decimals and fits the column."""
    return price.is_finite() and 0 <= price <= _MAX_PRICE and price == price.quantize(_CENT)


def find_repeats(keys: Sequence[Hashable]) -> list[int]:
    """Return the places of keys that stood earlier in the sequence already."""
    seen: set[Hashable] = set()
    repeats = []
    for place, key in enumerate(keys):
        if key in seen:
            repeats.append(place)
        seen.add(key)
    return repeats


def is_valid_quantity(pieces: int) -> bool:
    """Tell whether it may be a quantity break, a minimum or a step."""
    return 1 <= pieces <= MAX_QUANTITY


def is_whole_lot(quantity: int, *, minimum: int, step: int) -> bool:
    """Tell whether the pieces are at least the minimum, and the rest whole steps: 12, 18, 24 … for 12 and 6."""
    return quantity >= minimum and (quantity - minimum) % step == 0


def change_in_percent(old: Decimal, new: Decimal) -> Decimal | None:
    """Return a price's change in per cent, one decimal; None where there was nothing before."""
    return ((new - old) * 100 / old).quantize(Decimal("0.1"), ROUND_HALF_UP) if old else None
