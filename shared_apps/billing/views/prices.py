"""How billing's pages write amounts of money."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from django.utils.formats import number_format

_SIGNS: Final[Mapping[str, str]] = {"CNY": "¥", "USD": "$", "EUR": "€", "HKD": "HK$"}


def price(amount: Decimal, currency: str) -> str:
    """`¥3,600`, with cents only where there are any; a credit is written `−¥12.30`."""
    places = 0 if amount == amount.to_integral_value() else 2
    digits = number_format(abs(amount), decimal_pos=places, use_l10n=True, force_grouping=True)
    sign = _SIGNS.get(currency.upper(), f"{currency.upper()} ")
    return f"{'−' if amount < 0 else ''}{sign}{digits}"
