"""Read freight templates, region groups and how templates are combined."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from tenant_apps.shipping.models import FreightTemplate, ShippingSettings
from tenant_apps.shipping.rules.freight.templates import (
    DEFAULT_GROUPS,
    GroupValues,
    Template,
    read_charge,
    read_zone,
)
from tenant_apps.shipping.states import Combining


class FreightTemplateNotFound(NotFound):
    code = "freight_template_not_found"
    title = _("No such freight template")


@dataclass(frozen=True, slots=True)
class FreightSettings:
    """Charge of several templates in one order, and the brand's groups of regions."""

    combining: str
    groups: tuple[GroupValues, ...]

    @property
    def regions_of(self) -> dict[str, list[str]]:
        return {group["name"]: group["regions"] for group in self.groups}


def list_templates() -> QuerySet[FreightTemplate]:
    return FreightTemplate.objects.order_by("-is_default", "name", "id")


def get_template(*, template_id: int) -> FreightTemplate:
    """Return a template. Raises FreightTemplateNotFound."""
    found = FreightTemplate.objects.filter(id=template_id).first()
    if found is None:
        raise FreightTemplateNotFound
    return found


def get_freight_settings() -> FreightSettings:
    """Return what the brand decided; before it did, the usual groups, and templates are combined."""
    values = ShippingSettings.objects.filter(id=1).values_list("values", flat=True).first() or {}
    kept = values.get("freight", {})
    groups = kept.get("groups")
    return FreightSettings(
        combining=kept.get("combining", Combining.COMBINE),
        groups=DEFAULT_GROUPS if groups is None else tuple(groups),
    )


def load_templates(*, template_ids: Collection[int]) -> tuple[dict[int, Template], Template | None, str]:
    """Return the templates by id, the one for goods that name none, and how several are combined.

    One statement where the brand has no template, else two.
    """
    rows = list(FreightTemplate.objects.filter(Q(id__in=list(template_ids)) | Q(is_default=True)).order_by("id"))
    if not rows:
        return {}, None, Combining.COMBINE
    settings = get_freight_settings()
    templates = {row.pk: compile_template(row, settings) for row in rows}
    default = next((templates[row.pk] for row in rows if row.is_default), None)
    return templates, default, settings.combining


def compile_template(row: FreightTemplate, settings: FreightSettings) -> Template:
    """Return a stored template with its groups resolved."""
    return Template(
        id=row.pk,
        name=row.name,
        charge_by=row.charge_by,
        zones=tuple(read_zone(zone, settings.regions_of) for zone in row.zones),
        default=None if row.default is None else read_charge(row.default),
    )
