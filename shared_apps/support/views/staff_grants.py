"""One support access as staff sees it: what is allowed, the way in, what was done."""

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.access import ensure_may
from console.sites import platform_site
from console.views import ConsolePageMixin
from kernel.core import clock
from kernel.core.errors import DomainError
from shared_apps.support.models import AccessGrant
from shared_apps.support.selectors import grants as selectors
from shared_apps.support.services import grants
from shared_apps.support.states import GrantKind
from shared_apps.support.views.access import log_page


class SupportSessionPage(ConsolePageMixin, TemplateView):
    """Read it (`support.view`). `action` is enter, revoke or approve, each by its own permission."""

    site = platform_site
    permission = "support.view"
    title = _("Support access")
    template_name = "support/staff_session.html"

    def security_needs(self) -> Mapping[str, Sequence[str]]:
        """The button leads to the brand's host, and browsers follow a form there only when it is named."""
        return {"form-action": [f"*.{settings.BASE_DOMAIN}:*"]}

    def _grant(self) -> AccessGrant:
        grant = selectors.get_grant(grant_id=self.kwargs["grant_id"])
        if grant is None:
            raise Http404
        return grant

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        grant = self._grant()
        now = clock.now()
        user = self.request.user
        state = selectors.state_of(grant, now)
        waits = state.is_open and grant.starts_at is None
        more = {
            "grant": grant,
            "state": state,
            "may_enter": selectors.is_alive(grant, now) and user.has_perm(_permission_to_enter(grant)),
            "may_end": state.is_open and user.has_perm("support.visit"),
            "may_approve": waits and user.has_perm("support.emergency") and grant.requested_by_id != user.pk,
            **log_page(grant.pk, self.request.GET.get("before", "")),
        }
        return super().get_context_data(**{**kwargs, **more})

    def post(self, request: HttpRequest, grant_id: int) -> HttpResponse:
        grant = self._grant()
        action = request.POST.get("action", "")
        try:
            if action == "enter":
                ensure_may(request, _permission_to_enter(grant))
                home = request.build_absolute_uri("/")
                address = grants.issue_pass(grant_id=grant_id, now=clock.now(), public_url=home)
                return HttpResponseRedirect(address)
            if action == "revoke":
                ensure_may(request, "support.visit")
                grants.revoke_access(grant_id=grant_id, now=clock.now())
            elif action == "approve":
                ensure_may(request, "support.emergency")
                grants.approve_emergency(grant_id=grant_id, now=clock.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        return redirect("support:session", grant_id=grant_id)


def _permission_to_enter(grant: AccessGrant) -> str:
    return selectors.PERMISSION_TO_ENTER[GrantKind(grant.kind)]
