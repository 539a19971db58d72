"""Cancelling the plan for the end of its period, and taking that back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.actions import dress_field, show_refusal
from kernel.core import clock
from kernel.core.errors import DomainError
from shared_apps.billing.selectors import subscriptions
from shared_apps.billing.services import parting, plan_changes
from shared_apps.billing.states import CancelReason
from shared_apps.billing.views.consequences import after_cancelling
from shared_apps.billing.views.pages import Act, BillingMixin


class CancelForm(forms.Form):
    """Reason for cancelling: a choice, and words if somebody likes to add any."""

    reason = forms.ChoiceField(label=_("Why do you cancel?"), choices=[("", "—"), *CancelReason.choices])
    comment = forms.CharField(
        label=_("What should we do better?"),
        max_length=parting.MAX_COMMENT_LENGTH,
        required=False,
        widget=forms.Textarea,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress_field(field)


class CancelPage(BillingMixin, FormView[CancelForm]):
    """Consequences of cancelling, the reason, the button."""

    permission = "billing.manage"
    title = _("Cancel the plan")
    template_name = "billing/cancel.html"
    form_class = CancelForm

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        subscription = subscriptions.get_current(self.brand_id)
        steps = after_cancelling(subscription) if subscription else []
        return super().get_context_data(**{**kwargs, "consequences": steps})

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """The page, where there is something to cancel."""
        subscription = subscriptions.get_current(self.brand_id)
        if subscription is None or subscription.cancel_at_period_end:
            messages.info(request, gettext("There is no running plan to cancel."))
            return redirect("billing:plan")
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: CancelForm) -> HttpResponse:
        """Cancel; a refusal appears in the form."""
        typed = form.cleaned_data
        try:
            parting.cancel_with_reason(
                brand_id=self.brand_id, reason=typed["reason"], comment=typed["comment"], now=clock.now()
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
            return self.render_to_response(self.get_context_data(form=form), status=refusal.status)
        messages.success(self.request, gettext("The plan ends with its period. You can take this back until then."))
        return redirect("billing:plan")

    def form_invalid(self, form: CancelForm) -> HttpResponse:
        """The form again, with what is wrong."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


class UndoCancel(Act):
    """Go on after all."""

    def perform(self, **kwargs: object) -> str:
        """Take the cancellation back while the period runs."""
        plan_changes.undo_cancel(brand_id=self.brand_id, now=clock.now())
        return gettext("Your plan goes on.")
