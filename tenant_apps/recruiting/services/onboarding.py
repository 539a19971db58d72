"""How an applicant becomes an agent: in the tree, on a level, with a term and a login."""

from datetime import datetime

from kernel.core import clock
from kernel.core.states import compare_and_set
from shared_apps.entitlements.services import quotas
from tenant_apps.agents import selectors
from tenant_apps.agents.models import Agent
from tenant_apps.agents.services import levels, lifecycle, register, terms, tree
from tenant_apps.agents.services.levels import record_first_level
from tenant_apps.agents.services.regions import guard_region
from tenant_apps.agents.services.writing import record, save_changes
from tenant_apps.agents.states import AgentState
from tenant_apps.recruiting.models import Application


def onboard_applicant(application: Application, *, level_id: int, sponsor_id: int | None, now: datetime) -> Agent:
    """Register and approve the applicant; somebody who was an agent before comes back as the same agent.

    Raises UnknownLevel, RegionTaken, UnknownSponsor, SponsorNotActive, QuotaExceeded.
    """
    levels.ensure_level_exists(level_id)
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


def _come_back(agent: Agent, *, level_id: int, sponsor_id: int | None, now: datetime) -> Agent:
    """Who ended, or was once rejected, keeps code and history; caller has refused everybody who still counts."""
    before = {"state": agent.state, "level_id": agent.level_id}
    one = Agent.objects.filter(id=agent.pk)
    compare_and_set(one, expected=AgentState(agent.state), wanted=AgentState.ACTIVE, joined_at=now, level_id=level_id)
    quotas.take("agents")
    tree.change_sponsor(agent_id=agent.pk, sponsor_id=sponsor_id, now=now)
    record_first_level(selectors.get_agent(agent_id=agent.pk), now=now)
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
