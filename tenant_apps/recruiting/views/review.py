"""The review queue: one application after another, decided by keyboard or by mouse, with and without JavaScript."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.access import ensure_may, may
from console.actions import dress_field, show_refusal
from console.brand_pages import BrandPage
from kernel.core import clock
from kernel.core.errors import DomainError, Text
from kernel.privacy.masking import mask_id_number
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.states import AgentState
from tenant_apps.recruiting.models import Application
from tenant_apps.recruiting.selectors import applications as reads
from tenant_apps.recruiting.selectors.applications import Duplicate
from tenant_apps.recruiting.services import applications
from tenant_apps.recruiting.states import ApplicationState, RejectionReason

WAITING = 50
_BY: dict[str, Text] = {"phone": _("phone"), "wechat_id": _("WeChat id"), "id_number": _("ID number")}


@dataclass(frozen=True, slots=True)
class Twin:
    """A possible duplicate as the page shows it."""

    found: Duplicate
    by: str
    state: Text

    @property
    def at(self) -> datetime | None:
        """Date the agent joined or the application came."""
        return self.found.at


class ApproveForm(forms.Form):
    """On which level, below whom, and where the way in is sent."""

    level: Any = forms.ModelChoiceField(label=_("Level"), queryset=None)
    sponsor_code = forms.CharField(
        label=_("Sponsor's code"), max_length=32, required=False, help_text=_("Empty: at the top.")
    )
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("The link that sets the password goes there. Empty: you get a text to send."),
    )
    note = forms.CharField(label=_("Note"), max_length=500, required=False)

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        default = application.wanted_level_id or reads.get_recruiting_page().default_level_id
        sponsor = application.referrer.code if application.referrer else ""
        kwargs["initial"] = {"level": default, "sponsor_code": sponsor}
        super().__init__(*args, **kwargs)
        self.application = application
        field: Any = self.fields["level"]
        field.queryset = selectors.list_levels()
        for one in self.fields.values():
            dress_field(one)

    def decision(self, now: datetime) -> applications.Decision:
        """Raises AgentNotFound, AgentNotActive, AgentExpired for the sponsor's code."""
        filled = self.cleaned_data
        code = filled["sponsor_code"].strip()
        referrer = self.application.referrer
        sponsor_id: int | None = None
        if referrer is not None and code.upper() == referrer.code:
            sponsor_id = applications.REFERRER
        elif code:
            sponsor_id = selectors.get_selling_agent(code=code, as_of=clock.business_date(now)).pk
        return applications.Decision(
            level_id=filled["level"].pk, sponsor_id=sponsor_id, email=filled["email"], note=filled["note"]
        )


class ReviewPage(BrandPage, TemplateView):
    permission = "agents.view"
    title = _("Review applications")
    template_name = "recruiting/console/review.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        application = kwargs.pop("application", None) or self._chosen()
        if application is not None:
            kwargs = {**_about(application, self.request), **kwargs}
        waiting = reads.list_applications(state=ApplicationState.APPLIED).order_by("id")
        return super().get_context_data(
            **kwargs,
            application=application,
            waiting=list(waiting[:WAITING]),
            waiting_count=reads.count_open(),
            reasons=list(enumerate(RejectionReason.choices, start=1)),
            may_decide=may(self.request, "agents.approve"),
        )

    def _chosen(self) -> Application | None:
        wanted = self.kwargs.get("application_id")
        if wanted is None:
            oldest = reads.get_next_open()
            wanted = oldest.pk if oldest else None
        return reads.get_application(application_id=wanted) if wanted else None

    def post(self, request: HttpRequest, application_id: int) -> HttpResponse:
        """Approve or reject, then on to the next."""
        ensure_may(request, "agents.approve")
        application = reads.get_application(application_id=application_id)
        if request.POST.get("decision") == "approve":
            return self._approve(application)
        return self._reject(application)

    def _approve(self, application: Application) -> HttpResponse:
        form = ApproveForm(self.request.POST, application=application)
        now = clock.now()
        if form.is_valid():
            try:
                done = applications.approve_application(
                    application_id=application.pk,
                    decision=form.decision(now),
                    origin=self.request.build_absolute_uri("/").rstrip("/"),
                    now=now,
                )
            except DomainError as refusal:
                show_refusal(form, refusal)
            else:
                if done.message:  # shown once, and kept nowhere
                    return self.render_to_response(self._approved(done))
                messages.success(self.request, gettext("%(name)s is an agent now.") % {"name": done.agent_name})
                return self._next(application)
        return self.render_to_response(self.get_context_data(application=application, form=form))

    def _approved(self, done: applications.Approved) -> dict[str, Any]:
        application = reads.get_application(application_id=done.application.pk)
        return self.get_context_data(application=application, message=done.message)

    def _reject(self, application: Application) -> HttpResponse:
        try:
            applications.reject_application(
                application_id=application.pk,
                reason=self.request.POST.get("reason", ""),
                note=self.request.POST.get("note", "")[:500],
                now=clock.now(),
            )
        except DomainError as refusal:
            said = [str(error.detail) for error in refusal.errors] or [str(refusal)]
            context = self.get_context_data(
                application=reads.get_application(application_id=application.pk), refusals=said
            )
            return self.render_to_response(context)
        messages.success(self.request, gettext("%(number)s is rejected.") % {"number": application.number})
        return self._next(application)

    def _next(self, application: Application) -> HttpResponse:
        following = reads.get_next_open(after_id=application.pk) or reads.get_next_open()
        return redirect("recruiting:review_one", following.pk) if following else redirect("recruiting:review")


def _about(application: Application, request: HttpRequest) -> dict[str, Any]:
    """The application with its possible duplicates and its neighbours in the queue."""
    opened = Application.objects.filter(state=ApplicationState.APPLIED)
    return {
        "twins": [_twin(found) for found in reads.list_duplicates(application=application)],
        "masked_id_number": mask_id_number(application.id_number),
        "proofs": list(application.proofs.all()),
        "is_open": application.state == ApplicationState.APPLIED,
        "form": ApproveForm(application=application),
        "next_id": opened.filter(id__gt=application.pk).order_by("id").values_list("id", flat=True).first(),
        "previous_id": opened.filter(id__lt=application.pk).order_by("-id").values_list("id", flat=True).first(),
    }


def _twin(found: Duplicate) -> Twin:
    words = AgentState if found.kind == "agent" else ApplicationState
    by = ", ".join(str(_BY[one]) for one in found.by)
    return Twin(found, by, words(found.state).label)
