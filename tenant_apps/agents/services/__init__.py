"""What changes agents, their levels and their tree."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import TypedDict, Unpack

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit, clock, entitlements, masking, tenancy
from kernel.errors import Conflict, FieldError, Invalid
from kernel.integrity import refine_integrity_error
from kernel.states import IllegalTransition, compare_and_set, ensure_allowed
from tenant_apps.agents import rules, selectors
from tenant_apps.agents.models import Agent, Level, SponsorHistory
from tenant_apps.agents.rules import AgentDetails, AgentFields
from tenant_apps.agents.states import AGENT_TRANSITIONS, COUNTED_STATES, AgentState, Standing


class LevelFields(TypedDict, total=False):
    """What may be said of a level."""

    code: str
    name: str
    rank: int


class DuplicateLevel(Conflict):
    code = "duplicate_level"
    title = _("Another level has this")


class LevelInUse(Conflict):
    code = "level_in_use"
    title = _("Agents stand on this level")


class UnknownLevel(Invalid):
    code = "unknown_level"
    title = _("There is no such level")


class UnknownSponsor(Invalid):
    code = "unknown_sponsor"
    title = _("There is no such sponsor")


class SponsorNotActive(Conflict):
    code = "sponsor_not_active"
    title = _("The sponsor is not an active agent")


class CyclicSponsor(Conflict):
    code = "cyclic_sponsor"
    title = _("The sponsor stands below the agent")


class DuplicateAgent(Conflict):
    code = "duplicate_agent"
    title = _("Another agent has this")


class InvalidAgent(Invalid):
    code = "invalid_agent"
    title = _("The agent breaks a rule")


class _CodeTaken(DuplicateAgent):
    """A code made up by chance was already somebody's: try another."""


_LEVEL_RULES = {
    "agents_level_code_unique": lambda: DuplicateLevel(_("Another level has this code."), field="code"),
    "agents_level_name_unique": lambda: DuplicateLevel(_("Another level has this name."), field="name"),
    "agents_level_rank_unique": lambda: DuplicateLevel(_("Another level has this rank."), field="rank"),
    "agents_level_rank_from_one": lambda: InvalidAgent(_("Ranks begin with 1."), field="rank"),
    "agents_level_code_upper_and_trimmed": lambda: InvalidAgent(_("The code is not valid."), field="code"),
}
_AGENT_RULES = {
    "agents_agent_code_unique": lambda: DuplicateAgent(_("Another agent has this code."), field="code"),
    "agents_agent_phone_unique": lambda: DuplicateAgent(_("Another agent has this phone number."), field="phone"),
    "agents_agent_code_upper_and_trimmed": lambda: InvalidAgent(_("The code is not valid."), field="code"),
    "agents_agent_not_own_sponsor": lambda: CyclicSponsor(field="sponsor_id"),
}


@transaction.atomic
def create_level(*, code: str, name: str, rank: int) -> Level:
    """Add a level; rank 1 is the highest. Raises DuplicateLevel, InvalidAgent."""
    with refine_integrity_error(_LEVEL_RULES):
        return Level.objects.create(code=rules.normalise_code(code), name=name, rank=rank)


@transaction.atomic
def change_level(*, level_id: int, **changes: Unpack[LevelFields]) -> Level:
    """Change a level. Raises LevelNotFound and what create_level raises."""
    level = selectors.get_level(level_id=level_id)
    if "code" in changes:
        changes["code"] = rules.normalise_code(changes["code"])
    with refine_integrity_error(_LEVEL_RULES):
        _write(level, changes)
    return level


@transaction.atomic
def delete_level(*, level_id: int) -> None:
    """Remove a level nobody stands on, and its prices. Raises LevelNotFound, LevelInUse."""
    try:
        selectors.get_level(level_id=level_id).delete()
    except models.ProtectedError as refusal:
        raise LevelInUse from refusal


@transaction.atomic
def register_agent(
    *, name: str, phone: str, level_id: int, now: datetime, sponsor_id: int | None = None, **rest: Unpack[AgentDetails]
) -> Agent:
    """Write down an applicant; the agent may sell once approved. Codes are made up where none is given.

    Raises UnknownLevel, UnknownSponsor, SponsorNotActive, DuplicateAgent, InvalidAgent, QuotaExceeded.
    """
    prepared = _prepare({**rest, "name": name, "phone": phone})
    _check_level(level_id)
    if sponsor_id is not None:
        _check_sponsor(sponsor_id, as_of=clock.business_date(now))
    entitlements.take("agents")
    agent = _insert(prepared, level_id=level_id, sponsor_id=sponsor_id)
    # A newcomer has nobody below, so no sponsor can close a circle: the tree's lock is not needed here.
    SponsorHistory.objects.create(agent=agent, sponsor_id=sponsor_id, valid_from=now)
    _record("registered", agent, after={"code": agent.code, "level_id": level_id, "sponsor_id": sponsor_id})
    return agent


def _prepare(fields: AgentFields) -> AgentFields:
    """Write codes and numbers the one way they are stored, and refuse what no agent may carry."""
    prepared, broken = rules.prepare_fields(fields)
    if broken:
        raise InvalidAgent(errors=[FieldError(name, "invalid", detail) for name, detail in broken.items()])
    return prepared


def _check_level(level_id: int) -> None:
    if not selectors.get_known_level_ids(level_ids=[level_id]):
        raise UnknownLevel(field="level_id")


def _check_sponsor(sponsor_id: int, *, as_of: date) -> None:
    """Lock the sponsor against being suspended meanwhile, and refuse one who may not have a team."""
    sponsor = Agent.objects.select_for_update(no_key=True).filter(id=sponsor_id).first()
    if sponsor is None:
        raise UnknownSponsor(field="sponsor_id")
    if sponsor.standing(as_of) != Standing.ACTIVE:
        raise SponsorNotActive(field="sponsor_id")


def _insert(fields: AgentFields, *, level_id: int, sponsor_id: int | None) -> Agent:
    given = fields.pop("code", "")
    own_codes = ["agents_agent_referral_code_unique", *([] if given else ["agents_agent_code_unique"])]
    refusals = _AGENT_RULES | dict.fromkeys(own_codes, _CodeTaken)
    for _attempt in range(5):
        agent = Agent(level_id=level_id, sponsor_id=sponsor_id, **fields)
        agent.code = given or rules.make_agent_code()
        agent.referral_code = rules.make_code(8)
        # The savepoint inside lets the next attempt go on after a refusal.
        with suppress(_CodeTaken), refine_integrity_error(refusals), transaction.atomic():
            agent.save(force_insert=True)
            return agent
    raise _CodeTaken


@transaction.atomic
def change_agent(*, agent_id: int, **changes: Unpack[AgentFields]) -> Agent:
    """Change what is said of an agent. Raises AgentNotFound, DuplicateAgent, InvalidAgent."""
    prepared = _prepare(changes)
    agent = selectors.get_agent(agent_id=agent_id)
    before = {name: _shown(name, getattr(agent, name)) for name in prepared}
    with refine_integrity_error(_AGENT_RULES):
        _write(agent, prepared)
    _record("changed", agent, before, {name: _shown(name, value) for name, value in prepared.items()})
    return agent


def _shown(name: str, value: object) -> object:
    """What the audit log may show of a field."""
    mask = {"phone": masking.mask_phone, "id_number": masking.mask_id_number, "bank_card": masking.mask_bank_card}
    return mask[name](str(value)) if name in mask else value


@transaction.atomic
def move_to_level(*, agent_id: int, level_id: int) -> Agent:
    """Put the agent on another level, for later orders' prices and earnings. Raises AgentNotFound, UnknownLevel."""
    _check_level(level_id)
    agent = selectors.get_agent(agent_id=agent_id)
    _record("level", agent, {"level_id": agent.level_id}, {"level_id": level_id})
    _write(agent, {"level_id": level_id})
    return agent


@transaction.atomic
def approve_agent(*, agent_id: int, now: datetime) -> Agent:
    """Let an applicant sell. Raises AgentNotFound, IllegalTransition."""
    return _move(agent_id, AgentState.ACTIVE, expected=AgentState.APPLIED, joined_at=now)


@transaction.atomic
def reject_agent(*, agent_id: int, reason: str = "") -> Agent:
    """Refuse an applicant. Raises AgentNotFound, IllegalTransition."""
    return _move(agent_id, AgentState.REJECTED, reason=reason)


@transaction.atomic
def reconsider_agent(*, agent_id: int) -> Agent:
    """Put a refused applicant back among the applicants. Raises AgentNotFound, IllegalTransition, QuotaExceeded."""
    return _move(agent_id, AgentState.APPLIED)


@transaction.atomic
def suspend_agent(*, agent_id: int, reason: str = "") -> Agent:
    """Stop the agent from selling for now. Raises AgentNotFound, IllegalTransition."""
    return _move(agent_id, AgentState.SUSPENDED, reason=reason)


@transaction.atomic
def resume_agent(*, agent_id: int) -> Agent:
    """Let a suspended agent sell again. Raises AgentNotFound, IllegalTransition."""
    return _move(agent_id, AgentState.ACTIVE, expected=AgentState.SUSPENDED)


@transaction.atomic
def end_agent(*, agent_id: int, reason: str = "") -> Agent:
    """End the agent's contract for good; the team stays where it is. Raises AgentNotFound, IllegalTransition."""
    return _move(agent_id, AgentState.ENDED, reason=reason)


def _move(
    agent_id: int,
    wanted: AgentState,
    *,
    expected: AgentState | None = None,
    reason: str = "",
    joined_at: datetime | None = None,
) -> Agent:
    """Change the state. `expected` narrows where two ways lead to the same state: approving is not resuming."""
    agent = selectors.get_agent(agent_id=agent_id)
    before = AgentState(agent.state)
    ensure_allowed(AGENT_TRANSITIONS, now=before, wanted=wanted)
    if expected not in (None, before):
        raise IllegalTransition(now=before.value, wanted=wanted.value)
    one = Agent.objects.filter(id=agent_id)
    compare_and_set(one, expected=before, wanted=wanted, joined_at=joined_at or agent.joined_at)
    entitlements.follow("agents", was_counted=before in COUNTED_STATES, is_counted=wanted in COUNTED_STATES)
    after = {"state": wanted.value, **({"reason": reason} if reason else {})}
    _record(wanted.value, agent, {"state": before.value}, after)
    return selectors.get_agent(agent_id=agent_id)


@transaction.atomic
def change_sponsor(*, agent_id: int, sponsor_id: int | None, now: datetime) -> Agent:
    """Hang the agent, with the whole team, below another sponsor from `now` on; None makes the agent a root.

    The former row of the history is closed and a new one opened. Moves in one brand happen one after another, so that
    two at once cannot close a circle. Raises AgentNotFound, UnknownSponsor, SponsorNotActive, CyclicSponsor.
    """
    _lock_tree()
    agent = selectors.get_agent(agent_id=agent_id)
    if agent.sponsor_id == sponsor_id:
        return agent
    if sponsor_id is not None:
        if selectors.stands_above(agent_id=agent_id, member_id=sponsor_id):
            raise CyclicSponsor(field="sponsor_id")
        _check_sponsor(sponsor_id, as_of=clock.business_date(now))
    _record("sponsor", agent, {"sponsor_id": agent.sponsor_id}, {"sponsor_id": sponsor_id})
    _write(agent, {"sponsor_id": sponsor_id})
    present = SponsorHistory.objects.get(agent=agent, valid_to=None)
    # Whoever waited for the lock may have read the clock before the one who had it: the history still runs forward.
    moment = max(now, present.valid_from)
    SponsorHistory.objects.filter(id=present.pk).update(valid_to=moment)
    SponsorHistory.objects.create(agent=agent, sponsor_id=sponsor_id, valid_from=moment)
    return selectors.get_agent(agent_id=agent_id)


def _lock_tree() -> None:
    """Wait until nobody else moves agents in this brand's tree; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [rules.tree_lock_key(tenancy.current_schema())])


def _write(row: models.Model, changes: Mapping[str, object]) -> None:
    """Save the changed columns only, so that what somebody else changed meanwhile stays."""
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=[*changes, *(["updated_at"] if hasattr(row, "updated_at") else [])])


def _record(
    what: str, agent: Agent, before: Mapping[str, object] | None = None, after: Mapping[str, object] | None = None
) -> None:
    audit.record(action=f"agents.{what}", subject=f"agent:{agent.pk}", before=before, after=after)
