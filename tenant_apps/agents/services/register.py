"""Writing down an agent, and changing what is said of one."""

from contextlib import suppress
from datetime import datetime
from typing import Unpack

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import Conflict, FieldError, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.privacy import masking
from shared_apps.accounts.services import agent_logins
from shared_apps.entitlements.services import quotas
from tenant_apps.agents import rules, selectors
from tenant_apps.agents.models import Agent, SponsorHistory
from tenant_apps.agents.rules import AgentChanges, AgentDetails, AgentFields
from tenant_apps.agents.services.levels import ensure_level_exists
from tenant_apps.agents.services.tree import CyclicSponsor, ensure_possible_sponsor
from tenant_apps.agents.services.writing import record, save_changes


class DuplicateAgent(Conflict):
    code = "duplicate_agent"
    title = _("Another agent has this")


class InvalidAgent(Invalid):
    code = "invalid_agent"
    title = _("The agent breaks a rule")


class _CodeTaken(DuplicateAgent):
    """A code made up by chance was already somebody's: try another."""


_AGENT_RULES = {
    "agents_agent_code_unique": lambda: DuplicateAgent(_("Another agent has this code."), field="code"),
    "agents_agent_phone_unique": lambda: DuplicateAgent(_("Another agent has this phone number."), field="phone"),
    "agents_agent_code_upper_and_trimmed": lambda: InvalidAgent(_("The code is not valid."), field="code"),
    "agents_agent_not_own_sponsor": lambda: CyclicSponsor(field="sponsor_id"),
}


@transaction.atomic
def register_agent(
    *, name: str, phone: str, level_id: int, now: datetime, sponsor_id: int | None = None, **rest: Unpack[AgentDetails]
) -> Agent:
    """Write down an applicant; the agent may sell once approved. Codes are made up where none is given.

    Raises UnknownLevel, UnknownSponsor, SponsorNotActive, DuplicateAgent, InvalidAgent, QuotaExceeded.
    """
    prepared = _prepare(AgentChanges(**rest, name=name, phone=phone))
    ensure_level_exists(level_id)
    if sponsor_id is not None:
        ensure_possible_sponsor(sponsor_id, as_of=clock.business_date(now))
    quotas.take("agents")
    agent = _insert(prepared, level_id=level_id, sponsor_id=sponsor_id)
    # A newcomer has nobody below, so no sponsor can close a circle: the tree's lock is not needed here.
    SponsorHistory.objects.create(agent=agent, sponsor_id=sponsor_id, valid_from=now)
    record("registered", agent, after={"code": agent.code, "level_id": level_id, "sponsor_id": sponsor_id})
    return agent


def _prepare(fields: AgentChanges) -> AgentFields:
    """Write codes and numbers the one way they are stored, and refuse what no agent may carry."""
    prepared, broken = rules.prepare_fields(fields)
    if broken:
        raise InvalidAgent(errors=[FieldError(name, "invalid", detail) for name, detail in broken.items()])
    return prepared


def _insert(fields: AgentFields, *, level_id: int, sponsor_id: int | None) -> Agent:
    given = fields.pop("code", "")
    own_codes = ["agents_agent_referral_code_unique", *([] if given else ["agents_agent_code_unique"])]
    refusals = _AGENT_RULES | dict.fromkeys(own_codes, _CodeTaken)
    for _attempt in range(5):
        agent = Agent(level_id=level_id, sponsor_id=sponsor_id, **fields)
        agent.code = given or rules.make_agent_code()
        agent.referral_code = rules.make_code(8)
        # The savepoint inside lets the next attempt go on after a refusal.
        with suppress(_CodeTaken), refine_integrity_error(refusals), transaction.atomic():
            agent.save(force_insert=True)
            return agent
    raise _CodeTaken


@transaction.atomic
def change_agent(*, agent_id: int, **changes: Unpack[AgentChanges]) -> Agent:
    """Change what is said of an agent; the login follows the phone number.

    Raises AgentNotFound, DuplicateAgent, InvalidAgent, PhoneTaken.
    """
    prepared = _prepare(changes)
    agent = selectors.get_agent(agent_id=agent_id)
    before = {name: _shown(name, getattr(agent, name)) for name in prepared}
    with refine_integrity_error(_AGENT_RULES):
        save_changes(agent, prepared)
    if "phone" in prepared and agent.user_id is not None:
        agent_logins.change_phone(user_id=agent.user_id, phone=prepared["phone"])
    record("changed", agent, before, {name: _shown(name, value) for name, value in prepared.items()})
    return agent


def _shown(name: str, value: object) -> object:
    """What the audit log may show of a field."""
    return masking.mask_phone(str(value)) if name == "phone" else value
