"""Enrol many agents at once, and take them away again while nothing hangs on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
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
# What the enrolment itself wrote. Anything else that points to one of the agents stops the last statement.
_REMOVE = (
    "DELETE FROM agents_agentterm WHERE agent_id = ANY(%(ids)s)",
    "DELETE FROM agents_levelchange WHERE agent_id = ANY(%(ids)s)",
    "DELETE FROM agents_sponsorhistory WHERE agent_id = ANY(%(ids)s)",
    "DELETE FROM agents_agent WHERE id = ANY(%(ids)s)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgent:
    """An agent to enrol. The sponsor is another of them, by its place among them, or an agent there is, or nobody.

    A code is made up where none is given; the contract runs as long as the level says without `valid_until`.
    """

    name: str
    phone: str
    level: Level
    sponsor_place: int | None = None
    sponsor_id: int | None = None
    code: str = ""
    wechat_id: str = ""
    region_code: str = ""
    region: str = ""
    channel: str = ""
    joined_on: date | None = None
    valid_until: date | None = None


class TeamInUse(Conflict):
    code = "team_in_use"
    title = _("These agents are in use already: the import cannot be undone")


def enrol_many(newcomers: Sequence[NewAgent], *, now: datetime) -> list[int]:
    """Make all agents, active from now on, with tree, history, levels and terms; returns their ids.

    Sponsors come before those below them. The places of the plan are taken at once. Needs a transaction and the tree's
    lock. Raises QuotaExceeded, RegionTaken.
    """
    if not newcomers:
        return []
    quotas.take("agents", len(newcomers))
    ids = _take_ids(len(newcomers))
    codes = _fresh_codes(len(newcomers))
    agents = [
        _agent(new, ids[place], ids[new.sponsor_place] if new.sponsor_place is not None else new.sponsor_id, pair, now)
        for place, (new, pair) in enumerate(zip(newcomers, codes, strict=True))
    ]
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
    for level in {new.level.pk: new.level for new in newcomers}.values():
        guard_level(level)
    return ids


def remove_many(agent_ids: Sequence[int]) -> None:
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
                for statement in _REMOVE:
                    cursor.execute(statement, values)
        except IntegrityError as error:
            raise TeamInUse from error
    quotas.give_back("agents", len(agent_ids))


def _agent(new: NewAgent, agent_id: int, sponsor_id: int | None, codes: tuple[str, str], now: datetime) -> Agent:
    own_code, referral_code = codes
    return Agent(
        id=agent_id,
        code=new.code or own_code,
        name=new.name,
        phone=new.phone,
        level=new.level,
        sponsor_id=sponsor_id,
        state=AgentState.ACTIVE,
        referral_code=referral_code,
        joined_at=clock.day_bounds(new.joined_on)[0] if new.joined_on else now,
        level_since=now,
        valid_until=new.valid_until or people.last_day(clock.business_date(now), new.level.contract_months),
        wechat_id=new.wechat_id,
        region_code=new.region_code,
        region=new.region,
        channel=new.channel,
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
