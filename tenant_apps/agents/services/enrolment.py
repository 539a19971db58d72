"""Enrol agents: the one way by which somebody begins to sell, or comes back after the contract ended.

An approved application leads here, whoever made it; so every agent has a term, owes the level's deposit and stands in
the histories of levels and sponsors from the first day.
"""

from contextlib import suppress
from datetime import date, datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.codes import make_code
from kernel.core.integrity import refine_integrity_error
from kernel.database.rows import write_changes
from shared_apps.entitlements.services import quotas
from tenant_apps.agents.models import Agent, SponsorHistory
from tenant_apps.agents.rules import agents as rules
from tenant_apps.agents.rules import people
from tenant_apps.agents.rules.agents import AgentChanges, AgentFields
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.services import levels, terms, tree
from tenant_apps.agents.services.recording import record
from tenant_apps.agents.services.register import AGENT_REFUSALS, DuplicateAgent, InvalidAgent, prepare_agent
from tenant_apps.agents.states import COUNTED_STATES, AgentState

_ATTEMPTS = 5


class AgentDetails(TypedDict, total=False):
    """Optional facts of a new agent. Empty values say nothing; `region` is the name of `region_code`."""

    code: str
    wechat_id: str
    region_code: str
    region: str
    channel: str
    id_number: str
    sensitive_consent_at: datetime | None
    valid_until: date | None


class _CodeTaken(DuplicateAgent):
    """A code made up by chance was already somebody's: try another."""


@transaction.atomic
def enrol_agent(
    *,
    name: str,
    phone: str,
    level_id: int,
    now: datetime,
    sponsor_id: int | None = None,
    **details: Unpack[AgentDetails],
) -> Agent:
    """Make an active agent on the level, below the sponsor, with a term that begins today.

    The term is as long as the level says, or ends on `valid_until`. A code is made up where none is given. Who was an
    agent before with this phone number comes back as the same agent, with code and history. Raises UnknownLevel,
    UnknownSponsor, SponsorNotActive, SponsorMayNotRecruit, DuplicateAgent, InvalidAgent, RegionTaken, QuotaExceeded.
    """
    today = clock.business_date(now)
    ends_on = details.get("valid_until")
    if ends_on is not None and ends_on < today:
        raise InvalidAgent(_("The contract would have ended before today."), field="valid_until")
    given: AgentChanges = {"name": name, "phone": phone}
    if code := details.get("code"):
        given["code"] = code
    prepared = prepare_agent(given)
    levels.ensure_level_exists(level_id)
    former = Agent.objects.select_for_update(no_key=True).filter(phone=prepared["phone"]).first()
    if former is None:
        agent = _register(prepared, level_id=level_id, sponsor_id=sponsor_id, now=now)
    else:
        agent = _bring_back(former, prepared, level_id=level_id, sponsor_id=sponsor_id, now=now)
    write_changes(agent, _file_of(details))
    levels.record_first_level(agent, now=now)
    terms.begin(agent, starts_on=today, now=now, ends_on=ends_on)
    return selectors.get_agent(agent_id=agent.pk)


def _register(fields: AgentFields, *, level_id: int, sponsor_id: int | None, now: datetime) -> Agent:
    if sponsor_id is not None:
        tree.ensure_possible_sponsor(sponsor_id, as_of=clock.business_date(now))
    quotas.take("agents")
    agent = _insert(fields, level_id=level_id, sponsor_id=sponsor_id, now=now)
    # A newcomer has nobody below, so no sponsor can close a circle: the tree's lock is not needed here.
    SponsorHistory.objects.create(agent=agent, sponsor_id=sponsor_id, valid_from=now)
    record("registered", agent, after={"code": agent.code, "level_id": level_id, "sponsor_id": sponsor_id})
    return selectors.get_agent(agent_id=agent.pk)


def _insert(fields: AgentFields, *, level_id: int, sponsor_id: int | None, now: datetime) -> Agent:
    given = fields.pop("code", "")
    own_codes = ["agents_agent_referral_code_unique", *([] if given else ["agents_agent_code_unique"])]
    refusals = AGENT_REFUSALS | dict.fromkeys(own_codes, _CodeTaken)
    for _attempt in range(_ATTEMPTS):
        agent = Agent(level_id=level_id, sponsor_id=sponsor_id, joined_at=now, **fields)
        agent.code = given or rules.make_agent_code()
        agent.referral_code = make_code(8)
        # The savepoint inside lets the next attempt go on after a refusal.
        with suppress(_CodeTaken), refine_integrity_error(refusals), transaction.atomic():
            agent.save(force_insert=True)
            return agent
    raise _CodeTaken


def _bring_back(agent: Agent, fields: AgentFields, *, level_id: int, sponsor_id: int | None, now: datetime) -> Agent:
    if agent.state in COUNTED_STATES:
        raise DuplicateAgent(_("Another agent has this phone number."), field="phone")
    before = {"state": agent.state, "level_id": agent.level_id}
    quotas.take("agents")
    after = {**fields, "state": AgentState.ACTIVE, "level_id": level_id, "joined_at": now}
    with refine_integrity_error(AGENT_REFUSALS):
        write_changes(agent, after)
    tree.change_sponsor(agent_id=agent.pk, sponsor_id=sponsor_id, now=now)
    record("came_back", agent, before, {"state": AgentState.ACTIVE.value, "level_id": level_id})
    return selectors.get_agent(agent_id=agent.pk)


def _file_of(details: AgentDetails) -> dict[str, object]:
    """The columns of what is said. What is not said does not wipe what is known of somebody who comes back."""
    told = {
        "wechat_id": details.get("wechat_id"),
        "region_code": details.get("region_code"),
        "region": details.get("region"),
        "channel": details.get("channel"),
    }
    fields: dict[str, object] = {name: value for name, value in told.items() if value}
    if id_number := details.get("id_number"):
        fields["id_number"] = id_number
        fields["identity_digest"] = people.identity_digest(id_number)
        fields["sensitive_consent_at"] = details.get("sensitive_consent_at")
    return fields
