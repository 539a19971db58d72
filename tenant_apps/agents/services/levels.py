"""The rungs of the network, and an agent's move from one to another."""

from typing import TypedDict, Unpack

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from kernel.errors import Conflict, Invalid
from kernel.integrity import refine_integrity_error
from tenant_apps.agents import rules, selectors
from tenant_apps.agents.models import Agent, Level
from tenant_apps.agents.services.writing import record, save_changes


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


class InvalidLevel(Invalid):
    code = "invalid_level"
    title = _("The level breaks a rule")


_LEVEL_RULES = {
    "agents_level_code_unique": lambda: DuplicateLevel(_("Another level has this code."), field="code"),
    "agents_level_name_unique": lambda: DuplicateLevel(_("Another level has this name."), field="name"),
    "agents_level_rank_unique": lambda: DuplicateLevel(_("Another level has this rank."), field="rank"),
    "agents_level_rank_from_one": lambda: InvalidLevel(_("Ranks begin with 1."), field="rank"),
    "agents_level_code_upper_and_trimmed": lambda: InvalidLevel(_("The code is not valid."), field="code"),
}


@transaction.atomic
def create_level(*, code: str, name: str, rank: int) -> Level:
    """Add a level; rank 1 is the highest. Raises DuplicateLevel, InvalidLevel."""
    with refine_integrity_error(_LEVEL_RULES):
        return Level.objects.create(code=rules.normalise_code(code), name=name, rank=rank)


@transaction.atomic
def change_level(*, level_id: int, **changes: Unpack[LevelFields]) -> Level:
    """Change a level. Raises LevelNotFound and what create_level raises."""
    level = selectors.get_level(level_id=level_id)
    if "code" in changes:
        changes["code"] = rules.normalise_code(changes["code"])
    with refine_integrity_error(_LEVEL_RULES):
        save_changes(level, changes)
    return level


@transaction.atomic
def delete_level(*, level_id: int) -> None:
    """Remove a level nobody stands on, and its prices. Raises LevelNotFound, LevelInUse."""
    try:
        selectors.get_level(level_id=level_id).delete()
    except models.ProtectedError as refusal:
        raise LevelInUse from refusal


@transaction.atomic
def move_to_level(*, agent_id: int, level_id: int) -> Agent:
    """Put the agent on another level, for later orders' prices and earnings. Raises AgentNotFound, UnknownLevel."""
    check_level(level_id)
    agent = selectors.get_agent(agent_id=agent_id)
    record("level", agent, {"level_id": agent.level_id}, {"level_id": level_id})
    save_changes(agent, {"level_id": level_id})
    return agent


def check_level(level_id: int) -> None:
    if not selectors.get_known_level_ids(level_ids=[level_id]):
        raise UnknownLevel(field="level_id")
