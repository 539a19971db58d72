"""Count agents."""

from collections import Counter
from collections.abc import Collection

from django.db.models import Count

from tenant_apps.agents.models import Agent
from tenant_apps.agents.states import AgentState


def count_active_by_level(*, level_ids: Collection[int]) -> Counter[int]:
    """Level id → active agents on it, in one query; a level without any counts zero."""
    agents = Agent.objects.filter(level_id__in=set(level_ids), state=AgentState.ACTIVE).order_by()
    return Counter(dict(agents.values_list("level_id").annotate(Count("id"))))
