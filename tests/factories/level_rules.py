"""Rules of levels, and what they lead to."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tenant_apps.agents.models import Agent, Level
from tenant_apps.ranks.models import LevelProposal
from tenant_apps.ranks.services.level_rules import (
    RuleSpec,
)
from tests.factories.network import rung


def at(month: int, day: int, hour: int = 2) -> datetime:
    """A moment of 2026 in the night's first hours of the brand: 10:00 in Shanghai."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.fixture
def levels() -> tuple[Level, Level]:
    """Silver is made first, so that ids and ranks run against each other."""
    silver = rung("SILVER", 2)
    return rung("GOLD", 1), silver


def up(levels: tuple[Level, Level], **changes: Any) -> RuleSpec:
    gold, silver = levels
    spec = RuleSpec("up", "promote", silver.pk, gold.pk, "own", "month", Decimal(1000))
    return replace(spec, **changes)


def down(levels: tuple[Level, Level], **changes: Any) -> RuleSpec:
    gold, silver = levels
    spec = RuleSpec("down", "demote", gold.pk, silver.pk, "own", "month", Decimal(500))
    return replace(spec, **changes)


def level_of(agent: Agent) -> str:
    return Agent.objects.select_related("level").get(pk=agent.pk).level.code


def open_proposals() -> list[LevelProposal]:
    return list(LevelProposal.objects.filter(state="open").order_by("agent_id"))
