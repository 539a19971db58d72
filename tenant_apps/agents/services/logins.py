"""Logins of agents: created at enrolment, opened by a link that sets the password."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict
from kernel.database.rows import write_changes
from kernel.events import outbox
from kernel.tenancy.context import current_brand
from shared_apps.accounts.services import agent_logins
from tenant_apps.agents.events import AgentWelcomed
from tenant_apps.agents.models import Agent
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.states import AgentState


class NoLogin(Conflict):
    code = "no_login"
    title = _("The agent has no login that is open")


@transaction.atomic
def create_login(*, agent_id: int, email: str, origin: str, now: datetime) -> str:
    """Give the agent a login; return the invitation to send by hand, "" where it goes by mail to `email`.

    `origin` is the brand's address. Raises AgentNotFound, Invalid (naming the field), EmailTaken, PhoneTaken.
    """
    agent = selectors.get_agent(agent_id=agent_id)
    user = agent_logins.open_login(name=agent.name, phone=agent.phone, email=email or None, user_id=agent.user_id)
    write_changes(agent, {"user_id": user.pk})
    if email:
        outbox.publish(AgentWelcomed(agent_id=agent.pk, email=user.email or "", origin=origin))
        return ""
    return write_invitation(agent, origin=origin, now=now)


@transaction.atomic
def resend_invitation(*, agent_id: int, origin: str, now: datetime) -> str:
    """Return a new invitation; earlier links stop working. An active agent without a login gets one.

    Raises AgentNotFound, NoLogin (for an agent who is not active), PhoneTaken.
    """
    agent = selectors.get_agent(agent_id=agent_id)
    if agent.user_id is None and agent.state == AgentState.ACTIVE:
        return create_login(agent_id=agent_id, email="", origin=origin, now=now)
    return write_invitation(agent, origin=origin, now=now)


def write_invitation(agent: Agent, *, origin: str, now: datetime) -> str:
    """Write what to send to a new agent, with a link that works once within seven days. Raises NoLogin."""
    token = agent_logins.issue_welcome_token(user_id=agent.user_id, now=now) if agent.user_id else None
    if token is None:
        raise NoLogin
    words = {
        "brand": getattr(current_brand(), "name", ""),
        "name": agent.name,
        "code": agent.code,
        "address": f"{origin}/console/password/reset/?token={token}",
    }
    return (
        gettext(
            "%(name)s, you are an agent of %(brand)s now, number %(code)s. Set your password within 7 days: %(address)s"
        )
        % words
    )
