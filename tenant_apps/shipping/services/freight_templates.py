"""Save and delete freight templates; decide how they are combined and which regions form a group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, FieldError, Invalid
from kernel.core.integrity import refine_integrity_error
from tenant_apps.shipping.models import FreightTemplate, ShippingSettings
from tenant_apps.shipping.rules.freight.templates import (
    MAX_GROUPS,
    MAX_ZONES,
    Charge,
    GroupValues,
    ZoneValues,
    find_charge_faults,
    find_zone_faults,
    write_charge,
)
from tenant_apps.shipping.selectors.freight import FreightSettings, get_freight_settings, get_template
from tenant_apps.shipping.states import ChargeBy, Combining

MAX_TEMPLATES: Final = 200


class InvalidFreightTemplate(Invalid):
    code = "invalid_freight_template"
    title = _("The freight template breaks a rule")


class DuplicateFreightTemplate(Conflict):
    code = "duplicate_freight_template"
    title = _("Another freight template has this name")


class FreightTemplateInUse(Conflict):
    code = "freight_template_in_use"
    title = _("Products use this freight template")


class TooManyFreightTemplates(Conflict):
    code = "too_many_freight_templates"
    title = _("A brand has at most 200 freight templates")


class InvalidFreightSettings(Invalid):
    code = "invalid_freight_settings"
    title = _("The freight settings break a rule")


_RULES = {"shipping_freight_name_unique": lambda: DuplicateFreightTemplate(field="name")}


@dataclass(frozen=True, slots=True)
class NewZone:
    """Regions (codes and names of groups) with their prices; `charge` None where nothing is delivered."""

    regions: tuple[str, ...]
    groups: tuple[str, ...]
    charge: Charge | None


@dataclass(frozen=True, slots=True)
class TemplateSpec:
    """A whole template. `default` None: only the zones are served."""

    name: str
    charge_by: str
    zones: tuple[NewZone, ...]
    default: Charge | None
    is_default: bool = False


@transaction.atomic
def save_template(*, spec: TemplateSpec, template_id: int | None = None) -> FreightTemplate:
    """Add a template, or replace the one with this id; `is_default` is taken from the one that had it.

    Raises FreightTemplateNotFound, InvalidFreightTemplate, DuplicateFreightTemplate, TooManyFreightTemplates.
    """
    zones = [_zone_values(zone) for zone in spec.zones]
    _ensure_valid(spec, zones)
    if template_id is None:
        if FreightTemplate.objects.count() >= MAX_TEMPLATES:
            raise TooManyFreightTemplates
        template = FreightTemplate()
    else:
        template = _lock(template_id)
    before = _facts(template) if template_id else {}
    template.name = spec.name
    template.charge_by = spec.charge_by
    template.zones = zones
    template.default = None if spec.default is None else dict(write_charge(spec.default))
    template.is_default = spec.is_default
    if spec.is_default:
        FreightTemplate.objects.filter(is_default=True).exclude(id=template.pk).update(is_default=False)
    with refine_integrity_error(_RULES):
        template.save()
    audit.record(
        action="shipping.freight_template",
        subject=f"freight_template:{template.pk}",
        before=before,
        after=_facts(template),
    )
    return template


@transaction.atomic
def delete_template(*, template_id: int) -> None:
    """Delete a template that no product names. Raises FreightTemplateNotFound, FreightTemplateInUse."""
    template = _lock(template_id)
    before = _facts(template)
    try:
        template.delete()
    except models.ProtectedError as error:
        raise FreightTemplateInUse(_("Give these products another template first.")) from error
    audit.record(action="shipping.freight_template_deleted", subject=f"freight_template:{template_id}", before=before)


def _lock(template_id: int) -> FreightTemplate:
    get_template(template_id=template_id)
    return FreightTemplate.objects.select_for_update().get(id=template_id)


def _facts(template: FreightTemplate) -> Mapping[str, object]:
    return {
        "name": template.name,
        "charge_by": template.charge_by,
        "zones": template.zones,
        "default": template.default,
        "is_default": template.is_default,
    }


def _zone_values(zone: NewZone) -> ZoneValues:
    values: ZoneValues = {
        "regions": list(dict.fromkeys(zone.regions)),
        "groups": list(dict.fromkeys(zone.groups)),
        "is_served": zone.charge is not None,
    }
    return values if zone.charge is None else {**values, **write_charge(zone.charge)}


def _ensure_valid(spec: TemplateSpec, zones: Sequence[ZoneValues]) -> None:
    faults: list[FieldError] = []
    if not 0 < len(spec.name) <= 60:
        faults.append(FieldError("name", "invalid_name", _("A name has 1 to 60 characters.")))
    if spec.charge_by not in ChargeBy.values:
        faults.append(FieldError("charge_by", "unknown", _("Freight is charged by piece or by weight.")))
    if len(zones) > MAX_ZONES:
        faults.append(FieldError("zones", "too_many", _("A template has at most 60 zones.")))
    if spec.default is None and not any(zone.charge for zone in spec.zones):
        faults.append(FieldError("default", "nothing_served", _("A template delivers somewhere.")))
    charges = [("default", spec.default), *((f"zones.{place}", zone.charge) for place, zone in enumerate(spec.zones))]
    for where, charge in charges:
        faults += find_charge_faults(charge, where) if charge is not None else []
    faults += find_zone_faults(zones, get_freight_settings().regions_of)
    if faults:
        raise InvalidFreightTemplate(faults[0].detail, errors=faults)


@transaction.atomic
def save_freight_settings(*, combining: str, groups: Sequence[GroupValues]) -> FreightSettings:
    """Decide how several templates are charged, and replace the region groups.

    Raises InvalidFreightSettings, also for a group that a template uses and that would be gone, and where the new
    regions would stand in two zones of a template.
    """
    ShippingSettings.objects.bulk_create([ShippingSettings(id=1)], ignore_conflicts=True)
    row = ShippingSettings.objects.select_for_update().get(id=1)
    before = row.values.get("freight", {})
    faults = _find_settings_faults(combining, groups)
    if faults:
        raise InvalidFreightSettings(faults[0].detail, errors=faults)
    kept = [{"name": group["name"], "regions": list(dict.fromkeys(group["regions"]))} for group in groups]
    row.values = {**row.values, "freight": {"combining": combining, "groups": kept}}
    row.save(update_fields=["values"])
    audit.record(
        action="shipping.freight_settings", subject="freight_settings:1", before=before, after=row.values["freight"]
    )
    return get_freight_settings()


def _find_settings_faults(combining: str, groups: Sequence[GroupValues]) -> list[FieldError]:
    faults: list[FieldError] = []
    if combining not in Combining.values:
        faults.append(FieldError("combining", "unknown", _("Templates are combined or added up.")))
    if len(groups) > MAX_GROUPS:
        faults.append(FieldError("groups", "too_many", _("There are at most 30 region groups.")))
    names: set[str] = set()
    for place, group in enumerate(groups):
        where = f"groups.{place}"
        name = group["name"]
        if not 0 < len(name) <= 30 or name in names:
            detail = _("A group has a name of its own, of 1 to 30 characters.")
            faults.append(FieldError(f"{where}.name", "invalid_name", detail))
        names.add(name)
        for fault in find_zone_faults([{"regions": group["regions"]}], {}):
            faults.append(FieldError(f"{where}.regions", fault.code, fault.detail))
    return faults or _find_template_faults({group["name"]: group["regions"] for group in groups})


def _find_template_faults(groups: Mapping[str, Sequence[str]]) -> list[FieldError]:
    """Return what would be wrong with the templates under these groups."""
    return [
        FieldError(
            "groups", fault.code, _("Template %(name)s: %(fault)s") % {"name": template.name, "fault": fault.detail}
        )
        for template in FreightTemplate.objects.order_by("id")
        for fault in find_zone_faults(template.zones, groups)
    ]
