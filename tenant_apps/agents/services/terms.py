"""Contract terms: begun, renewed, and what was paid and returned of the deposit."""

from datetime import date, datetime, timedelta
from typing import Literal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import Conflict, Invalid, NotFound
from kernel.database.rows import write_changes
from kernel.events import outbox
from tenant_apps.agents.events import DepositRecorded
from tenant_apps.agents.models import Agent, AgentTerm
from tenant_apps.agents.rules import people
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.services import certificates
from tenant_apps.agents.services.recording import record
from tenant_apps.agents.states import AgentState


class TermNotFound(NotFound):
    code = "term_not_found"
    title = _("There is no such contract term")


class InvalidTerm(Invalid):
    code = "invalid_term"
    title = _("The contract term breaks a rule")


class TermNotPossible(Conflict):
    code = "term_not_possible"
    title = _("This agent's contract cannot be renewed")


class DepositRefused(Conflict):
    code = "deposit_refused"
    title = _("This does not fit what is known of the deposit")


def begin(agent: Agent, *, starts_on: date, now: datetime, ends_on: date | None = None) -> AgentTerm:
    """Begin the first term, with the level's deposit, up to `ends_on` or as long as the level says.

    A term that began the same day is written anew.
    """
    level = agent.level
    ends_on = ends_on or people.last_day(starts_on, level.contract_months)
    term, _made = AgentTerm.objects.update_or_create(
        agent=agent,
        starts_on=starts_on,
        defaults={"level": level, "ends_on": ends_on, "deposit": level.deposit},
        create_defaults={"level": level, "ends_on": ends_on, "deposit": level.deposit, "created_at": now},
    )
    write_changes(agent, {"valid_until": ends_on})
    return term


@transaction.atomic
def renew(*, agent_id: int, ends_on: date | None, now: datetime, starts_on: date | None = None) -> AgentTerm:
    """Add a term; without `starts_on` it follows the last one, so an agent who expired has a gap only if one is given.

    `ends_on` None is a term without an end. The certificate is issued anew where there is one.
    Raises AgentNotFound, TermNotPossible, InvalidTerm.
    """
    agent = Agent.objects.select_for_update(no_key=True).select_related("level").filter(id=agent_id).first()
    if agent is None:
        raise selectors.AgentNotFound
    if agent.state not in {AgentState.ACTIVE, AgentState.SUSPENDED}:
        raise TermNotPossible
    last = agent.terms.order_by("-starts_on").first()
    first_day = starts_on or _following(agent, now)
    if last is not None and first_day <= last.starts_on:
        raise InvalidTerm(_("A term begins after the one before."), field="starts_on")
    if ends_on is not None and ends_on < first_day:
        raise InvalidTerm(_("A term ends after it begins."), field="ends_on")
    if last is not None and (last.ends_on is None or last.ends_on >= first_day):
        write_changes(last, {"ends_on": first_day - timedelta(days=1)})
    term = AgentTerm.objects.create(
        agent=agent,
        level=agent.level,
        starts_on=first_day,
        ends_on=ends_on,
        deposit=agent.level.deposit,
        created_at=now,
    )
    record("renewed", agent, {"valid_until": agent.valid_until}, {"starts_on": first_day, "valid_until": ends_on})
    write_changes(agent, {"valid_until": ends_on})
    certificates.reissue(agent_id=agent.pk, because=str(_("The contract was renewed.")), now=now)
    return term


@transaction.atomic
def record_deposit(*, term_id: int, what: Literal["paid", "returned"], now: datetime) -> AgentTerm:
    """Note that the term's deposit was paid or returned. Raises TermNotFound, DepositRefused."""
    term = AgentTerm.objects.select_for_update(no_key=True).select_related("agent").filter(id=term_id).first()
    if term is None:
        raise TermNotFound
    paid = term.deposit_paid_at is not None
    if not term.deposit or term.deposit_returned_at is not None or paid is (what == "paid"):
        raise DepositRefused
    write_changes(term, {f"deposit_{what}_at": now})
    outbox.publish(
        DepositRecorded(
            agent_id=term.agent_id,
            term_id=term.pk,
            what=what,
            amount=term.deposit,
            paid_at=term.deposit_paid_at or now,
            occurred_at=now,
        )
    )
    record(f"deposit_{what}", term.agent, after={"term": term.pk, "deposit": term.deposit})
    return term


def end_open(agent: Agent, *, on: date) -> None:
    """Cut the terms of an agent who leaves: the running one ends today, those to come never begin."""
    agent.terms.filter(starts_on__gt=on).delete()
    for term in agent.terms.filter(starts_on__lte=on):
        if term.ends_on is None or term.ends_on > on:
            write_changes(term, {"ends_on": on})
    if agent.valid_until is None or agent.valid_until > on:
        Agent.objects.filter(id=agent.pk).update(valid_until=on)


def _following(agent: Agent, now: datetime) -> date:
    today = clock.business_date(now)
    return today if agent.valid_until is None else agent.valid_until + timedelta(days=1)
