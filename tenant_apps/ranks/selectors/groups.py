"""Net sales by which groups of agents are made."""

from datetime import date

from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from kernel.core.money import ZERO
from tenant_apps.ranks.models import AgentSales, ExcludedSale


def net_sales_of_agent(since: date, until: date) -> Subquery:
    """Own net sales of the agent in the outer query from `since` to `until`, both days included."""
    excluded = (
        ExcludedSale.objects.filter(agent_id=OuterRef("agent_id"), is_seller=True, day__gte=since, day__lte=until)
        .order_by()
        .values("agent_id")
        .annotate(amount=Sum("amount"))
        .values("amount")
    )
    sold = (
        AgentSales.objects.filter(agent_id=OuterRef("pk"), day__gte=since, day__lte=until)
        .order_by()
        .values("agent_id")
        .annotate(net=Sum(F("paid") - F("refunded")) - Coalesce(Subquery(excluded), ZERO))
        .values("net")
    )
    return Subquery(sold)
