"""Terminate an agent's contract: team and customers go to a successor; anonymise the person on request."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import Conflict, Invalid
from kernel.database.rows import write_changes
from kernel.files import storage as files
from shared_apps.accounts.services import agent_logins
from tenant_apps.agents.models import Agent, AgentDocument, AgentNote
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors import certificates as certificate_reads
from tenant_apps.agents.services import certificates, lifecycle, sensitive, terms, tree
from tenant_apps.agents.services.recording import record
from tenant_apps.agents.states import AgentState
from tenant_apps.attribution.services import binding_ends
from tenant_apps.ranks.services import proposals
from tenant_apps.recruiting.models import Application, ApplicationProof


class SuccessorNeeded(Invalid):
    code = "successor_needed"
    title = _("The agent has a team: choose who takes it over")


class NotGone(Conflict):
    code = "agent_not_gone"
    title = _("Only an agent whose contract has ended can be anonymised")


class AnonymisedAlready(Conflict):
    code = "anonymised_already"
    title = _("The agent is anonymised already")


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Number of agents of the direct team and of customers that went to the successor."""

    agent: Agent
    team: int
    customers: int


@transaction.atomic
def terminate_agent(*, agent_id: int, successor_id: int | None, reason: str, now: datetime) -> HandedOver:
    """End the contract for good. Team and customers go to the successor, or without one the customers are free.

    All or nothing; the history keeps who stood where until now. Raises AgentNotFound, IllegalTransition,
    SuccessorNeeded, UnknownSponsor, SponsorNotActive, SponsorMayNotRecruit, CyclicSponsor.
    """
    tree.lock_tree()
    agent = selectors.get_agent(agent_id=agent_id)
    if successor_id is None and Agent.objects.filter(sponsor_id=agent_id).exists():
        raise SuccessorNeeded(field="successor_id")
    ended = lifecycle.end_agent(agent_id=agent_id, reason=reason)
    team = 0
    if successor_id is not None:
        team = tree.hand_over_team(agent_id=agent_id, successor_id=successor_id, now=now)
    customers = binding_ends.hand_over_bindings(agent_id=agent_id, successor_id=successor_id, now=now, reason=reason)
    _close(agent, reason=reason, now=now)
    record("terminated", ended, after={"successor_id": successor_id, "team": team, "customers": customers})
    return HandedOver(selectors.get_agent(agent_id=agent_id), team, customers)


@transaction.atomic
def anonymise(*, agent_id: int, reason: str, now: datetime) -> Agent:
    """Forget the person for good, keep the trade: orders, earnings, tree and terms stay with a nameless agent.

    Raises AgentNotFound, NotGone, AnonymisedAlready.
    """
    agent = Agent.objects.select_for_update(no_key=True).filter(id=agent_id).first()
    if agent is None:
        raise selectors.AgentNotFound
    if agent.state != AgentState.ENDED:
        raise NotGone
    if agent.anonymised_at is not None:
        raise AnonymisedAlready
    # +999 is given to no country: the number is in the right form, is unique, and reaches nobody.
    nobody = f"+999{agent.pk:011d}"
    name = f"#{agent.pk}"
    if agent.user_id is not None:
        agent_logins.forget_login(user_id=agent.user_id, name=name, phone=nobody)
    sensitive.forget(agent_id=agent_id)
    _forget_papers(agent)
    _forget_applications(agent, name=name, phone=nobody)
    told = {"name": name, "phone": nobody, "wechat_id": "", "channel": "", "anonymised_at": now}
    write_changes(agent, told)
    record("anonymised", agent, after={"reason": reason})
    return selectors.get_agent(agent_id=agent_id)


def _close(agent: Agent, *, reason: str, now: datetime) -> None:
    """End what ends with the contract: the certificate, the term, open proposals."""
    valid = certificate_reads.get_valid(agent_id=agent.pk)
    if valid is not None:
        certificates.revoke(certificate_id=valid.pk, reason=reason or str(_("The contract ended.")), now=now)
    today = clock.business_date(now)
    terms.end_open(agent, on=today)
    if agent.valid_until is None or agent.valid_until > today:
        Agent.objects.filter(id=agent.pk).update(valid_until=today)
    proposals.lapse_proposals(agent_id=agent.pk, proposed_until=now)


def _forget_papers(agent: Agent) -> None:
    documents = AgentDocument.objects.filter(agent=agent)
    _delete_files([document.path for document in documents])
    documents.delete()
    AgentNote.objects.filter(agent=agent).delete()


def _forget_applications(agent: Agent, *, name: str, phone: str) -> None:
    """Also those made before with the same number and refused: they speak of the same person."""
    mine = Application.objects.filter(agent=agent) | Application.objects.filter(phone=agent.phone)
    ids = list(mine.values_list("id", flat=True))
    proofs = ApplicationProof.objects.filter(application_id__in=ids)
    _delete_files([proof.path for proof in proofs])
    proofs.delete()
    Application.objects.filter(id__in=ids).exclude(state="applied").update(
        name=name,
        phone=phone,
        wechat_id="",
        id_number="",
        identity_digest="",
        channel="",
        experience="",
        decision_note="",
        ip_address=None,
    )


def _delete_files(paths: list[str]) -> None:
    """Once it is certain: a file is not brought back by a rollback."""

    def delete() -> None:
        for path in paths:
            with suppress(FileNotFoundError):
                files.delete_file(path)

    transaction.on_commit(delete)
