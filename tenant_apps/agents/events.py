"""Facts about agents that are acted on after the request is over."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kernel.events.outbox import event


@event("agents.agent_welcomed")
@dataclass(frozen=True)
class AgentWelcomed:
    """A new agent is to choose a password, by a link sent to `email`. The link is made when it is sent."""

    agent_id: int
    email: str
    origin: str


@event("agents.contract_ends_soon")
@dataclass(frozen=True)
class ContractEndsSoon:
    """An agent's contract ends in `days` (30, 7 or 1) days or less, on `valid_until`."""

    agent_id: int
    days: int
    valid_until: date


@event("agents.level_set")
@dataclass(frozen=True)
class LevelSet:
    """The staff put an agent on a level, or fixed it there; what rules proposed before `set_at` is no longer due."""

    agent_id: int
    set_at: datetime


@event("agents.deposit_recorded")
@dataclass(frozen=True)
class DepositRecorded:
    """The deposit (money) of an agent's term was paid at `paid_at`, or returned at `occurred_at`."""

    agent_id: int
    term_id: int
    what: str  # "paid" or "returned"
    amount: Decimal
    paid_at: datetime
    occurred_at: datetime
