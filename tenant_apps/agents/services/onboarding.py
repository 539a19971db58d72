"""How an applicant becomes an agent: in the tree, on a level, with a term and a login."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import Conflict
from kernel.core.states import compare_and_set
from kernel.events import outbox
from kernel.tenancy.context import current_brand
from shared_apps.accounts.services import agent_logins
from shared_apps.entitlements.services import quotas
from tenant_apps.agents import selectors
from tenant_apps.agents.events import AgentWelcomed
from tenant_apps.agents.models import Agent, Application
from tenant_apps.agents.services import levels, lifecycle, register, terms, tree
from tenant_apps.agents.services.levels import note_first_level
from tenant_apps.agents.services.regions import guard_region
from tenant_apps.agents.services.writing import record, save_changes
from tenant_apps.agents.states import AgentState


class NoLogin(Conflict):
    code = "no_login"
    title = _("The agent has no login that is open")


def take_on(application: Application, *, level_id: int, sponsor_id: int | None, now: datetime) -> Agent:
    """Register and approve the applicant; somebody who was an agent before comes back as the same agent.

    Raises UnknownLevel, RegionTaken, UnknownSponsor, SponsorNotActive, QuotaExceeded.
    """
    levels.check_level(level_id)
    former = Agent.objects.select_for_update(no_key=True).filter(phone=application.phone).first()
    if former is None:
        agent = register.register_agent(
            name=application.name, phone=application.phone, level_id=level_id, sponsor_id=sponsor_id, now=now
        )
        agent = lifecycle.approve_agent(agent_id=agent.pk, now=now)
    else:
        agent = _come_back(former, level_id=level_id, sponsor_id=sponsor_id, now=now)
    save_changes(agent, _file_of(application))
    guard_region(agent)
    terms.begin(agent, starts_on=clock.business_date(now), now=now)
    return selectors.get_agent(agent_id=agent.pk)


@transaction.atomic
def welcome_again(*, agent_id: int, origin: str, now: datetime) -> str:
    """A new text with a link that sets the password; earlier links stop working. Who came by a file gets a login now.

    Raises AgentNotFound, NoLogin (for an agent who is not active), PhoneTaken.
    """
    agent = selectors.get_agent(agent_id=agent_id)
    if agent.user_id is None and agent.state == AgentState.ACTIVE:
        return open_door(agent, email="", origin=origin, now=now)[1]
    return message_for(agent, origin=origin, now=now)


def open_door(agent: Agent, *, email: str, origin: str, now: datetime) -> tuple[Agent, str]:
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


def _come_back(agent: Agent, *, level_id: int, sponsor_id: int | None, now: datetime) -> Agent:
    """Who ended, or was once rejected, keeps code and history; caller has refused everybody who still counts."""
    before = {"state": agent.state, "level_id": agent.level_id}
    one = Agent.objects.filter(id=agent.pk)
    compare_and_set(one, expected=AgentState(agent.state), wanted=AgentState.ACTIVE, joined_at=now, level_id=level_id)
    quotas.take("agents")
    tree.change_sponsor(agent_id=agent.pk, sponsor_id=sponsor_id, now=now)
    note_first_level(selectors.get_agent(agent_id=agent.pk), now=now)
    record("came_back", agent, before, {"state": AgentState.ACTIVE.value, "level_id": level_id})
    return selectors.get_agent(agent_id=agent.pk)


def _file_of(application: Application) -> dict[str, object]:
    """What the application says for the agent's file. What is not said does not wipe what is known."""
    told = {
        "name": application.name,
        "wechat_id": application.wechat_id,
        "region_code": application.region_code,
        "region": application.region,
        "channel": application.channel,
    }
    fields: dict[str, object] = {name: value for name, value in told.items() if value}
    if application.id_number:
        fields |= {
            "id_number": application.id_number,
            "identity_digest": application.identity_digest,
            "sensitive_consent_at": application.sensitive_consent_at,
        }
    return fields
