"""Write amounts of money for people, with the sign of their currency."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.utils.formats import number_format

from kernel.core.money import brand_currency

_SIGNS: Final[Mapping[str, str]] = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "TWD": "NT$"}


def format_money(value: Decimal | int, currency: str = "", *, places: int | None = 2) -> str:
    """Return `¥3,600.00` in the reader's way; without `currency` the current brand's. A credit is written `−¥12.30`.

    With `places=None` cents are written only where there are any.
    """
    code = (currency or brand_currency()).upper()
    if places is None:
        places = 0 if value == int(value) else 2
    amount = abs(Decimal(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    digits = number_format(amount, decimal_pos=places, use_l10n=True, force_grouping=True)
    return f"{'−' if value < 0 else ''}{_SIGNS.get(code, f'{code} ')}{digits}"
