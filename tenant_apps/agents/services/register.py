"""Change an agent's name, phone, code and last day."""

from typing import Unpack

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict, FieldError, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.database.rows import write_changes
from kernel.privacy import masking
from shared_apps.accounts.services import agent_logins
from tenant_apps.agents.models import Agent
from tenant_apps.agents.rules import agents as rules
from tenant_apps.agents.rules.agents import AgentChanges, AgentFields
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.services.recording import record
from tenant_apps.agents.services.tree import CyclicSponsor


class DuplicateAgent(Conflict):
    code = "duplicate_agent"
    title = _("Another agent has this")


class InvalidAgent(Invalid):
    code = "invalid_agent"
    title = _("The agent breaks a rule")


AGENT_REFUSALS = {
    "agents_agent_code_unique": lambda: DuplicateAgent(_("Another agent has this code."), field="code"),
    "agents_agent_phone_unique": lambda: DuplicateAgent(_("Another agent has this phone number."), field="phone"),
    "agents_agent_code_upper_and_trimmed": lambda: InvalidAgent(_("The code is not valid."), field="code"),
    "agents_agent_not_own_sponsor": lambda: CyclicSponsor(field="sponsor_id"),
}


def prepare_agent(fields: AgentChanges) -> AgentFields:
    """Return the fields as stored. Raises InvalidAgent naming every field that breaks a rule."""
    prepared, broken = rules.prepare_fields(fields)
    if broken:
        raise InvalidAgent(errors=[FieldError(name, "invalid", detail) for name, detail in broken.items()])
    return prepared


@transaction.atomic
def change_agent(*, agent_id: int, **changes: Unpack[AgentChanges]) -> Agent:
    """Change what is said of an agent; the login follows the phone number.

    Raises AgentNotFound, DuplicateAgent, InvalidAgent, PhoneTaken.
    """
    prepared = prepare_agent(changes)
    agent = selectors.get_agent(agent_id=agent_id)
    before = {name: _shown(name, getattr(agent, name)) for name in prepared}
    with refine_integrity_error(AGENT_REFUSALS):
        write_changes(agent, prepared)
    if "phone" in prepared and agent.user_id is not None:
        agent_logins.change_phone(user_id=agent.user_id, phone=prepared["phone"])
    record("changed", agent, before, {name: _shown(name, value) for name, value in prepared.items()})
    return agent


def _shown(name: str, value: object) -> object:
    """Return a field as the audit log may show it."""
    return masking.mask_phone(str(value)) if name == "phone" else value
