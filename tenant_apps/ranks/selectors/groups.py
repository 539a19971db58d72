"""Members of groups: by hand, by channel, by what they sold."""

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import DecimalField, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from tenant_apps.agents.models import Agent, AgentGroup, GroupMember
from tenant_apps.agents.states import COUNTED_STATES, GroupKind
from tenant_apps.ranks.models import AgentSales


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
    since = as_of - timedelta(days=(group.days or 1) - 1)
    sold = (
        AgentSales.objects.filter(agent_id=OuterRef("pk"), day__gte=since, day__lte=as_of)
        .order_by()
        .values("agent_id")
        .annotate(net=Sum(F("paid") - F("refunded")))
        .values("net")
    )
    money: DecimalField[Decimal, Decimal] = DecimalField(max_digits=14, decimal_places=2)
    agents = agents.annotate(net_sales=Coalesce(Subquery(sold), Value(Decimal(0)), output_field=money))
    if group.sales_from is not None:
        agents = agents.filter(net_sales__gte=group.sales_from)
    if group.sales_below is not None:
        agents = agents.filter(net_sales__lt=group.sales_below)
    return agents
