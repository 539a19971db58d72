"""ID numbers and bank accounts: stored with a consent of their own, shown in full only for a reason, forgotten."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import FieldError, Invalid, NotFound, ReasonMissing
from kernel.database.rows import write_changes
from kernel.privacy import masking
from kernel.tenancy.actors import current_actor
from tenant_apps.agents.models import Agent, SensitiveLook
from tenant_apps.agents.rules import agents as rules
from tenant_apps.agents.rules import people
from tenant_apps.agents.rules.agents import AgentFields
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.services.recording import record
from tenant_apps.agents.states import SensitiveField


class ConsentMissing(Invalid):
    code = "consent_missing"
    title = _("ID numbers and bank accounts need a consent of their own")


class InvalidSecret(Invalid):
    code = "invalid_sensitive_data"
    title = _("This number is not valid")


class NothingStored(NotFound):
    code = "nothing_stored"
    title = _("Nothing is stored there")


@transaction.atomic
def store(
    *, agent_id: int, consented: bool, now: datetime, id_number: str = "", bank_card: str = "", bank_name: str = ""
) -> Agent:
    """Store what is given, encrypted; what is empty stays as it is. `consented`: the agent agreed separately.

    Raises AgentNotFound, ConsentMissing, InvalidSecret.
    """
    agent = _lock(agent_id)
    if not consented and agent.sensitive_consent_at is None:
        raise ConsentMissing(field="consented")
    given: AgentFields = {}
    if id_number:
        given["id_number"] = id_number
    if bank_card:
        given["bank_card"] = bank_card
    prepared, broken = rules.prepare_fields(given)
    if broken:
        raise InvalidSecret(errors=[FieldError(name, "invalid", detail) for name, detail in broken.items()])
    changes: dict[str, object] = dict(prepared)
    if "id_number" in prepared:
        changes["identity_digest"] = people.identity_digest(prepared["id_number"])
    if bank_name:
        changes["bank_name"] = bank_name.strip()[:100]
    if consented:
        changes["sensitive_consent_at"] = now
    record("sensitive_stored", agent, after={**_masked(prepared), "consented": consented})
    write_changes(agent, changes)
    return selectors.get_agent(agent_id=agent_id)


@transaction.atomic
def look(*, agent_id: int, field: str, reason: str, now: datetime) -> str:
    """The number in full; that it was seen, by whom and why, is kept for ever.

    Raises AgentNotFound, ReasonMissing, NothingStored.
    """
    if not reason.strip():
        raise ReasonMissing(_("Say why it has to be seen in full"), field="reason")
    agent = selectors.get_agent(agent_id=agent_id)
    value: str = getattr(agent, SensitiveField(field).value)
    if not value:
        raise NothingStored(field="field")
    actor = current_actor()
    SensitiveLook(
        agent=agent,
        field=field,
        reason=reason.strip()[:300],
        looked_by_id=actor.id,
        looked_by=actor.label[:200],
        looked_at=now,
    ).save(force_insert=True)
    record("sensitive_seen", agent, after={"field": field, "reason": reason.strip()})
    return value


@transaction.atomic
def forget(*, agent_id: int) -> Agent:
    """Delete both numbers: the agent has taken the consent back, or they are needed no more. Raises AgentNotFound."""
    agent = _lock(agent_id)
    wiped = {"id_number": "", "bank_card": "", "bank_name": "", "identity_digest": "", "sensitive_consent_at": None}
    write_changes(agent, wiped)
    record("sensitive_forgotten", agent)
    return selectors.get_agent(agent_id=agent_id)


def _masked(fields: AgentFields) -> dict[str, object]:
    masked: dict[str, object] = {}
    if "id_number" in fields:
        masked["id_number"] = masking.mask_id_number(fields["id_number"])
    if "bank_card" in fields:
        masked["bank_card"] = masking.mask_bank_card(fields["bank_card"])
    return masked


def _lock(agent_id: int) -> Agent:
    agent = Agent.objects.select_for_update(no_key=True).filter(id=agent_id).first()
    if agent is None:
        raise selectors.AgentNotFound
    return agent
