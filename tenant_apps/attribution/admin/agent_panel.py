"""An agent's links on the agent's page, and the button that makes one."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, object_action
from console.panels import Fact, Panel, Row
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.agents.selectors import agents
from tenant_apps.agents.states import AgentState
from tenant_apps.attribution import selectors as attribution
from tenant_apps.attribution.services import referral_links

SHOWN = 6


def links_of_agent(request: HttpRequest, agent_id: int) -> Panel:
    """Links with what they brought, and how many customers are the agent's."""
    agent = agents.get_agent(agent_id=agent_id)
    found = list(attribution.list_links(agent_id=agent_id)[:SHOWN])
    customers = attribution.count_bound_customers(agent_id=agent_id, as_of=clock.now())
    figures = attribution.get_link_figures(link_ids=[link.pk for link in found]) if found else {}
    rows: Sequence[Row] = [
        Row(
            title=f"/r/{link.code}",
            note=link.product.name if link.product else _("The whole shop"),
            side=gettext("%(opened)d opened · %(bound)d customers · %(orders)d orders")
            % {"opened": figures[link.pk].opened, "bound": figures[link.pk].bound, "orders": figures[link.pk].orders},
            more=_("Poster"),
            more_link=reverse("attribution:poster", args=[link.pk]),
        )
        for link in found
    ]
    return Panel(
        key="links",
        title=_("Links and posters"),
        icon="qr_code_2",
        acting=("make_link",),
        facts=[Fact(_("Customers bound"), str(customers)), Fact(_("Referral code"), agent.referral_code)],
        rows=rows,
        empty=_("No link yet. The referral code works all the same."),
        more=f"{reverse('attribution:conflicts')}?agent={agent_id}",
    )


@object_action(
    _("Make a link"),
    permission="agents.edit",
    icon="add_link",
    offered=lambda agent: agent.state == AgentState.ACTIVE,
    explanation=_("The agent's link to the shop. Customers who come by it are the agent's."),
)
def make_link(model_admin: Any, request: HttpRequest, agent: Any, form: DialogForm) -> Text:
    link = referral_links.ensure_link(agent_id=agent.pk, now=clock.now())
    return request.build_absolute_uri(reverse("attribution_public:referral", args=[link.code]))
