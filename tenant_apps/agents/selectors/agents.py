"""Read agents."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from kernel.core.codes import normalise_code
from kernel.core.errors import Conflict, NotFound
from shared_apps.accounts import selectors as accounts
from tenant_apps.agents.models import Agent as Agent  # the types of what these return
from tenant_apps.agents.models import Level as Level
from tenant_apps.agents.models import SponsorHistory
from tenant_apps.agents.rules.agents import MAX_UPLINE_TIERS
from tenant_apps.agents.selectors.lookup import matches_search
from tenant_apps.agents.states import COUNTED_STATES, AgentState, AgentStatus, status_of

# Depth bounds the walk, so that even a damaged tree ends it.
_UPLINE = """
WITH RECURSIVE upline (tier, agent_id, level_id, code, name, sponsor_id) AS (
    SELECT 0, id, level_id, code, name, sponsor_id FROM agents_agent WHERE id = %s
    UNION ALL
    SELECT upline.tier + 1, above.id, above.level_id, above.code, above.name, above.sponsor_id
    FROM upline JOIN agents_agent above ON above.id = upline.sponsor_id
    WHERE upline.tier < %s
)
SELECT tier, agent_id, level_id, code, name FROM upline WHERE tier > 0 ORDER BY tier
"""

# The walk ends at the root; UNION (not UNION ALL) ends it in a damaged tree too.
_STANDS_ABOVE = """
WITH RECURSIVE chain (agent_id) AS (
    SELECT %s::bigint
    UNION
    SELECT above.sponsor_id
    FROM chain JOIN agents_agent above ON above.id = chain.agent_id
    WHERE above.sponsor_id IS NOT NULL
)
SELECT EXISTS (SELECT 1 FROM chain WHERE agent_id = %s)
"""


_BARRED = """
WITH RECURSIVE line (id, sponsor_id, state, valid_until) AS (
    SELECT id, sponsor_id, state, valid_until FROM agents_agent WHERE id = %s
    UNION
    SELECT above.id, above.sponsor_id, above.state, above.valid_until
    FROM line JOIN agents_agent above ON above.id = line.sponsor_id
)
SELECT id FROM line WHERE state <> 'active' OR valid_until < %s ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class UplineMember:
    """One agent above another; tier 1 is the direct sponsor."""

    tier: int
    agent_id: int
    level_id: int
    code: str
    name: str


# Decrypting costs, and most readers may not even see these two.
_SECRETS = ("id_number", "bank_card")
_SPONSORS_SECRETS = ("sponsor__id_number", "sponsor__bank_card")


class AgentNotFound(NotFound):
    code = "agent_not_found"
    title = _("There is no such agent")


class LevelNotFound(NotFound):
    code = "level_not_found"
    title = _("There is no such level")


class AgentNotActive(Conflict):
    code = "agent_not_active"
    title = _("The agent is not active")


class AgentExpired(Conflict):
    code = "agent_expired"
    title = _("The agent's contract has expired")


def get_level(*, level_id: int) -> Level:
    """Raises LevelNotFound."""
    level = Level.objects.filter(id=level_id).first()
    if level is None:
        raise LevelNotFound
    return level


def get_known_level_ids(*, level_ids: Collection[int]) -> set[int]:
    """Those of the ids that belong to a level."""
    return set(Level.objects.filter(id__in=set(level_ids)).order_by("id").values_list("id", flat=True))


def list_levels() -> QuerySet[Level]:
    """All levels, the highest first."""
    return Level.objects.order_by("rank", "id")


def get_agent(*, agent_id: int) -> Agent:
    """The agent with level and sponsor. Raises AgentNotFound."""
    agents = Agent.objects.select_related("level", "sponsor").defer(*_SPONSORS_SECRETS)
    agent = agents.filter(id=agent_id).first()
    if agent is None:
        raise AgentNotFound
    return agent


def count_agents() -> int:
    """Count applicants, active and suspended agents."""
    return Agent.objects.filter(state__in=COUNTED_STATES).count()


def get_selling_agent(*, as_of: date, agent_id: int | None = None, code: str | None = None) -> Agent:
    """The agent, found by id or by code (agent or referral code), who may sell on the day `as_of`.

    One query. Raises AgentNotFound, AgentNotActive, AgentExpired, naming the field that was given.
    """
    normal = normalise_code(code or "")
    if agent_id is not None:
        field = "agent_id"
        where = Q(id=agent_id)
    else:
        field = "agent_code"
        where = Q(code=normal) | Q(referral_code=normal)
    # Should one agent's code be another's referral code, the agent's own code counts.
    found = sorted(Agent.objects.filter(where).defer(*_SECRETS).order_by("id")[:2], key=lambda one: one.code != normal)
    if not found:
        raise AgentNotFound(_("There is no such agent."), field=field)
    agent = found[0]
    status = agent.status(as_of)
    if status == AgentStatus.EXPIRED:
        raise AgentExpired(_("The agent's contract has expired."), field=field)
    if status != AgentStatus.ACTIVE:
        raise AgentNotActive(_("The agent is not active."), field=field)
    return agent


def get_recruiter(*, code: str, as_of: date) -> Agent | None:
    """The agent with this agent or referral code who is active on the day `as_of` and whose level may recruit."""
    normal = normalise_code(code)
    if not normal:
        return None
    agents = Agent.objects.select_related("level").defer(*_SECRETS)
    found = agents.filter(Q(code=normal) | Q(referral_code=normal)).order_by("id")[:2]
    return next(
        (agent for agent in found if agent.status(as_of) == AgentStatus.ACTIVE and agent.level.may_recruit), None
    )


def get_statuses(*, agent_ids: Collection[int], as_of: date) -> dict[int, AgentStatus]:
    """Map each of the agents to the status on the day `as_of`. One query."""
    rows = Agent.objects.filter(id__in=agent_ids).values_list("id", "state", "valid_until")
    return {agent_id: status_of(state, valid_until, as_of) for agent_id, state, valid_until in rows}


def find_barred_in_line(*, agent_id: int, as_of: date) -> list[int]:
    """Return who of the agent and all above may not sell on the day `as_of`: suspended, ended or expired. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_BARRED, [agent_id, as_of])
        return [barred for (barred,) in cursor.fetchall()]


def find_people(
    *, agent_ids: Collection[int], phones: Collection[str], wechat_ids: Collection[str], user_id: int | None
) -> set[int]:
    """Return which of the agents have one of these phones (their own or their login's), WeChat ids or this login."""
    folded = [wechat_id.casefold() for wechat_id in wechat_ids]
    logins = [user.pk for user in accounts.list_people().filter(phone__in=phones)]
    is_one = Q(phone__in=phones) | Q(folded__in=folded) | Q(user_id__in=logins)
    if user_id is not None:
        is_one |= Q(user_id=user_id)
    found = Agent.objects.filter(id__in=agent_ids).annotate(folded=Lower("wechat_id")).filter(is_one)
    return set(found.values_list("id", flat=True))


def get_upline(*, agent_id: int, tiers: int = 2) -> list[UplineMember]:
    """Return the agents above, the sponsor first, at most `tiers` (1 to 10) of them, in one query."""
    if not 1 <= tiers <= MAX_UPLINE_TIERS:
        raise ValueError(f"tiers must be between 1 and {MAX_UPLINE_TIERS}, not {tiers}")
    with connection.cursor() as cursor:
        cursor.execute(_UPLINE, [agent_id, tiers])
        return [UplineMember(*row) for row in cursor.fetchall()]


def stands_above(*, agent_id: int, member_id: int) -> bool:
    """Tell whether `agent_id` is `member_id` or somewhere above it. One query, however deep the tree."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDS_ABOVE, [member_id, agent_id])
        return bool(cursor.fetchone()[0])


def list_agents(
    *,
    as_of: date,
    status: str | None = None,
    level_id: int | None = None,
    sponsor_id: int | None = None,
    search: str = "",
) -> QuerySet[Agent]:
    """Agents with level and sponsor, newest first. `search` looks in name, pinyin, code, referral code and phone."""
    agents = Agent.objects.select_related("level", "sponsor").defer(*_SECRETS, *_SPONSORS_SECRETS).order_by("-id")
    if status:
        agents = agents.filter(matches_status(status=status, as_of=as_of))
    if level_id:
        agents = agents.filter(level_id=level_id)
    if sponsor_id:
        agents = agents.filter(sponsor_id=sponsor_id)
    if search:
        agents = agents.filter(matches_search(search))
    return agents


def matches_status(*, status: str, as_of: date) -> Q:
    """The condition under which an agent shows as `status` on the day `as_of`."""
    expired = Q(state=AgentState.ACTIVE, valid_until__lt=as_of)
    if status == AgentStatus.EXPIRED:
        return expired
    if status == AgentStatus.ACTIVE:
        return Q(state=AgentState.ACTIVE) & ~Q(valid_until__lt=as_of)
    return Q(state=status)


def list_sponsor_history(*, agent_id: int) -> QuerySet[SponsorHistory]:
    """List the agent's sponsors, the present first."""
    return (
        SponsorHistory.objects.filter(agent_id=agent_id)
        .select_related("sponsor")
        .defer(*_SPONSORS_SECRETS)
        .order_by("-valid_from", "-id")
    )
