"""The page on which somebody looks at the differences of a stocktake and approves them."""

from typing import Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.access import may
from console.actions import dress_field, show_refusal
from console.brand_pages import BrandPage, DressedForm
from kernel.core import clock
from kernel.core.errors import DomainError
from tenant_apps.inventory.models import Stocktake
from tenant_apps.inventory.selectors import differences
from tenant_apps.inventory.selectors import stocktakes as selectors
from tenant_apps.inventory.services.approving import LineDecision, approve_stocktake
from tenant_apps.inventory.states import StocktakeState, Uncounted

MAX_SHOWN: Final = 200


class ApprovalForm(DressedForm):
    """A reason for all, and one for each difference where another is meant."""

    uncounted = forms.ChoiceField(label=_("Goods that nobody counted"), choices=Uncounted.choices)
    reason = forms.CharField(label=_("Reason of all lines without their own"), max_length=200, required=False)

    def __init__(self, *args: object, shown: list[differences.Difference], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.shown = shown
        for one in shown:
            self.fields[f"reason_{one.line.variant_id}"] = forms.CharField(
                label=_("Reason"), max_length=200, required=False
            )
            if one.needs_cost:
                self.fields[f"unit_cost_{one.line.variant_id}"] = forms.DecimalField(
                    label=_("Unit cost"), required=False, min_value=0, max_digits=14, decimal_places=4
                )
        for field in self.fields.values():
            dress_field(field)

    def decisions(self) -> list[LineDecision]:
        """Return what was filled in beside single lines."""
        found = []
        for one in self.shown:
            reason = self.cleaned_data[f"reason_{one.line.variant_id}"]
            cost = self.cleaned_data.get(f"unit_cost_{one.line.variant_id}")
            if reason or cost is not None:
                found.append(LineDecision(one.line.variant.sku, reason, cost))
        return found

    def rows(self) -> list[tuple[differences.Difference, forms.BoundField, forms.BoundField | None]]:
        """Return each difference with its fields."""
        return [
            (
                one,
                self[f"reason_{one.line.variant_id}"],
                self[f"unit_cost_{one.line.variant_id}"] if one.needs_cost else None,
            )
            for one in self.shown
        ]


class ReviewPage(BrandPage, FormView[ApprovalForm]):
    """Differences with what they are worth, the greatest first."""

    permission = "inventory.approve"
    title = _("Differences")
    template_name = "inventory/console/review.html"
    form_class = ApprovalForm

    def _stocktake(self) -> Stocktake:
        return selectors.get_stocktake(stocktake_id=int(self.kwargs["stocktake_id"]))

    @cached_property
    def found(self) -> list[differences.Difference]:
        """All differences, which the form and the page show parts of."""
        return differences.list_differences(stocktake_id=self._stocktake().pk)

    def get_form_kwargs(self) -> dict[str, object]:
        return {**super().get_form_kwargs(), "shown": self.found[:MAX_SHOWN]}

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        stocktake = self._stocktake()
        progress = selectors.count_progress(stocktake_ids=[stocktake.pk])[stocktake.pk]
        return super().get_context_data(
            stocktake=stocktake,
            is_waiting=stocktake.state == StocktakeState.COUNTED,
            progress=progress,
            not_counted=progress.lines - progress.counted,
            total=differences.total_value(self.found),
            number_of_differences=len(self.found),
            more=max(len(self.found) - MAX_SHOWN, 0),
            sees_cost=may(self.request, "catalog.cost"),
            **kwargs,
        )

    def form_valid(self, form: ApprovalForm) -> HttpResponse:
        stocktake = self._stocktake()
        try:
            approve_stocktake(
                stocktake_id=stocktake.pk,
                uncounted=Uncounted(form.cleaned_data["uncounted"]),
                reason=form.cleaned_data["reason"],
                decisions=form.decisions(),
                now=clock.now(),
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        messages.success(self.request, gettext("%(number)s was approved.") % {"number": stocktake.number})
        return redirect(reverse("brand:inventory_stocktake_change", args=[stocktake.pk]))
