"""Proportions as people write them, 10 % and 4 折, where the database keeps fractions such as 0.1.

Every form of a console shows a `RateField` as percent by itself; a price's discount names `DiscountField`.
"""

import re
import unicodedata
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

PERCENT_PLACES: Final = 4
# "85折" is written for 8.5 折, since nobody pays 850 %.
_DISCOUNT: Final = re.compile(r"(?P<number>\d{1,3}(\.\d{1,5})?)\s*(?P<unit>折|%?)")


def plain(number: Decimal) -> str:
    """Write a number without trailing zeros and never with an exponent."""
    return f"{number.normalize():f}"


def percent_text(rate: Decimal) -> str:
    """Write a fraction as "10 %"."""
    return f"{plain(rate * 100)} %"


def discount_text(rate: Decimal) -> str:
    """Write the share of a price that is paid: "4 折" in Chinese, "40 %" elsewhere."""
    if (get_language() or "").startswith("zh"):
        return f"{plain(rate * 10)} 折"
    return percent_text(rate)


def percent_input() -> forms.TextInput:
    """Return the consoles' text field with a percent sign behind it."""
    from unfold.widgets import UnfoldAdminTextInputWidget

    widget: forms.TextInput = UnfoldAdminTextInputWidget(attrs={"suffix": "%", "inputmode": "decimal"})
    return widget


class PercentField(forms.DecimalField):
    """Percent for the reader ("10", "10 %", "１０％"), a fraction in `cleaned_data` (0.1). Bounds are percent."""

    widget = forms.TextInput  # a number field takes no percent sign

    def __init__(self, **kwargs: Any) -> None:
        bounds = {"min_value": 0, "max_value": 100, "max_digits": 7, "decimal_places": PERCENT_PLACES}
        super().__init__(**{**bounds, **kwargs})

    def prepare_value(self, value: object) -> object:
        return plain(value * 100) if isinstance(value, Decimal) else value

    def to_python(self, value: object) -> Any:
        if isinstance(value, str):
            value = unicodedata.normalize("NFKC", value).strip().removesuffix("%").rstrip()
        return super().to_python(value)

    def clean(self, value: object) -> Decimal | None:
        percent: Decimal | None = super().clean(value)
        return None if percent is None else percent / 100

    def has_changed(self, initial: object, data: object) -> bool:
        return super().has_changed(initial * 100 if isinstance(initial, Decimal) else initial, data)


class DiscountField(forms.CharField):
    """Share of a price that is paid: "4 折", "85折" or "40 %" for the reader, a fraction in `cleaned_data` (0.4).

    A number below ten without a unit is refused: 4 could mean 4 折 or 4 %.
    """

    default_error_messages = {  # Django merges it over the base classes
        "ambiguous": _("Write 4 折 or 40 %: without a unit this could mean either."),
        "invalid": _("Write the share that is paid, such as 8.5 折 or 85 %."),
        "range": _("The share that is paid lies above 0 and is at most 100 % (10 折)."),
    }

    def prepare_value(self, value: object) -> object:
        return discount_text(value) if isinstance(value, Decimal) else value

    def clean(self, value: object) -> Decimal | None:
        text = unicodedata.normalize("NFKC", super().clean(value)).strip()
        if not text:
            return None
        found = _DISCOUNT.fullmatch(text)
        if found is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        number, unit = Decimal(found["number"]), found["unit"]
        if not unit and number < 10:
            raise ValidationError(self.error_messages["ambiguous"], code="ambiguous")
        rate = number / 10 if unit == "折" and number <= 10 else number / 100
        if not 0 < rate <= 1:
            raise ValidationError(self.error_messages["range"], code="range")
        return rate

    def has_changed(self, initial: object, data: object) -> bool:
        try:
            return bool(self.clean(data) != initial)
        except ValidationError:
            return True
