"""The commissions panel on the agent's page."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from console.access import may_read
from console.money import format_money
from console.panels import Fact, Panel, Row, written
from kernel.core import clock
from tenant_apps.commissions import selectors

SHOWN = 6


def commissions_of_agent(request: HttpRequest, agent_id: int) -> Panel | None:
    """Return the balance and latest entries; nothing for those who may not see commissions."""
    if not may_read(request, "commissions.view"):
        return None
    balance = selectors.balance_of(agent_id=agent_id, as_of=clock.now())
    rows = [
        Row(
            title=entry.get_kind_display(),
            note=f"{entry.order.number} · {written(entry.occurred_at)}",
            side=format_money(entry.amount),
        )
        for entry in selectors.list_entries(agent_id=agent_id)[:SHOWN]
    ]
    return Panel(
        key="commissions",
        title=_("Commissions"),
        icon="savings",
        facts=[
            Fact(_("Can be paid out"), format_money(balance.available)),
            Fact(_("Still held"), format_money(balance.held)),
            Fact(_("In payout"), format_money(balance.reserved)),
            Fact(_("Paid out"), format_money(balance.paid)),
        ],
        rows=rows,
        empty=_("Nothing earned yet."),
        more=f"{reverse('brand:commissions_commissionentry_changelist')}?beneficiary__id__exact={agent_id}",
    )
