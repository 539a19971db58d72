"""A field for a region of China: typed or pasted in words, or picked from three columns.

    region_code = RegionField(label=_("Region"), required=False)          # a province, city or district
    district_code = RegionField(label=_("District"), needs_district=True)

With `reads_pasted`, `console/addresses.js` puts a box above the form that fills it from a chat text.
`cleaned_data` holds the code of GB/T 2260. Without a script it is a text field; `console/regions.js` and its style,
which the consoles load on every page, add the columns.
"""

from functools import lru_cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from kernel.china import divisions
from kernel.http.downloads import send_constant
from kernel.http.rendering import to_json


class RegionInput(forms.TextInput):
    """A text field that offers the columns of provinces, cities and districts."""

    def __init__(self, *, needs_district: bool, reads_pasted: bool) -> None:
        reading = {
            "data-reads": reverse_lazy("read_address"),
            "data-paste-label": _("Paste the address"),
            "data-paste-hint": _("Name, phone and address from a chat: they are filled in below."),
        }
        super().__init__(
            attrs={
                **(reading if reads_pasted else {}),
                "autocomplete": "off",
                "placeholder": _("Province, city, district"),
                "data-regions": reverse_lazy("regions"),
                "data-whole": "true" if needs_district else "false",
                "data-pick": _("Choose"),
                "data-title": _("Choose a region"),
                "data-done": _("Use this region"),
                "data-cancel": _("Cancel"),
            }
        )


class RegionField(forms.CharField):
    """A region in words for the reader, its code in `cleaned_data`."""

    default_error_messages = {  # Django merges it over the base classes
        "unknown": _("No region of this name is known. Write it like 广东省 深圳市 南山区."),
        "ambiguous": _("There are several regions of this name: write the city before it."),
        "no_district": _("The district is missing. Write it like 广东省 深圳市 南山区."),
    }

    def __init__(self, *, needs_district: bool = False, reads_pasted: bool = False, **kwargs: Any) -> None:
        self.needs_district = needs_district
        widget = RegionInput(needs_district=needs_district, reads_pasted=reads_pasted)
        super().__init__(max_length=60, widget=widget, **kwargs)

    def prepare_value(self, value: object) -> object:
        text = str(value or "")
        return divisions.spell_region(text) or text

    def clean(self, value: object) -> str:
        text = super().clean(value)
        if not text:
            return ""
        found = divisions.find_regions(text)
        if not found:
            raise ValidationError(self.error_messages["unknown"], code="unknown")
        if self.needs_district:
            found = [code for code in found if len(code) == 6]
            if not found:
                raise ValidationError(self.error_messages["no_district"], code="no_district")
        widest = min(found, key=len)
        if not all(code.startswith(widest) for code in found):
            raise ValidationError(self.error_messages["ambiguous"], code="ambiguous")
        return widest

    def has_changed(self, initial: object, data: object) -> bool:
        try:
            return self.clean(data) != (initial or "")
        except ValidationError:
            return True


@lru_cache(maxsize=1)
def _columns() -> bytes:
    """Return [[province, [[city, [district, …]], …]], …] as JSON, rendered once per process."""
    tree: list[dict[str, Any]] = divisions.division_tree()
    columns = [
        [province["name"], [[city["name"], [one["name"] for one in city["districts"]]] for city in province["cities"]]]
        for province in tree
    ]
    return to_json(columns)


@require_safe
def show_columns(request: HttpRequest) -> HttpResponse:
    """Return the names of all regions. They are public and the same for every brand."""
    return send_constant(request, _columns(), content_type="application/json", cache_control="public, max-age=86400")
