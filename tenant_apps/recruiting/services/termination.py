"""Terminate an agent's contract: team and customers go to a successor; anonymise the person on request."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Invalid
from kernel.files import storage as files
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors import certificates as certificate_reads
from tenant_apps.agents.selectors.agents import Agent
from tenant_apps.agents.selectors.tree import list_children
from tenant_apps.agents.services import anonymising, certificates, lifecycle, terms, tree
from tenant_apps.agents.services.locking import lock_agent
from tenant_apps.attribution.services import binding_ends
from tenant_apps.ranks.services import proposals
from tenant_apps.recruiting.models import Application, ApplicationProof


class SuccessorNeeded(Invalid):
    code = "successor_needed"
    title = _("The agent has a team: choose who takes it over")


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
    if successor_id is None and list_children(agent_id=agent_id).exists():
        raise SuccessorNeeded(field="successor_id")
    ended = lifecycle.end_agent(agent_id=agent_id, reason=reason)
    team = 0
    if successor_id is not None:
        team = tree.hand_over_team(agent_id=agent_id, successor_id=successor_id, now=now)
    customers = binding_ends.hand_over_bindings(agent_id=agent_id, successor_id=successor_id, now=now, reason=reason)
    _close(agent, reason=reason, now=now)
    audit.record(
        action="recruiting.terminated",
        subject=f"agent:{ended.pk}",
        after={"successor_id": successor_id, "team": team, "customers": customers},
    )
    return HandedOver(selectors.get_agent(agent_id=agent_id), team, customers)


@transaction.atomic
def anonymise(*, agent_id: int, reason: str, now: datetime) -> Agent:
    """Forget the person for good, keep the trade: orders, earnings, tree and terms stay with a nameless agent.

    Raises AgentNotFound, NotGone, AnonymisedAlready.
    """
    former = lock_agent(agent_id)
    agent = anonymising.anonymise_agent(agent_id=agent_id, reason=reason, now=now)
    _forget_applications(agent, former_phone=former.phone)
    return agent


def _close(agent: Agent, *, reason: str, now: datetime) -> None:
    """End what ends with the contract: the certificate, the term, open proposals."""
    valid = certificate_reads.get_valid(agent_id=agent.pk)
    if valid is not None:
        certificates.revoke(certificate_id=valid.pk, reason=reason or str(_("The contract ended.")), now=now)
    terms.end_open(agent, on=clock.business_date(now))
    proposals.lapse_proposals(agent_id=agent.pk, proposed_until=now)


def _forget_applications(agent: Agent, *, former_phone: str) -> None:
    """Also those made before with the same number and refused: they speak of the same person."""
    mine = Application.objects.filter(agent=agent) | Application.objects.filter(phone=former_phone)
    ids = list(mine.values_list("id", flat=True))
    proofs = ApplicationProof.objects.filter(application_id__in=ids)
    files.delete_after_commit([proof.path for proof in proofs])
    proofs.delete()
    Application.objects.filter(id__in=ids).exclude(state="applied").update(
        name=agent.name,
        phone=agent.phone,
        wechat_id="",
        id_number="",
        identity_digest="",
        channel="",
        experience="",
        decision_note="",
        ip_address=None,
    )
