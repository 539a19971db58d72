"""How an applicant becomes an agent: in the tree, on a level, with a term and a login."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict
from kernel.events import outbox
from kernel.tenancy.context import current_brand
from shared_apps.accounts.services import agent_logins
from tenant_apps.agents import selectors
from tenant_apps.agents.events import AgentWelcomed
from tenant_apps.agents.models import Agent
from tenant_apps.agents.services.writing import save_changes
from tenant_apps.agents.states import AgentState


class NoLogin(Conflict):
    code = "no_login"
    title = _("The agent has no login that is open")


@transaction.atomic
def resend_invitation(*, agent_id: int, origin: str, now: datetime) -> str:
    """A new text with a link that sets the password; earlier links stop working. Who came by a file gets a login now.

    Raises AgentNotFound, NoLogin (for an agent who is not active), PhoneTaken.
    """
    agent = selectors.get_agent(agent_id=agent_id)
    if agent.user_id is None and agent.state == AgentState.ACTIVE:
        return create_login(agent, email="", origin=origin, now=now)[1]
    return message_for(agent, origin=origin, now=now)


def create_login(agent: Agent, *, email: str, origin: str, now: datetime) -> tuple[Agent, str]:
    """Give the agent a login; returns the agent and the text to send, or "" where it goes by mail.

    Raises Invalid (naming the field), EmailTaken, PhoneTaken.
    """
    user = agent_logins.open_login(name=agent.name, phone=agent.phone, email=email or None, user_id=agent.user_id)
    save_changes(agent, {"user_id": user.pk})
    if email:
        outbox.publish(AgentWelcomed(agent_id=agent.pk, email=user.email or "", origin=origin))
        return agent, ""
    return agent, message_for(agent, origin=origin, now=now)


def welcome_address(agent: Agent, *, origin: str, now: datetime) -> str:
    """The address at which the agent chooses a password: seven days, once. Raises NoLogin."""
    token = agent_logins.issue_welcome_token(user_id=agent.user_id, now=now) if agent.user_id else None
    if token is None:
        raise NoLogin
    return f"{origin}/console/password/reset/?token={token}"


def message_for(agent: Agent, *, origin: str, now: datetime) -> str:
    """What to send to a new agent, in the language at work. Raises NoLogin."""
    words = {
        "brand": getattr(current_brand(), "name", ""),
        "name": agent.name,
        "code": agent.code,
        "address": welcome_address(agent, origin=origin, now=now),
    }
    return (
        gettext(
            "%(name)s, you are an agent of %(brand)s now, number %(code)s. Set your password within 7 days: %(address)s"
        )
        % words
    )
