"""A network of agents grown in one go, and what they sold."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count

from tenant_apps.agents.models import Agent, Level
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.ranks.services.results import post_sales

JOINED = datetime(2026, 1, 5, 2, tzinfo=UTC)
_numbers = count(1)


def rung(code: str, rank: int, **rights: object) -> Level:
    """A level."""
    return create_level(code=code, name=code, rank=rank, **rights)  # type: ignore[arg-type]  # a test says what it likes


def grow(sponsors: Sequence[int | None], level: Level | None = None, *, joined: datetime = JOINED) -> list[Agent]:
    """Active agents in order; each entry is the place of the agent's sponsor in the list, or None."""
    level = level or Level.objects.first() or rung("L", 1)
    agents: list[Agent] = []
    for above in sponsors:
        number = next(_numbers)
        agent = enrol_agent(
            name=f"agent {number}",
            phone=f"+86137{number:08}",
            level_id=level.pk,
            sponsor_id=None if above is None else agents[above].pk,
            now=joined,
        )
        agents.append(agent)
    return agents


def sold(agent: Agent, day: date, amount: int | Decimal) -> None:
    """Post sales (or, below zero, a refund) of one source."""
    post_sales(agent_id=agent.pk, source=f"test:{next(_numbers)}", day=day, amount=Decimal(amount))
