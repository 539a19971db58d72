"""One agent per region, where a level says so. Codes are GB/T 2260: a province's begins those of its cities."""

from django.db import connection
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict
from kernel.database.locks import take_lock
from tenant_apps.agents.models import Agent, Level
from tenant_apps.agents.states import AgentState

# Two regions meet when one's code begins the other's. An agent without a region holds none.
_TAKEN = """
SELECT other.code, other.name, other.region FROM agents_agent AS agent
JOIN agents_level AS level ON level.id = agent.level_id AND level.is_exclusive_in_region
JOIN agents_agent AS other ON other.level_id = agent.level_id AND other.id <> agent.id
    AND other.state IN ('active', 'suspended') AND other.region_code <> ''
    AND (starts_with(other.region_code, agent.region_code) OR starts_with(agent.region_code, other.region_code))
WHERE agent.state IN ('active', 'suspended') AND agent.region_code <> '' AND {which} ORDER BY other.id LIMIT 1
"""


class RegionTaken(Conflict):
    code = "region_taken"
    title = _("The region has an agent of this level already")


def guard_region(agent: Agent) -> None:
    """Refuse, in the transaction that gave the agent state, level or region, what makes two in one region.

    Those who claim a region wait for each other, so that two at once cannot both have it. Raises RegionTaken.
    """
    holds = agent.state in {AgentState.ACTIVE, AgentState.SUSPENDED}
    if agent.region_code and holds and agent.level.is_exclusive_in_region:
        _refuse_taken("agent.id = %s", agent.pk, field="region_code")


def guard_level(level: Level) -> None:
    """Refuse to make a level exclusive while two of its agents share a region. Raises RegionTaken."""
    if level.is_exclusive_in_region:
        _refuse_taken("agent.level_id = %s", level.pk, field="is_exclusive_in_region")


def _refuse_taken(which: str, value: int, *, field: str) -> None:
    take_lock("agents.regions")  # what others committed before is seen by the next statement
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN.format(which=which), [value])
        taken = cursor.fetchone()
    if taken:
        code, name, region = taken
        detail = _("%(name)s (%(code)s) has %(region)s.") % {"name": name, "code": code, "region": region}
        raise RegionTaken(detail, field=field)
