"""Console page of a group's agents today."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.access import ensure_may, may
from console.brand_pages import BrandPage
from kernel.core import clock
from kernel.core.errors import DomainError
from tenant_apps.agents.selectors import groups as reads
from tenant_apps.agents.selectors.agents import AgentNotFound
from tenant_apps.agents.selectors.lookup import get_ids_by_code
from tenant_apps.agents.services import groups
from tenant_apps.agents.states import GroupKind

A_PAGE = 50


class GroupPage(BrandPage, TemplateView):
    """Members by rule or by hand; those by hand are added by code and taken out here."""

    permission = "agents.view"
    title = _("Group of agents")
    template_name = "ranks/console/group.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        group = reads.get_group(group_id=self.kwargs["group_id"])
        today = clock.business_date(clock.now())
        page = Paginator(reads.list_members(group=group, as_of=today), A_PAGE).get_page(self.request.GET.get("page"))
        by_hand = group.kind == GroupKind.MANUAL
        return super().get_context_data(
            **kwargs,
            group=group,
            page=page,
            rows=[(agent, agent.status(today)) for agent in page.object_list],
            may_choose=by_hand and may(self.request, "agents.edit"),
        )

    def post(self, request: HttpRequest, group_id: int) -> HttpResponse:
        """Add by code, or take one out."""
        ensure_may(request, "agents.edit")
        try:
            if code := request.POST.get("code", "").strip()[:32]:
                groups.add_members(group_id=group_id, agent_ids=[_agent_id_of(code)])
            elif (gone := request.POST.get("remove", "")).isdecimal() and len(gone) < 19:
                groups.remove_members(group_id=group_id, agent_ids=[int(gone)])
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, gettext("Done."))
        return redirect("ranks:group", group_id)


def _agent_id_of(code: str) -> int:
    agent_id = get_ids_by_code(codes=[code]).get(code)
    if agent_id is None:
        raise AgentNotFound
    return agent_id
