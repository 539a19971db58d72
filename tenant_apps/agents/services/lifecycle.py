"""An agent's life: approved, suspended, ended."""

from datetime import datetime

from django.db import transaction

from kernel.core.states import IllegalTransition, compare_and_set, ensure_allowed
from shared_apps.accounts.services import agent_logins
from shared_apps.entitlements.services import quotas
from tenant_apps.agents import selectors
from tenant_apps.agents.models import Agent
from tenant_apps.agents.services.levels import record_first_level
from tenant_apps.agents.services.writing import record
from tenant_apps.agents.states import AGENT_TRANSITIONS, COUNTED_STATES, AgentState


@transaction.atomic
def approve_agent(*, agent_id: int, now: datetime) -> Agent:
    """Let an applicant sell. Raises AgentNotFound, IllegalTransition, RegionTaken."""
    agent = _move(agent_id, AgentState.ACTIVE, expected=AgentState.APPLIED, joined_at=now)
    record_first_level(agent, now=now)
    return agent


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
    """End the agent's contract for good; the login closes, the team stays where it is.

    Raises AgentNotFound, IllegalTransition.
    """
    agent = _move(agent_id, AgentState.ENDED, reason=reason)
    if agent.user_id is not None:
        agent_logins.close_login(user_id=agent.user_id)
    return agent


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
    quotas.follow("agents", was_counted=before in COUNTED_STATES, is_counted=wanted in COUNTED_STATES)
    after = {"state": wanted.value, **({"reason": reason} if reason else {})}
    record(wanted.value, agent, {"state": before.value}, after)
    return selectors.get_agent(agent_id=agent_id)
