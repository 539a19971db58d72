"""Money: Decimals with two places, one rounding function, splits that preserve the sum.

A brand has one currency, so an amount is a bare Decimal. Rates (0.130000) and unit prices (four places) are not money:
they are multiplied first and rounded once.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from django.db import models

from kernel.tenancy.context import current_brand

DEFAULT_CURRENCY = "CNY"
ZERO = Decimal("0.00")
CENT = Decimal("0.01")
MAX_MONEY = Decimal("999999999999.99")


def _exact(value: Decimal | int) -> Decimal:
    """Return the number as a Decimal. Raises TypeError for floats, which are inexact."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise TypeError(f"money is Decimal, not {type(value).__name__}")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError("money must be a finite number")
    return number


def brand_currency() -> str:
    """Return the current brand's currency (ISO 4217); CNY on the public schema."""
    return getattr(current_brand(), "currency", "") or DEFAULT_CURRENCY


def round_money(value: Decimal | int) -> Decimal:
    """Round to two places, halves away from zero (as Chinese invoices do): 0.125 → 0.13, −0.125 → −0.13."""
    rounded = _exact(value).quantize(CENT, rounding=ROUND_HALF_UP)
    return rounded if rounded else ZERO  # no "-0.00" on any document


def split(total: Decimal | int, weights: Sequence[Decimal | int]) -> list[Decimal]:
    """Split `total` (two places) by `weights` (≥ 0) so that the parts add up to it exactly: largest remainder.

    Each part differs from its exact share by less than one cent; of equal remainders the earlier part gets the cent;
    weights that are all zero split evenly. Raises ValueError for no weights, negative weights, or a total finer than
    a cent.
    """
    amount = _exact(total)
    shares = [_exact(weight) for weight in weights]
    if not shares:
        raise ValueError("nothing to split over")
    if any(share < 0 for share in shares):
        raise ValueError("weights must not be negative")
    if amount != amount.quantize(CENT):
        raise ValueError("the total must be whole cents")
    whole = sum(shares, Decimal(0))
    if not whole:
        shares, whole = [Decimal(1)] * len(shares), Decimal(len(shares))
    return _largest_remainder(amount, _as_integers(shares))


def _as_integers(shares: list[Decimal]) -> list[int]:
    """Scale to integers, which makes the division exact regardless of the context's precision."""
    finest = min(int(share.as_tuple().exponent) for share in shares)
    scale = -min(finest, 0)
    return [int(share.scaleb(scale)) for share in shares]


def _largest_remainder(amount: Decimal, weights: list[int]) -> list[Decimal]:
    cents = int(abs(amount).scaleb(2))
    sign = -1 if amount < 0 else 1
    whole = sum(weights)
    floors = []
    remainders = []
    for weight in weights:
        floor, remainder = divmod(cents * weight, whole)
        floors.append(floor)
        remainders.append(remainder)
    missing = cents - sum(floors)
    for index in sorted(range(len(weights)), key=lambda position: (-remainders[position], position))[:missing]:
        floors[index] += 1
    return [Decimal(sign * part).scaleb(-2) if part else ZERO for part in floors]


if TYPE_CHECKING:
    _DecimalField = models.DecimalField[Any, Any]
else:  # Django's fields are generic in their stubs only
    _DecimalField = models.DecimalField


class _FixedDecimalField(_DecimalField):
    """A DecimalField with fixed digits and places."""

    digits = 14
    places = 2

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"] = self.digits
        kwargs["decimal_places"] = self.places
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> Decimal | None:
        if isinstance(value, float):
            raise TypeError(f"{self.name or 'amount'}: floats are not money")
        number: Decimal | None = super().to_python(value)
        return number


class MoneyField(_FixedDecimalField):
    """An amount of the brand's currency: numeric(14, 2)."""


class UnitPriceField(_FixedDecimalField):
    """The price or cost of one unit, finer than money: numeric(14, 4)."""

    places = 4


class RateField(_FixedDecimalField):
    """A proportion such as 0.130000: numeric(9, 6)."""

    digits = 9
    places = 6
