"""The commissions panels on the pages of an agent and of an order."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from console.access import may_read
from console.money import format_money
from console.panels import Fact, Panel, Row, facts, written
from kernel.core import clock
from kernel.core.errors import Text
from kernel.core.money import ZERO
from tenant_apps.commissions import selectors
from tenant_apps.orders.selectors import documents as order_documents

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
    rows += [
        Row(
            title=hold.get_withheld_because_display(),
            note=hold.order.number,
            side=format_money(hold.withheld_amount),
            label=_("Withheld"),
            tone="warning",
        )
        for hold in selectors.list_withheld(agent_id=agent_id)[:SHOWN]
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


def commissions_of_order(request: HttpRequest, order_id: int) -> Panel | None:
    """Return who earns on the order, and who does not and why; nothing for those who may not see commissions."""
    if not may_read(request, "commissions.view"):
        return None
    holds = selectors.list_holds(order_id=order_id)
    rows = [
        Row(
            title=hold.beneficiary.name,
            note=hold.get_withheld_because_display() or _("Tier %(tier)d") % {"tier": hold.tier},
            side=format_money(hold.withheld_amount if hold.withheld_because else amount),
            label=_("Withheld") if hold.withheld_because else "",
            tone="warning",
            link=reverse("brand:agents_agent_change", args=[hold.beneficiary_id]),
        )
        for hold, amount in holds
    ]
    figures: list[tuple[Text, Text]] = []
    earned = sum((amount for hold, amount in holds if not hold.withheld_because), ZERO)
    if rows:
        figures.append((_("Commissions in all"), format_money(earned)))
    margin = order_documents.get_margin(order_id=order_id) if may_read(request, "catalog.cost") else None
    if margin is not None:
        figures.append((_("Margin after commissions"), format_money(margin - earned)))
    return Panel(
        key="commissions",
        title=_("Commissions"),
        icon="savings",
        facts=facts(figures),
        rows=rows,
        empty=_("Nobody earns on this order."),
    )
