"""Suspend, resume and end agents."""

from django.db import transaction

from kernel.core.states import compare_and_set, ensure_allowed
from shared_apps.accounts.services import agent_logins
from shared_apps.entitlements.services import quotas
from tenant_apps.agents.models import Agent
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.services.recording import record
from tenant_apps.agents.states import AGENT_TRANSITIONS, COUNTED_STATES, AgentState


@transaction.atomic
def suspend_agent(*, agent_id: int, reason: str = "") -> Agent:
    """Stop the agent from selling for now. Raises AgentNotFound, IllegalTransition."""
    return _move(agent_id, AgentState.SUSPENDED, reason=reason)


@transaction.atomic
def resume_agent(*, agent_id: int) -> Agent:
    """Let a suspended agent sell again. Raises AgentNotFound, IllegalTransition."""
    return _move(agent_id, AgentState.ACTIVE)


@transaction.atomic
def end_agent(*, agent_id: int, reason: str = "") -> Agent:
    """End the agent's contract for good; the login closes, the team stays where it is.

    Raises AgentNotFound, IllegalTransition.
    """
    agent = _move(agent_id, AgentState.ENDED, reason=reason)
    if agent.user_id is not None:
        agent_logins.close_login(user_id=agent.user_id)
    return agent


def _move(agent_id: int, wanted: AgentState, *, reason: str = "") -> Agent:
    agent = selectors.get_agent(agent_id=agent_id)
    before = AgentState(agent.state)
    ensure_allowed(AGENT_TRANSITIONS, now=before, wanted=wanted)
    compare_and_set(Agent.objects.filter(id=agent_id), expected=before, wanted=wanted)
    quotas.follow("agents", was_counted=before in COUNTED_STATES, is_counted=wanted in COUNTED_STATES)
    after = {"state": wanted.value, **({"reason": reason} if reason else {})}
    record(wanted.value, agent, {"state": before.value}, after)
    return selectors.get_agent(agent_id=agent_id)
