"""Groups of agents and who is in them."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import DecimalField, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from tenant_apps.agents.models import Agent, AgentGroup, GroupMember
from tenant_apps.agents.states import COUNTED_STATES, GroupKind

# Own net sales of the agent in the outer query, from the first to the last day; none where nothing was sold.
NetSales = Callable[[date, date], Subquery]

_net_sales: list[NetSales] = []


class GroupNotFound(NotFound):
    code = "agent_group_not_found"
    title = _("There is no such group")


def register_net_sales(net_sales: NetSales) -> None:
    """Say who knows what agents sold: that app stands above this one."""
    _net_sales[:] = [net_sales]


def list_groups() -> QuerySet[AgentGroup]:
    """By name."""
    return AgentGroup.objects.order_by("name", "id")


def get_group(*, group_id: int) -> AgentGroup:
    """Raises GroupNotFound."""
    group = AgentGroup.objects.filter(id=group_id).first()
    if group is None:
        raise GroupNotFound
    return group


def list_members(*, group: AgentGroup, as_of: date) -> QuerySet[Agent]:
    """The applicants, active and suspended agents in the group on the day `as_of`, newest first. One statement.

    By channel: who sells through it, whatever the capitals. By performance: whose own net sales of the last days,
    `as_of` included, lie in the range; who sold nothing has sold 0.
    """
    agents = (
        Agent.objects.select_related("level", "sponsor")
        .defer("id_number", "bank_card", "sponsor__id_number", "sponsor__bank_card")
        .filter(state__in=COUNTED_STATES)
        .order_by("-id")
    )
    if group.kind == GroupKind.MANUAL:
        return agents.filter(id__in=GroupMember.objects.filter(group=group).values("agent_id"))
    if group.kind == GroupKind.CHANNEL:
        return agents.filter(channel__iexact=group.channel)
    return _in_range(agents, group, as_of)


def _in_range(agents: QuerySet[Agent], group: AgentGroup, as_of: date) -> QuerySet[Agent]:
    [net_sales] = _net_sales
    sold = net_sales(as_of - timedelta(days=(group.days or 1) - 1), as_of)
    money: DecimalField[Decimal, Decimal] = DecimalField(max_digits=14, decimal_places=2)
    agents = agents.annotate(net_sales=Coalesce(sold, Value(Decimal(0)), output_field=money))
    if group.sales_from is not None:
        agents = agents.filter(net_sales__gte=group.sales_from)
    if group.sales_below is not None:
        agents = agents.filter(net_sales__lt=group.sales_below)
    return agents
