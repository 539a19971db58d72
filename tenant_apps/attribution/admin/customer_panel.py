"""A customer's agent on the customer's page, and in the history every meeting with an agent."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.access import may_read
from console.panels import Fact, Panel, Row, facts, written
from console.timeline import Entry
from tenant_apps.attribution import selectors as attribution

SHOWN = 5
MEETINGS = 30


def agent_of_customer(request: HttpRequest, customer_id: int) -> Panel | None:
    """Return whose the customer is and since when, and whose before; None without permission to see agents."""
    if not may_read(request, "agents.view"):
        return None
    bindings = list(attribution.list_bindings(customer_id=customer_id)[: SHOWN + 1])
    now = next((one for one in bindings if one.ended_at is None), None)
    shown: list[Fact] = []
    if now is not None:
        link = reverse("brand:agents_agent_change", args=[now.agent_id])
        shown = [
            Fact(_("Agent"), f"{now.agent.name} · {now.agent.code}", link),
            *facts(
                [
                    (_("since"), now.bound_at),
                    (_("by"), now.get_source_display()),
                    (_("protected until"), now.protected_until),
                    (_("ends at the latest"), now.expires_at),
                ]
            ),
        ]
    rows = [
        Row(
            title=f"{one.agent.name} · {one.agent.code}",
            note=f"{written(one.bound_at)} – {written(one.ended_at)}",
            label=one.get_ended_because_display(),
            link=reverse("brand:agents_agent_change", args=[one.agent_id]),
        )
        for one in bindings
        if one.ended_at is not None
    ]
    empty = "" if now else _("No agent: the next one who brings the customer gets them.")
    return Panel(key="agent", title=_("Agent"), icon="handshake", facts=shown, rows=rows, empty=empty)


def meetings_of_customer(request: HttpRequest, customer_id: int) -> list[Entry]:
    """Return the customer's touchpoints, for whoever may see agents."""
    if not may_read(request, "agents.view"):
        return []
    return [
        Entry(
            at=one.occurred_at,
            icon="handshake",
            title=gettext("%(way)s of %(agent)s") % {"way": one.get_source_display(), "agent": one.agent.name},
            detail=" · ".join(filter(None, [str(one.get_outcome_display()), one.order_number, one.reason])),
            link=reverse("brand:agents_agent_change", args=[one.agent_id]),
        )
        for one in attribution.list_touchpoints(customer_id=customer_id)[:MEETINGS]
    ]
