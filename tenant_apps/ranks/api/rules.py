"""Level rules, proposals, an agent's outlook, compliance."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page, PageFilters
from tenant_apps.ranks.models import LevelRule
from tenant_apps.ranks.schemas import rules as shapes
from tenant_apps.ranks.selectors import rules as reads
from tenant_apps.ranks.selectors.compliance import get_compliance
from tenant_apps.ranks.selectors.outlook import get_outlook
from tenant_apps.ranks.services import evaluation, level_rules, proposals
from tenant_apps.ranks.services.level_rules import RuleSpec

router = Router(tags=["agents"])


@router.get(
    "/agents/{agent_id}/outlook", response=shapes.OutlookListOut, summary="Get the sales missing for the next level"
)
@requires("agents.view")
def read_outlook(request: HttpRequest, agent_id: int) -> HttpResponse:
    """Net sales still missing, and the day until which, to keep the level or to reach the next."""
    found = get_outlook(agent_id=agent_id, now=clock.now())
    return FastJson({"items": [asdict(one) for one in found]})


@router.get("/agent-level-rules", response=Page[shapes.LevelRuleOut], summary="List level rules")
@requires("agents.view")
def list_rules(request: HttpRequest, filters: Query[PageFilters]) -> HttpResponse:
    """The latest first, those out of force among them."""
    rows, next_cursor = paginate(reads.list_rules(), cursor=filters.cursor, limit=filters.limit)
    names = tuple(shapes.LevelRuleOut.model_fields)
    items = [{name: getattr(row, name) for name in names} for row in rows]
    return FastJson({"items": items, "next_cursor": next_cursor})


@router.post("/agent-level-rules", response={201: shapes.LevelRuleOut}, summary="Activate a level rule")
@requires("agents.levels")
def create_rule(request: HttpRequest, payload: shapes.LevelRuleIn) -> Status[LevelRule]:
    """By net sales alone: a rule that counts people is refused with the law's name."""
    return Status(201, level_rules.save_rule(spec=RuleSpec(**payload.model_dump()), now=clock.now()))


@router.put("/agent-level-rules/{rule_id}", response={201: shapes.LevelRuleOut}, summary="Replace a level rule")
@requires("agents.levels")
def replace_rule(request: HttpRequest, rule_id: int, payload: shapes.LevelRuleIn) -> Status[LevelRule]:
    """The former rule goes out of force in the same step and keeps explaining what it decided."""
    spec = RuleSpec(**payload.model_dump())
    return Status(201, level_rules.save_rule(spec=spec, now=clock.now(), replaces=rule_id))


@router.delete("/agent-level-rules/{rule_id}", response={204: None}, summary="Deactivate a level rule")
@requires("agents.levels")
def retire_rule(request: HttpRequest, rule_id: int) -> Status[None]:
    """Its open proposals lapse."""
    level_rules.retire_rule(rule_id=rule_id, now=clock.now())
    return Status(204, None)


@router.post("/agent-level-rule-previews", response=shapes.LevelPreviewOut, summary="Preview a level rule")
@requires("agents.levels")
def preview_rule(request: HttpRequest, payload: shapes.LevelRuleIn) -> HttpResponse:
    """Before a rule is saved; nothing is written."""
    now = clock.now()
    found = level_rules.preview_rule(spec=RuleSpec(**payload.model_dump()), today=clock.business_date(now), now=now)
    return FastJson(shapes.preview_detail(found))


@router.post("/agent-level-evaluations", response=shapes.LevelEvaluationOut, summary="Run level evaluation")
@requires("agents.levels")
def evaluate(request: HttpRequest) -> HttpResponse:
    """Runs every night by itself."""
    return FastJson(asdict(evaluation.evaluate_levels(now=clock.now())))


@router.get("/agent-level-proposals", response=Page[shapes.LevelProposalOut], summary="List level proposals")
@requires("agents.view")
def list_proposals(request: HttpRequest, filters: Query[shapes.LevelProposalFilters]) -> HttpResponse:
    """The latest first."""
    found = reads.list_proposals(state=filters.state, agent_id=filters.agent_id, rule_id=filters.rule_id)
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [shapes.proposal_row(row) for row in rows], "next_cursor": next_cursor})


@router.post("/agent-level-proposals/{proposal_id}/apply", response=shapes.LevelProposalOut, summary="Apply a proposal")
@requires("agents.approve")
def apply_proposal(request: HttpRequest, proposal_id: int, payload: shapes.LevelDecisionIn) -> dict[str, Any]:
    """From its day on: not within the grace period."""
    proposals.apply_proposal(proposal_id=proposal_id, reason=payload.reason, now=clock.now())
    return shapes.proposal_row(reads.list_proposals().get(id=proposal_id))


@router.post(
    "/agent-level-proposals/{proposal_id}/decline", response=shapes.LevelProposalOut, summary="Decline a proposal"
)
@requires("agents.approve")
def decline_proposal(request: HttpRequest, proposal_id: int, payload: shapes.LevelDecisionIn) -> dict[str, Any]:
    """With a reason; the rule does not ask again about the same time."""
    proposals.decline_proposal(proposal_id=proposal_id, reason=payload.reason, now=clock.now())
    return shapes.proposal_row(reads.list_proposals().get(id=proposal_id))


@router.get("/agent-compliance", response=shapes.ComplianceOut, summary="Get the compliance report")
@requires("agents.view")
def read_compliance(request: HttpRequest) -> dict[str, Any]:
    """Paid tiers, rules' measures, conditions of joining, persons and tiers."""
    return shapes.compliance_detail(get_compliance())
