"""The team as a tree that opens level by level, a page of fifty at a time, however large the network is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from console.access import may
from console.brand_pages import BrandPage
from kernel.core import clock
from kernel.core.errors import DomainError
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors import tree
from tenant_apps.agents.states import AgentStatus
from tenant_apps.ranks.rules import periods
from tenant_apps.ranks.rules.periods import Span
from tenant_apps.ranks.selectors import team as reads
from tenant_apps.ranks.selectors.team import TeamRow

ROWS = 50
FOUND = 30


@dataclass(frozen=True, slots=True)
class Node:
    """A row of the tree with what is open below it. `rest` is the address of the rows that follow the last child."""

    row: TeamRow
    status: AgentStatus
    children: "Sequence[Node]" = ()
    rest: str = ""
    is_focus: bool = False
    # The way down to a member shows one of each team; the others are fetched when asked for.
    is_on_path: bool = False


def this_month() -> Span:
    """The days of the running month, as far as it has come."""
    return periods.running(clock.business_date(clock.now()), period="month", rolling_days=None)


class TeamPage(BrandPage, TemplateView):
    """The roots; or the way down to one member (`focus`); or who is meant by `q`."""

    permission = "agents.view"
    title = _("Team")
    template_name = "ranks/console/team.html"

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        search = request.GET.get("q", "").replace("\x00", "").strip()[:60]
        if not search:
            return super().get(request, *args, **kwargs)
        today = clock.business_date(clock.now())
        found = list(selectors.list_agents(as_of=today, search=search)[: FOUND + 1])
        if len(found) == 1:
            return redirect(f"{reverse('ranks:team')}?focus={found[0].pk}")
        shown = [(agent, agent.status(today)) for agent in found[:FOUND]]
        return self.render_to_response(
            self.get_context_data(search=search, found=shown, is_cut=len(found) > FOUND, is_search=True)
        )

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        if not kwargs.get("is_search"):
            kwargs |= self._tree()
        kwargs |= {
            "may_move": may(self.request, "agents.edit"),
            "may_import": may(self.request, "agents.import"),
            "month": this_month().since,
        }
        return super().get_context_data(**kwargs)

    def _tree(self) -> dict[str, Any]:
        focus = self.request.GET.get("focus", "")
        if focus.isdecimal() and len(focus) < 19:
            return {"nodes": [path_to(int(focus))], "rest": "", "focus": int(focus)}
        nodes, rest = branch(agent_id=None, cursor=None)
        return {"nodes": nodes, "rest": rest}


class TeamBranch(BrandPage, View):
    permission = "agents.view"
    title = ""

    def get(self, request: HttpRequest, agent_id: int | None = None) -> HttpResponse:
        try:
            nodes, rest = branch(agent_id=agent_id, cursor=request.GET.get("cursor"))
        except DomainError as refusal:
            return HttpResponse(str(refusal), status=refusal.status, content_type="text/plain; charset=utf-8")
        context = {"nodes": nodes, "rest": rest, "may_move": may(request, "agents.edit")}
        return render(request, "ranks/console/team_rows.html", context)


def branch(*, agent_id: int | None, cursor: str | None) -> tuple[list[Node], str]:
    """One page of those directly below the agent, and the address of the next page or "". A constant number of
    statements. Raises AgentNotFound, CursorInvalid.
    """
    span = this_month()
    today = clock.business_date(clock.now())
    rows, following = reads.list_team(
        agent_id=agent_id, since=span.since, until=span.until, cursor=cursor or None, limit=ROWS
    )
    here = reverse("ranks:team_roots") if agent_id is None else reverse("ranks:team_branch", args=[agent_id])
    nodes = [Node(row, row.agent.status(today)) for row in rows]
    return nodes, f"{here}?cursor={following}" if following else ""


def path_to(agent_id: int) -> Node:
    """The root of the member's tree, with the way down to the member open, and the member's own team."""
    above = [member.agent_id for member in tree.get_ancestors(agent_id=agent_id)]
    today = clock.business_date(clock.now())
    found = selectors.list_agents(as_of=today).in_bulk([agent_id, *above])
    if agent_id not in found:
        raise Http404
    span = this_month()
    chain = [found[one] for one in (agent_id, *above)]
    rows = reads.get_team_rows(agents=chain, since=span.since, until=span.until)
    children, rest = branch(agent_id=agent_id, cursor=None)
    node = Node(rows[0], rows[0].agent.status(today), children, rest, is_focus=True)
    for row in rows[1:]:
        node = Node(row, row.agent.status(today), [node], is_on_path=row.child_count > 1)
    return node
