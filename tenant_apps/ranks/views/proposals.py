"""Console page of level proposals: applied or declined, one by one or many at once."""

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.access import ensure_may, may
from console.brand_pages import BrandPage
from kernel.core import clock
from kernel.core.errors import DomainError, Text
from tenant_apps.ranks.selectors import rules as reads
from tenant_apps.ranks.services import proposals
from tenant_apps.ranks.states import ProposalState

A_PAGE = 50
# In words of their own: an order is “open” and an agent has “applied” in another sense.
STATES: Final[tuple[tuple[str, Text], ...]] = (
    (ProposalState.OPEN, _("To be decided")),
    (ProposalState.APPLIED, _("Carried out")),
    (ProposalState.DECLINED, _("Declined")),
    (ProposalState.LAPSED, _("No longer due")),
)
MAX_REFUSALS_SHOWN = 5


class ProposalsPage(BrandPage, TemplateView):
    permission = "agents.view"
    title = _("Proposed changes of level")
    template_name = "ranks/console/proposals.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        state = self.request.GET.get("state", ProposalState.OPEN)
        if state not in ProposalState.values:
            state = ProposalState.OPEN
        page = Paginator(reads.list_proposals(state=state), A_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            **kwargs,
            page=page,
            state=state,
            states=STATES,
            today=clock.business_date(clock.now()),
            may_decide=may(self.request, "agents.levels") and state == ProposalState.OPEN,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Each ticked proposal by itself: what is refused leaves the others alone."""
        ensure_may(request, "agents.levels")
        chosen = [int(one) for one in request.POST.getlist("proposal")[:A_PAGE] if one.isdecimal() and len(one) < 19]
        reason = request.POST.get("reason", "")[:500]
        now = clock.now()
        if not chosen:
            messages.warning(request, gettext("Tick at least one proposal."))
        elif request.POST.get("decision") == "apply":
            _each(request, chosen, lambda one: proposals.apply_proposal(proposal_id=one, reason=reason, now=now))
        else:
            _each(request, chosen, lambda one: proposals.decline_proposal(proposal_id=one, reason=reason, now=now))
        return redirect("ranks:proposals")


def _each(request: HttpRequest, chosen: list[int], decide: Callable[[int], object]) -> None:
    done = 0
    refusals = []
    for proposal_id in chosen:
        try:
            decide(proposal_id)
            done += 1
        except DomainError as refusal:
            refusals.append(str(refusal))
    if done:
        said = ngettext("%(count)d proposal decided.", "%(count)d proposals decided.", done)
        messages.success(request, said % {"count": done})
    for said in list(dict.fromkeys(refusals))[:MAX_REFUSALS_SHOWN]:
        messages.error(request, said)
