"""Deciding what the evaluation proposed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, NotFound, ReasonMissing
from kernel.tenancy.actors import current_actor
from tenant_apps.agents.selectors.agents import Agent
from tenant_apps.agents.services.levels import put_on_level
from tenant_apps.agents.services.locking import lock_agent
from tenant_apps.agents.states import AgentState, ChangeCause
from tenant_apps.ranks.models import LevelProposal
from tenant_apps.ranks.services.evaluation import figures_of
from tenant_apps.ranks.states import ProposalState


class ProposalNotFound(NotFound):
    code = "level_proposal_not_found"
    title = _("There is no such proposal")


class ProposalDecided(Conflict):
    code = "level_proposal_decided"
    title = _("This proposal is no longer open")


class GraceRunning(Conflict):
    code = "grace_running"
    title = _("The grace period is not over")


class AgentMovedOn(Conflict):
    code = "agent_moved_on"
    title = _("The agent no longer stands where the proposal found it")


@transaction.atomic
def apply_proposal(*, proposal_id: int, now: datetime, reason: str = "") -> LevelProposal:
    """Move the agent as proposed, from its day on.

    Raises ProposalNotFound, ProposalDecided, GraceRunning, AgentMovedOn, RegionTaken.
    """
    proposal, agent = _lock(proposal_id)
    if proposal.effective_on > clock.business_date(now):
        raise GraceRunning(_("It takes effect on %(day)s.") % {"day": proposal.effective_on.isoformat()})
    if agent.level_id != proposal.from_level_id or agent.state != AgentState.ACTIVE:
        raise AgentMovedOn
    figures = figures_of(proposal)
    put_on_level(
        agent,
        level_id=proposal.to_level_id,
        cause=ChangeCause.RULE,
        now=now,
        reason=reason or proposal.rule.name,
        figures=figures,
    )
    before = {"level_id": proposal.from_level_id}
    after = {"level_id": proposal.to_level_id, "reason": reason}
    audit.record(
        action="ranks.proposal_applied", subject=f"agent:{agent.pk}", before=before, after={**after, **figures}
    )
    return _decide(proposal, ProposalState.APPLIED, reason=reason, now=now)


@transaction.atomic
def decline_proposal(*, proposal_id: int, reason: str, now: datetime) -> LevelProposal:
    """Leave the agent where it is; the same rule does not ask again about the same time.

    Raises ProposalNotFound, ProposalDecided, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing(field="reason")
    proposal, agent = _lock(proposal_id)
    after = {"proposal": proposal.pk, "to_level_id": proposal.to_level_id, "reason": reason}
    audit.record(action="ranks.proposal_declined", subject=f"agent:{agent.pk}", after=after)
    return _decide(proposal, ProposalState.DECLINED, reason=reason.strip(), now=now)


@transaction.atomic
def lapse_proposals(*, agent_id: int, proposed_until: datetime) -> int:
    """Lapse the agent's open proposal made up to that moment; return how many (0 or 1)."""
    due = LevelProposal.objects.filter(agent_id=agent_id, state=ProposalState.OPEN, proposed_at__lte=proposed_until)
    return due.update(state=ProposalState.LAPSED, decided_at=proposed_until, decided_by=current_actor().label[:200])


def _lock(proposal_id: int) -> tuple[LevelProposal, Agent]:
    """Agent first, as the evaluation does: it locks agents and then writes what became of their proposals."""
    agent_id = LevelProposal.objects.filter(id=proposal_id).values_list("agent_id", flat=True).first()
    if agent_id is None:
        raise ProposalNotFound
    agent = lock_agent(agent_id)
    proposal = LevelProposal.objects.select_for_update(of=("self",)).select_related("rule").get(id=proposal_id)
    if proposal.state != ProposalState.OPEN:
        raise ProposalDecided
    return proposal, agent


def _decide(proposal: LevelProposal, state: ProposalState, *, reason: str, now: datetime) -> LevelProposal:
    proposal.state = state
    proposal.reason = reason[:500]
    proposal.decided_at = now
    proposal.decided_by = current_actor().label[:200]
    proposal.save(update_fields=["state", "reason", "decided_at", "decided_by"])
    return proposal
