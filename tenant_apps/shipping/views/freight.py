"""Freight templates: the list, the editor, region groups and the way several templates are charged."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from console.access import ensure_may, may
from console.actions import show_refusal
from console.brand_pages import BrandPage, DressedForm
from kernel.core.errors import DomainError
from tenant_apps.shipping.models import FreightTemplate
from tenant_apps.shipping.rules.freight.templates import GroupValues
from tenant_apps.shipping.selectors import freight as selectors
from tenant_apps.shipping.services import freight_templates
from tenant_apps.shipping.services.freight_templates import TemplateSpec
from tenant_apps.shipping.states import Combining
from tenant_apps.shipping.views.forms import (
    ChargeForm,
    GroupForm,
    GroupFormSet,
    TemplateForm,
    ZoneFormSet,
    charge_initial,
    spell_regions,
)


class FreightPage(BrandPage, TemplateView):
    """All templates."""

    permission = "shipping.view"
    title = _("Freight templates")
    template_name = "shipping/console/freight.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        settings = selectors.get_freight_settings()
        return super().get_context_data(
            templates=[(template, _served(template)) for template in selectors.list_templates()],
            combining=Combining(settings.combining).label,
            groups=[(group["name"], spell_regions(group["regions"], ())) for group in settings.groups],
            may_edit=may(self.request, "shipping.edit"),
            **kwargs,
        )


def _served(template: FreightTemplate) -> list[str]:
    """Return the zones in words."""
    zones = [
        spell_regions(zone["regions"], zone["groups"]) + ("" if zone["is_served"] else f" · {gettext('not delivered')}")
        for zone in template.zones
    ]
    return [*zones, gettext("everywhere else") if template.default else gettext("nowhere else")]


class FreightEditor(BrandPage, TemplateView):
    """A template with its zones: a new one, or one that is replaced."""

    permission = "shipping.edit"
    title = _("Freight template")
    template_name = "shipping/console/freight_editor.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        template = self._template()
        groups = [group["name"] for group in selectors.get_freight_settings().groups]
        kwargs.setdefault("form", TemplateForm(initial=_head(template), prefix="head"))
        kwargs.setdefault("default", ChargeForm(initial=_default(template), prefix="default"))
        zones = ZoneFormSet(initial=_zones(template), prefix="zones", form_kwargs={"groups": groups})
        kwargs.setdefault("zones", zones)
        return super().get_context_data(template=template, groups=groups, **kwargs)

    def post(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        template = self._template()
        groups = [group["name"] for group in selectors.get_freight_settings().groups]
        form = TemplateForm(request.POST, prefix="head")
        default = ChargeForm(request.POST, prefix="default")
        zones = ZoneFormSet(request.POST, prefix="zones", form_kwargs={"groups": groups})
        if all([form.is_valid(), default.is_valid(), zones.is_valid()]):
            spec = TemplateSpec(
                **form.cleaned_data,
                zones=tuple(one.zone() for one in zones.forms if one.is_asked()),
                default=default.charge(),
            )
            try:
                freight_templates.save_template(spec=spec, template_id=template.pk if template else None)
            except DomainError as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, gettext("Saved."))
                return redirect("shipping:freight")
        return self.render_to_response(self.get_context_data(form=form, default=default, zones=zones))

    def _template(self) -> FreightTemplate | None:
        template_id = self.kwargs.get("template_id")
        return None if template_id is None else selectors.get_template(template_id=template_id)


def _head(template: FreightTemplate | None) -> dict[str, object]:
    if template is None:
        return {"is_default": not selectors.list_templates().exists()}
    return {"name": template.name, "charge_by": template.charge_by, "is_default": template.is_default}


def _default(template: FreightTemplate | None) -> dict[str, object]:
    if template is None:
        return {"is_served": True, "first": 1, "step": 1}
    return charge_initial(template.default)


def _zones(template: FreightTemplate | None) -> list[dict[str, object]]:
    if template is None:
        return []
    return [
        {**charge_initial(zone), "regions": spell_regions(zone["regions"], zone["groups"])} for zone in template.zones
    ]


class DeleteFreight(BrandPage, View):
    """Delete a template that no product names."""

    permission = "shipping.edit"
    title = ""
    http_method_names = ["post"]

    def post(self, request: HttpRequest, template_id: int) -> HttpResponse:
        try:
            freight_templates.delete_template(template_id=template_id)
        except freight_templates.FreightTemplateInUse as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, gettext("The template is deleted."))
        return redirect("shipping:freight")


class CombiningForm(DressedForm):
    combining = forms.ChoiceField(label=_("Several templates in one order"), choices=Combining.choices)


class FreightSettingsPage(BrandPage, TemplateView):
    """Charging of several templates in one order, and the region groups."""

    permission = "shipping.view"
    title = _("Freight settings")
    template_name = "shipping/console/freight_settings.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        settings = selectors.get_freight_settings()
        initial = [{"name": one["name"], "regions": spell_regions(one["regions"], ())} for one in settings.groups]
        kwargs.setdefault("form", CombiningForm(initial={"combining": settings.combining}))
        kwargs.setdefault("groups", GroupFormSet(initial=initial, prefix="groups"))
        return super().get_context_data(may_edit=may(self.request, "shipping.edit"), **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        ensure_may(request, "shipping.edit")
        form = CombiningForm(request.POST)
        groups: forms.BaseFormSet[GroupForm] = GroupFormSet(request.POST, prefix="groups")
        if all([form.is_valid(), groups.is_valid()]):
            try:
                freight_templates.save_freight_settings(
                    combining=form.cleaned_data["combining"], groups=_group_values(groups)
                )
            except DomainError as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, gettext("Saved."))
                return redirect("shipping:freight_settings")
        return self.render_to_response(self.get_context_data(form=form, groups=groups))


def _group_values(groups: "forms.BaseFormSet[GroupForm]") -> list[GroupValues]:
    filled = [one.cleaned_data for one in groups.forms if one.cleaned_data.get("name")]
    return [{"name": one["name"], "regions": one["regions"][0]} for one in filled]
