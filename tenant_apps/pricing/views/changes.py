"""Make a price change, add prices, preview, schedule or cancel it."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView

from console.access import ensure_may, may
from console.actions import dress_field, show_refusal
from console.sites import brand_site
from console.views import ConsolePageMixin
from kernel.core import clock
from kernel.core.errors import DomainError
from tenant_apps.agents.selectors import agents
from tenant_apps.catalog.selectors.sellable import get_variants_by_sku
from tenant_apps.imports.services.immediate import import_upload
from tenant_apps.pricing.selectors.changes import get_change, is_in_force, preview_change
from tenant_apps.pricing.services import changes
from tenant_apps.pricing.services.level_prices import NewLevelPrice
from tenant_apps.pricing.states import ChangeState

MAX_ROWS = 500


class MomentField(forms.DateTimeField):
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(clock.brand_zone()):
            return super().to_python(value)


class NewChangeForm(forms.Form):
    """Name and moment; the prices come from a list, or one by one afterwards."""

    name = forms.CharField(label=_("Name"), max_length=100)
    effective_at = MomentField(label=_("In force from"), help_text=_("Orders placed before keep their prices."))
    file = forms.FileField(
        label=_("Price list"),
        required=False,
        help_text=_("XLSX or CSV: a column SKU, one for each level by its name, and optionally From pieces."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress_field(field)


class PlannedForm(forms.Form):
    """One price of a draft."""

    sku = forms.CharField(label="SKU", max_length=64)
    level_id = forms.ChoiceField(label=_("Level"))
    min_quantity = forms.IntegerField(label=_("From pieces"), initial=1, min_value=1, max_value=1_000_000)
    price = forms.DecimalField(label=_("Price"), max_digits=12, decimal_places=2, min_value=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        levels = [(level.pk, level.name) for level in agents.list_levels()]
        self.fields["level_id"] = forms.ChoiceField(label=gettext("Level"), choices=levels)
        for field in self.fields.values():
            dress_field(field)

    def clean_sku(self) -> int:
        sku = str(self.cleaned_data["sku"]).strip().upper()
        variants = get_variants_by_sku(skus=[sku], now=clock.now())
        if sku not in variants:
            raise forms.ValidationError(gettext("There is no SKU %(sku)s") % {"sku": sku})
        return variants[sku].id


class NewChangePage(ConsolePageMixin, FormView[NewChangeForm]):
    site = brand_site
    permission = "pricing.edit"
    title = _("New price change")
    template_name = "pricing/change_new.html"
    form_class = NewChangeForm

    def form_valid(self, form: NewChangeForm) -> HttpResponse:
        head = {"name": form.cleaned_data["name"], "effective_at": form.cleaned_data["effective_at"]}
        try:
            change_id = _begin(form.cleaned_data["file"], head)
        except DomainError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        return redirect("pricing:change", change_id=change_id)


def _begin(file: Any, head: dict[str, Any]) -> int:
    if file:
        outcome = import_upload(kind="price_list", upload=file, options=head, now=clock.now())
        return int(outcome.result["change_id"])
    return changes.draft_change(**head, now=clock.now()).pk


class ChangePage(ConsolePageMixin, TemplateView):
    site = brand_site
    permission = "pricing.view"
    title = _("Price change")
    template_name = "pricing/change.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        preview = preview_change(change_id=self.kwargs["change_id"])
        change = preview.change
        may_edit = may(self.request, "pricing.edit")
        is_draft = change.state == ChangeState.DRAFT
        in_force = is_in_force(change, clock.now())
        return super().get_context_data(
            **{
                **kwargs,
                "change": change,
                "preview": preview,
                "prices": preview.prices[:MAX_ROWS],
                "hidden": max(len(preview.prices) - MAX_ROWS, 0),
                "in_force": in_force,
                "zone": clock.brand_zone(),
                "sees_costs": may(self.request, "catalog.cost"),
                "form": kwargs.get("form") or PlannedForm(),
                "can_plan": may_edit and is_draft,
                "can_cancel": may_edit and (is_draft or (change.state == ChangeState.SCHEDULED and not in_force)),
            }
        )

    def post(self, request: HttpRequest, change_id: int) -> HttpResponse:
        """`action` is plan, drop, schedule or cancel."""
        ensure_may(request, "pricing.edit")
        get_change(change_id=change_id)
        form = PlannedForm(request.POST)
        try:
            if request.POST.get("action") == "schedule":
                changes.schedule_change(change_id=change_id, now=clock.now())
                messages.success(request, gettext("The change is scheduled. It takes effect by itself."))
            elif request.POST.get("action") == "cancel":
                changes.cancel_change(change_id=change_id, now=clock.now())
            elif request.POST.get("drop", "").isdecimal():
                changes.drop_planned_price(change_id=change_id, planned_id=int(request.POST["drop"]))
            elif form.is_valid():
                filled = form.cleaned_data
                price = NewLevelPrice(int(filled["level_id"]), filled["sku"], filled["price"], filled["min_quantity"])
                changes.plan_prices(change_id=change_id, prices=[price])
            else:
                return self.render_to_response(self.get_context_data(form=form))
        except DomainError as refusal:
            for sentence in [str(error.detail) for error in refusal.errors] or [str(refusal)]:
                messages.error(request, sentence)
        return redirect("pricing:change", change_id=change_id)
