"""Writing a checked team, and taking it away again."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.codes import make_code
from kernel.core.errors import Conflict
from kernel.database.switching import as_owner
from kernel.tenancy.actors import current_actor
from shared_apps.entitlements.services import quotas
from tenant_apps.agents.models import Agent, AgentTerm, Level, LevelChange, SponsorHistory
from tenant_apps.agents.rules import agents as rules
from tenant_apps.agents.rules import people
from tenant_apps.agents.services.regions import guard_level
from tenant_apps.agents.states import AgentState, ChangeCause
from tenant_apps.recruiting.services.import_team.checking import Team, TeamRow

_BATCH_SIZE: Final = 1_000
_TAKE_IDS = "SELECT nextval(pg_get_serial_sequence('agents_agent', 'id')) FROM generate_series(1, %s)"
_TOUCHED = """
SELECT EXISTS (SELECT 1 FROM agents_agent WHERE id = ANY(%(ids)s) AND (state <> 'active' OR user_id IS NOT NULL))
    OR EXISTS (SELECT 1 FROM agents_sponsorhistory WHERE agent_id = ANY(%(ids)s) AND valid_to IS NOT NULL)
    OR EXISTS (SELECT 1 FROM agents_levelchange WHERE agent_id = ANY(%(ids)s) AND cause <> 'imported')
    OR (SELECT count(*) FROM agents_agentterm WHERE agent_id = ANY(%(ids)s)
            AND deposit_paid_at IS NULL AND deposit_returned_at IS NULL) <> cardinality(%(ids)s)
    OR (SELECT count(*) FROM agents_agent WHERE id = ANY(%(ids)s)) <> cardinality(%(ids)s)
"""
# What the import itself wrote. Anything else that points to one of the agents stops the last statement.
_UNDO = (
    "DELETE FROM agents_agentterm WHERE agent_id = ANY(%(ids)s)",
    "DELETE FROM agents_levelchange WHERE agent_id = ANY(%(ids)s)",
    "DELETE FROM agents_sponsorhistory WHERE agent_id = ANY(%(ids)s)",
    "DELETE FROM agents_agent WHERE id = ANY(%(ids)s)",
)


class TeamInUse(Conflict):
    code = "team_in_use"
    title = _("Something hangs on these agents already: the import cannot be undone")


def write_team(team: Team, *, now: datetime) -> list[int]:
    """Make all agents, active from now on, with tree, history, levels and terms; returns their ids.

    The places of the plan are taken at once. Needs a transaction and the tree's lock.
    Raises QuotaExceeded, RegionTaken.
    """
    rows = list(_sponsors_first(team))
    if not rows:
        return []
    quotas.take("agents", len(rows))
    ids = dict(zip((row.number for row in rows), _take_ids(len(rows)), strict=True))
    codes = _fresh_codes(len(rows))
    agents = [_agent(row, team, ids, code, now) for row, code in zip(rows, codes, strict=True)]
    Agent.objects.bulk_create(agents, batch_size=_BATCH_SIZE)
    who = current_actor().label[:200]
    history = (SponsorHistory(agent=agent, sponsor_id=agent.sponsor_id, valid_from=now) for agent in agents)
    SponsorHistory.objects.bulk_create(history, batch_size=_BATCH_SIZE)
    changes = (
        LevelChange(agent=agent, to_level_id=agent.level_id, cause=ChangeCause.IMPORTED, changed_by=who, changed_at=now)
        for agent in agents
    )
    LevelChange.objects.bulk_create(changes, batch_size=_BATCH_SIZE)
    AgentTerm.objects.bulk_create((_term(agent, now) for agent in agents), batch_size=_BATCH_SIZE)
    for level in {level.pk: level for level in team.levels.values()}.values():
        guard_level(level)
    return [agent.pk for agent in agents]


def remove_team(agent_ids: Sequence[int]) -> None:
    """Take the agents away as if they had never been there. Raises TeamInUse when anything hangs on one of them."""
    values = {"ids": list(agent_ids)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM agents_agent WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE", values)
        cursor.execute(_TOUCHED, values)
        if cursor.fetchone()[0]:
            raise TeamInUse
        try:
            # A brand may not remove history; what an import wrote a moment ago is none yet.
            with transaction.atomic(), as_owner():
                for statement in _UNDO:
                    cursor.execute(statement, values)
        except IntegrityError as error:
            raise TeamInUse from error
    quotas.give_back("agents", len(agent_ids))


def _sponsors_first(team: Team) -> Iterator[TeamRow]:
    """Each row after its sponsor's: a foreign key is looked at with every batch."""
    done: set[int] = set()
    for start in team.rows:
        chain: list[TeamRow] = []
        row: TeamRow | None = start
        while row is not None and row.number not in done:
            chain.append(row)
            done.add(row.number)
            row = team.sponsor_rows.get(row.number)
        yield from reversed(chain)


def _agent(row: TeamRow, team: Team, ids: dict[int, int], codes: tuple[str, str], now: datetime) -> Agent:
    above = team.sponsor_rows.get(row.number)
    level = team.levels[row.number]
    joined_at = clock.day_bounds(row.joined_on)[0] if row.joined_on else now
    own_code, referral_code = codes
    return Agent(
        id=ids[row.number],
        code=row.code or own_code,
        name=row.name,
        phone=row.phone,
        level=level,
        sponsor_id=ids[above.number] if above else team.sponsor_ids.get(row.number),
        state=AgentState.ACTIVE,
        referral_code=referral_code,
        joined_at=joined_at,
        level_since=now,
        valid_until=row.valid_until or people.last_day(clock.business_date(now), level.contract_months),
        wechat_id=row.wechat_id,
        region_code=row.region_code,
        region=row.region,
        channel=row.channel,
    )


def _term(agent: Agent, now: datetime) -> AgentTerm:
    level: Level = agent.level
    starts_on = clock.business_date(agent.joined_at or now)
    if agent.valid_until is not None:
        starts_on = min(starts_on, agent.valid_until)
    return AgentTerm(
        agent=agent,
        level=level,
        starts_on=starts_on,
        ends_on=agent.valid_until,
        deposit=level.deposit,
        created_at=now,
    )


def _take_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_IDS, [count])
        return [identity for (identity,) in cursor.fetchall()]


def _fresh_codes(count: int) -> list[tuple[str, str]]:
    """Pairs of a made-up code and a referral code that nobody has. Chance repeats one hardly ever, but it may."""
    pairs: dict[str, str] = {}
    used: set[str] = set()
    while len(pairs) < count:
        wanted = {rules.make_agent_code(): make_code(8) for _number in range(count - len(pairs))}
        taken = set(Agent.objects.filter(code__in=list(wanted)).values_list("code", flat=True))
        referrals = Agent.objects.filter(referral_code__in=list(wanted.values()))
        taken_referrals = set(referrals.values_list("referral_code", flat=True)) | used
        for code, referral in wanted.items():
            if code not in taken and code not in pairs and referral not in taken_referrals:
                pairs[code] = referral
                used.add(referral)
                taken_referrals.add(referral)
    return list(pairs.items())
