"""The rungs of the network with their rights, and an agent's move from one to another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.codes import normalise_code
from kernel.core.errors import Conflict, Invalid, ReasonMissing
from kernel.core.integrity import refine_integrity_error
from kernel.database.rows import write_changes
from kernel.events import outbox
from kernel.tenancy.actors import current_actor
from tenant_apps.agents.events import LevelSet
from tenant_apps.agents.models import Agent, Level, LevelChange
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.services import certificates
from tenant_apps.agents.services.locking import lock_agent
from tenant_apps.agents.services.recording import record
from tenant_apps.agents.services.regions import guard_level, guard_region
from tenant_apps.agents.states import ChangeCause


class LevelRights(TypedDict, total=False):
    """Rights and duties of a level. Money in the brand's currency; `contract_months` None is without an end."""

    may_recruit: bool
    has_early_access: bool
    sees_team: bool
    deposit: Decimal
    contract_months: int | None
    first_order_minimum: Decimal
    is_exclusive_in_region: bool


class LevelFields(LevelRights, total=False):
    """Fields of a level."""

    code: str
    name: str
    rank: int


@dataclass(frozen=True, slots=True)
class RuledMove:
    """The step of an agent whom a rule has put on another level, with the figures it saw."""

    agent_id: int
    from_level_id: int
    to_level_id: int
    rule: str
    figures: Mapping[str, str]


class DuplicateLevel(Conflict):
    code = "duplicate_level"
    title = _("Another level has this")


class LevelInUse(Conflict):
    code = "level_in_use"
    title = _("Agents stand on this level, or once stood on it")


class UnknownLevel(Invalid):
    code = "unknown_level"
    title = _("There is no such level")


class InvalidLevel(Invalid):
    code = "invalid_level"
    title = _("The level breaks a rule")


_LEVEL_RULES = {
    "agents_level_code_unique": lambda: DuplicateLevel(_("Another level has this code."), field="code"),
    "agents_level_name_unique": lambda: DuplicateLevel(_("Another level has this name."), field="name"),
    "agents_level_rank_unique": lambda: DuplicateLevel(_("Another level has this rank."), field="rank"),
    "agents_level_rank_from_one": lambda: InvalidLevel(_("Ranks begin with 1."), field="rank"),
    "agents_level_code_upper_and_trimmed": lambda: InvalidLevel(_("The code is not valid."), field="code"),
    "agents_level_amounts_not_negative": lambda: InvalidLevel(_("Amounts are not negative."), field="deposit"),
    "agents_level_contract_months": lambda: InvalidLevel(
        _("A contract runs 1 to 120 months."), field="contract_months"
    ),
}


@transaction.atomic
def create_level(*, code: str, name: str, rank: int, **rights: Unpack[LevelRights]) -> Level:
    """Add a level; rank 1 is the highest. Raises DuplicateLevel, InvalidLevel."""
    with refine_integrity_error(_LEVEL_RULES):
        return Level.objects.create(code=normalise_code(code), name=name, rank=rank, **rights)


@transaction.atomic
def change_level(*, level_id: int, **changes: Unpack[LevelFields]) -> Level:
    """Change a level. Who has a team keeps it when the level may no longer recruit; nobody new comes below.

    Raises LevelNotFound, RegionTaken (two agents in one region of a level made exclusive), what create_level raises.
    """
    level = selectors.get_level(level_id=level_id)
    if "code" in changes:
        changes["code"] = normalise_code(changes["code"])
    with refine_integrity_error(_LEVEL_RULES):
        write_changes(level, changes)
    if "is_exclusive_in_region" in changes:
        guard_level(level)
    return level


@transaction.atomic
def delete_level(*, level_id: int) -> None:
    """Remove a level nobody stands on or stood on, and its prices. Raises LevelNotFound, LevelInUse."""
    try:
        selectors.get_level(level_id=level_id).delete()
    except models.ProtectedError as refusal:
        raise LevelInUse from refusal


@transaction.atomic
def move_to_level(
    *, agent_id: int, level_id: int, reason: str, now: datetime, locked_until: date | None = None
) -> Agent:
    """Put the agent on another level by hand, for later orders' prices and earnings.

    No rule moves the agent up to and including the day `locked_until`; None gives the agent back to the rules. A
    proposal that is open lapses by the event LevelSet. Raises AgentNotFound, UnknownLevel, ReasonMissing, RegionTaken.
    """
    if not reason.strip():
        raise ReasonMissing(_("A change by hand needs a reason"), field="reason")
    ensure_level_exists(level_id)
    agent = lock_agent(agent_id)
    before = {"level_id": agent.level_id, "locked_until": agent.level_locked_until}
    write_changes(agent, {"level_locked_until": locked_until})
    if agent.level_id != level_id:
        put_on_level(agent, level_id=level_id, cause=ChangeCause.MANUAL, reason=reason.strip(), now=now)
    outbox.publish(LevelSet(agent_id=agent.pk, set_at=now))
    record("level", agent, before, {"level_id": level_id, "locked_until": locked_until, "reason": reason.strip()})
    return selectors.get_agent(agent_id=agent_id)


def put_on_level(
    agent: Agent,
    *,
    level_id: int,
    cause: ChangeCause,
    now: datetime,
    reason: str = "",
    figures: Mapping[str, object] | None = None,
) -> None:
    """Write the level and its history row, for an agent whose row is locked. Raises RegionTaken."""
    change = LevelChange(
        agent=agent,
        from_level_id=agent.level_id,
        to_level_id=level_id,
        cause=cause,
        reason=reason[:500],
        figures=dict(figures or {}),
        changed_by=current_actor().label[:200],
        changed_at=now,
    )
    agent.level = selectors.get_level(level_id=level_id)
    write_changes(agent, {"level_id": level_id, "level_since": now})
    change.save(force_insert=True)
    guard_region(agent)
    certificates.reissue(agent_id=agent.pk, because=str(_("The level changed.")), now=now)


def record_ruled_moves(moves: Sequence[RuledMove], *, now: datetime) -> None:
    """Write the history of agents who stand on their new levels already, and issue their certificates anew.

    The number of statements does not grow with that of agents, but for batches.
    """
    changes = [
        LevelChange(
            agent_id=move.agent_id,
            from_level_id=move.from_level_id,
            to_level_id=move.to_level_id,
            cause=ChangeCause.RULE,
            reason=move.rule,
            figures=dict(move.figures),
            changed_by=current_actor().label[:200],
            changed_at=now,
        )
        for move in moves
    ]
    LevelChange.objects.bulk_create(changes, batch_size=1_000)
    certificates.reissue_many(
        agent_ids=[move.agent_id for move in moves], because=str(_("The level changed.")), now=now
    )
    audit.record_many(
        action="agents.level",
        records=[
            (
                f"agent:{move.agent_id}",
                {"level_id": move.from_level_id},
                {"level_id": move.to_level_id, "rule": move.rule, **move.figures},
            )
            for move in moves
        ],
    )


def record_first_level(agent: Agent, *, now: datetime, cause: ChangeCause = ChangeCause.JOINED) -> None:
    """Begin the history of levels of who has just become an agent. Raises RegionTaken."""
    Agent.objects.filter(id=agent.pk).update(level_since=now)
    LevelChange(
        agent=agent, to_level_id=agent.level_id, cause=cause, changed_by=current_actor().label[:200], changed_at=now
    ).save(force_insert=True)
    guard_region(agent)


def ensure_level_exists(level_id: int) -> None:
    """Raises UnknownLevel, naming `level_id`."""
    if not selectors.get_known_level_ids(level_ids=[level_id]):
        raise UnknownLevel(field="level_id")
