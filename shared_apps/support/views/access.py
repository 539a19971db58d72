"""A brand's page of support access: letting in, ending it, reading what was done; and the visitor's way in and out."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods
from django.views.generic import FormView, TemplateView, View

from console.actions import dress_field, show_refusal
from console.sites import brand_site
from console.views import ConsolePageMixin
from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.tenancy.context import current_brand, public_schema
from shared_apps.support import rules
from shared_apps.support.selectors import grants as selectors
from shared_apps.support.services import grants, sessions
from shared_apps.support.views.sessions import get_support_session, join_session

BACKEND = "shared_apps.accounts.services.backend.AccountsBackend"
GRANTS_SHOWN = 50
ENTRIES_PER_PAGE = 100


class GrantForm(forms.Form):
    """For how long, why, and whether only to look."""

    hours = forms.TypedChoiceField(
        label=_("For how long"),
        coerce=int,
        initial=4,
        choices=[
            (1, _("1 hour")),
            (4, _("4 hours")),
            (8, _("8 hours")),
            (24, _("1 day")),
            (48, _("2 days")),
            (rules.MAX_SESSION_HOURS, _("3 days")),
        ],
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=500, help_text=_("What support should look at, such as a ticket's number.")
    )
    may_write = forms.BooleanField(
        label=_("Support may also change things"),
        required=False,
        help_text=_("Otherwise support can look at everything and change nothing."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress_field(field)


class AccessPage(ConsolePageMixin, FormView[GrantForm]):
    """Present and past support sessions, and the form that grants one."""

    site = brand_site
    permission = "support.grant"
    title = _("Support access")
    template_name = "support/access.html"
    form_class = GrantForm

    def form_valid(self, form: GrantForm) -> HttpResponse:
        filled = form.cleaned_data
        try:
            grants.grant_access(
                brand_id=current_brand().pk,
                hours=filled["hours"],
                reason=filled["reason"],
                may_write=filled["may_write"],
                now=clock.now(),
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        messages.success(self.request, gettext("Support may look in now. You can end it at any time."))
        return redirect("support:access")

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        now = clock.now()
        brand_id = current_brand().pk
        with public_schema():
            grants = list(selectors.list_grants(brand_id=brand_id)[:GRANTS_SHOWN])
        shown = [{"grant": grant, "state": selectors.state_of(grant, now)} for grant in grants]
        return super().get_context_data(**{**kwargs, "grants": shown, "zone": clock.brand_zone()})


class AccessLogPage(ConsolePageMixin, TemplateView):
    """Requests of one grant's sessions."""

    site = brand_site
    permission = "support.grant"
    title = _("Support activity")
    template_name = "support/access_log.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        grant = selectors.get_grant(grant_id=self.kwargs["grant_id"], brand_id=current_brand().pk)
        if grant is None:
            raise Http404
        page = log_page(grant.pk, self.request.GET.get("before", ""))
        state = selectors.state_of(grant, clock.now())
        return super().get_context_data(
            **{**kwargs, **page, "grant": grant, "state": state, "zone": clock.brand_zone()}
        )


def log_page(grant_id: int, before: str) -> dict[str, Any]:
    """A page of the log, newest first; `before` is the id the page before ended with."""
    with public_schema():
        entries = selectors.list_log(grant_id=grant_id)
        if before.isdecimal() and len(before) < 19:
            entries = entries.filter(pk__lt=int(before))
        rows = list(entries[: ENTRIES_PER_PAGE + 1])
    more = rows[ENTRIES_PER_PAGE - 1].pk if len(rows) > ENTRIES_PER_PAGE else None
    return {"entries": rows[:ENTRIES_PER_PAGE], "more": more}


class EndAccess(ConsolePageMixin, View):
    site = brand_site
    permission = "support.grant"
    title = ""
    http_method_names = ["post"]

    def post(self, request: HttpRequest, grant_id: int) -> HttpResponse:
        grants.revoke_access(grant_id=grant_id, brand_id=current_brand().pk, now=clock.now())
        messages.success(request, gettext("Support can no longer look in."))
        return redirect("support:access")


# --- the visitor -----------------------------------------------------------------------------------------------------


@never_cache
@require_GET
def enter(request: HttpRequest) -> HttpResponse:
    """Come in by a pass. Whoever was signed in here before is signed out of this browser."""
    try:
        visitor, support_session = sessions.redeem_pass(token=request.GET.get("token", "")[:1_000], now=clock.now())
    except DomainError as refusal:
        context = {"title": gettext("This link opens nothing any more"), "explanation": str(refusal)}
        return render(request, "accounts/notice.html", context, status=refusal.status)
    request.session.flush()
    login(request, visitor, backend=BACKEND)
    sessions.attach_session(request.session, support_session)
    join_session(request, support_session)
    response = HttpResponseRedirect("/console/")
    language = getattr(visitor, "language", "")
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """End one's own support session in this browser; the grant lives on. Asked first, as a link alone ends nothing."""
    if get_support_session(request) is None:
        return redirect("/console/")
    if request.method == "GET":
        return render(request, "support/leave.html", {"title": gettext("End this support session?")})
    logout(request)
    context = {
        "title": gettext("You have left"),
        "explanation": gettext("The support session in this browser is over."),
    }
    return render(request, "accounts/notice.html", context)
