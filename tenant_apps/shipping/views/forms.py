"""Forms of freight: regions in words, prices, zones."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from console.brand_pages import DressedForm
from kernel.china import divisions
from tenant_apps.shipping.rules.freight.templates import MAX_COUNT, Charge, ChargeValues, ZoneValues
from tenant_apps.shipping.services.freight_templates import NewZone
from tenant_apps.shipping.states import ChargeBy

_BETWEEN: Final = re.compile(r"[、,，;；\n]+")
MAX_WORDS: Final = 4_000
_PRICES: Final = ("first", "first_price", "step", "step_price")


class RegionsField(forms.CharField):
    """Regions and names of groups in words, parted by 、: codes and groups in `cleaned_data`."""

    default_error_messages = {  # Django merges it over the base classes
        "unknown": _("No region or group is called “%(word)s”."),
        "ambiguous": _("“%(word)s” is several regions: write the city before it."),
    }

    widget = forms.Textarea(attrs={"rows": 2})
    groups: frozenset[str] = frozenset()

    def clean(self, value: object) -> tuple[list[str], list[str]]:
        words = [word.strip() for word in _BETWEEN.split(super().clean(value)) if word.strip()]
        groups = [word for word in words if word in self.groups]
        return [self._code(word) for word in words if word not in self.groups], groups

    def _code(self, word: str) -> str:
        found = divisions.find_regions(word)
        if not found:
            raise ValidationError(self.error_messages["unknown"], code="unknown", params={"word": word})
        widest = min(found, key=len)
        if len(widest) == 2:
            return widest  # 海南 is the province, though a district and a prefecture are called so as well
        if not all(code.startswith(widest) for code in found):
            raise ValidationError(self.error_messages["ambiguous"], code="ambiguous", params={"word": word})
        return widest


def spell_regions(codes: Sequence[str], groups: Sequence[str]) -> str:
    """Return what RegionsField reads."""
    return "、".join([*groups, *(divisions.spell_region(code) for code in codes)])


class ChargeForm(DressedForm):
    """Prices of a zone or of everywhere else. Empty prices mean that nothing is delivered there."""

    first = forms.IntegerField(label=_("First (pieces or g)"), min_value=1, max_value=MAX_COUNT, required=False)
    first_price = forms.DecimalField(
        label=_("First price"), min_value=0, max_digits=14, decimal_places=2, required=False
    )
    step = forms.IntegerField(label=_("Each further (pieces or g)"), min_value=1, max_value=MAX_COUNT, required=False)
    step_price = forms.DecimalField(
        label=_("Further price"), min_value=0, max_digits=14, decimal_places=2, required=False
    )
    free_amount = forms.DecimalField(
        label=_("Free from (money)"), min_value=0, max_digits=14, decimal_places=2, required=False
    )
    free_pieces = forms.IntegerField(label=_("Free from (pieces)"), min_value=1, max_value=MAX_COUNT, required=False)
    is_served = forms.BooleanField(label=_("Delivered to"), required=False, initial=True)

    def clean(self) -> dict[str, object]:
        """Prices are given whole, and only where something is delivered."""
        filled = super().clean() or {}
        if not self.is_asked():
            return filled
        given = [name for name in (*_PRICES, "free_amount", "free_pieces") if filled.get(name) is not None]
        if filled.get("is_served"):
            for name in _PRICES:
                if filled.get(name) is None and name not in self.errors:
                    self.add_error(name, ValidationError(_("This price is missing."), code="required"))
        elif given:
            self.add_error(
                given[0], ValidationError(_("Nothing is delivered here, so there is no price."), code="extra")
            )
        return filled

    def is_asked(self) -> bool:
        return True

    def charge(self) -> Charge | None:
        filled = self.cleaned_data
        if not filled["is_served"]:
            return None
        return Charge(
            first=filled["first"],
            first_price=Decimal(filled["first_price"]),
            step=filled["step"],
            step_price=Decimal(filled["step_price"]),
            free_amount=filled["free_amount"],
            free_pieces=filled["free_pieces"],
        )


class TemplateForm(DressedForm):
    """Name and kind of a template."""

    name = forms.CharField(label=_("name"), max_length=60)
    charge_by = forms.ChoiceField(label=_("charged"), choices=ChargeBy.choices)
    is_default = forms.BooleanField(label=_("for goods that name no template"), required=False)


class ZoneForm(ChargeForm):
    """A zone; one without regions and prices is left out."""

    field_order = ("regions", "is_served")
    regions = RegionsField(
        label=_("Regions"),
        max_length=MAX_WORDS,
        required=False,
        help_text=_("Provinces, cities, districts or region groups, parted by 、: 新疆、西藏、广东省深圳市"),
    )

    def __init__(self, *args: object, groups: Sequence[str] = (), **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["regions"]
        if isinstance(field, RegionsField):
            field.groups = frozenset(groups)

    def is_asked(self) -> bool:
        filled = self.cleaned_data
        has_prices = any(filled.get(name) is not None for name in _PRICES)
        return has_prices or any(filled.get("regions") or ())

    def clean(self) -> dict[str, object]:
        filled = super().clean()
        if self.is_asked() and not any(self.cleaned_data.get("regions") or ()) and "regions" not in self.errors:
            self.add_error("regions", ValidationError(_("A zone names at least one region."), code="no_region"))
        return filled

    def zone(self) -> NewZone:
        regions, groups = self.cleaned_data["regions"]
        return NewZone(tuple(regions), tuple(groups), self.charge())


ZoneFormSet = forms.formset_factory(ZoneForm, extra=3, max_num=60, absolute_max=60, validate_max=True)


class GroupForm(DressedForm):
    """A region group; one without a name and regions is left out."""

    name = forms.CharField(label=_("name"), max_length=30, required=False)
    regions = RegionsField(label=_("Regions"), max_length=MAX_WORDS, required=False)

    def clean(self) -> dict[str, object]:
        filled = super().clean() or {}
        has_regions = any(self.cleaned_data.get("regions") or ())
        if bool(filled.get("name")) != has_regions and not self.errors:
            missing = "name" if has_regions else "regions"
            self.add_error(missing, ValidationError(_("A group has a name and regions."), code="required"))
        return filled


GroupFormSet = forms.formset_factory(GroupForm, extra=3, max_num=30, absolute_max=30, validate_max=True)


def charge_initial(values: ChargeValues | ZoneValues | Mapping[str, object] | None) -> dict[str, object]:
    """Return a ChargeForm's initial values of stored prices."""
    if values is None or not values.get("is_served", True):
        return {"is_served": False}
    return {name: values.get(name) for name in (*_PRICES, "free_amount", "free_pieces")} | {"is_served": True}
