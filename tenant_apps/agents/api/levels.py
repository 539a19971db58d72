"""Levels and how agents move between them, over HTTP."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.agents import schemas, selectors
from tenant_apps.agents.models import Level, LevelRule
from tenant_apps.agents.schemas import level_rules as rule_shapes
from tenant_apps.agents.schemas import levels as shapes
from tenant_apps.agents.selectors import levels as reads
from tenant_apps.agents.selectors.compliance import get_compliance
from tenant_apps.agents.selectors.outlook import get_outlook
from tenant_apps.agents.services import evaluation, level_rules, levels, proposals
from tenant_apps.agents.services.level_rules import RuleWish

router = Router(tags=["agents"])


@router.get("/agent-levels", response=Page[shapes.LevelOut], summary="List levels")
@requires("agents.view")
def list_levels(request: HttpRequest, filters: Query[schemas.PageFilters]) -> HttpResponse:
    """The highest first."""
    found = selectors.list_levels()
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit, order=("rank", "id"))
    items = [{name: getattr(row, name) for name in shapes.LEVEL_FIELDS} for row in rows]
    return FastJson({"items": items, "next_cursor": next_cursor})


@router.post("/agent-levels", response={201: shapes.LevelOut}, summary="Add a level")
@requires("agents.edit")
def create_level(request: HttpRequest, payload: shapes.LevelIn) -> Status[Level]:
    """Code, name and rank are unique."""
    return Status(201, levels.create_level(**payload.model_dump()))


@router.patch("/agent-levels/{level_id}", response=shapes.LevelOut, summary="Change a level")
@requires("agents.edit")
def change_level(request: HttpRequest, level_id: int, payload: shapes.LevelPatch) -> Level:
    """Only the fields given change."""
    return levels.change_level(level_id=level_id, **payload.model_dump(exclude_unset=True))


@router.delete("/agent-levels/{level_id}", response={204: None}, summary="Remove a level")
@requires("agents.edit")
def delete_level(request: HttpRequest, level_id: int) -> Status[None]:
    """Refused while agents stand on it; its prices go with it."""
    levels.delete_level(level_id=level_id)
    return Status(204, None)


@router.post("/agents/{agent_id}/change-level", response=schemas.AgentOut, summary="Move an agent to another level")
@requires("agents.edit")
def move_to_level(request: HttpRequest, agent_id: int, payload: shapes.LevelChoiceIn) -> dict[str, Any]:
    """By hand, with a reason; prices and commissions of later orders follow, orders already placed keep theirs."""
    return schemas.agent_detail(levels.move_to_level(agent_id=agent_id, now=clock.now(), **payload.model_dump()))


@router.get("/agents/{agent_id}/level-changes", response=Page[shapes.LevelChangeOut], summary="An agent's levels")
@requires("agents.view")
def list_level_changes(request: HttpRequest, agent_id: int, filters: Query[schemas.PageFilters]) -> HttpResponse:
    """The latest first, each with its cause and the figures of that moment."""
    selectors.get_agent(agent_id=agent_id)
    found = reads.list_level_changes(agent_id=agent_id)
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [shapes.change_row(row) for row in rows], "next_cursor": next_cursor})


@router.get("/agents/{agent_id}/outlook", response=shapes.OutlookListOut, summary="What is missing, until when")
@requires("agents.view")
def read_outlook(request: HttpRequest, agent_id: int) -> HttpResponse:
    """How much more has to be sold until which day to keep the level, or to reach the next."""
    found = get_outlook(agent_id=agent_id, now=clock.now())
    return FastJson({"items": [asdict(one) for one in found]})


@router.get("/agent-level-rules", response=Page[rule_shapes.LevelRuleOut], summary="List rules of levels")
@requires("agents.view")
def list_rules(request: HttpRequest, filters: Query[schemas.PageFilters]) -> HttpResponse:
    """The latest first, those out of force among them."""
    rows, next_cursor = paginate(reads.list_rules(), cursor=filters.cursor, limit=filters.limit)
    names = tuple(rule_shapes.LevelRuleOut.model_fields)
    items = [{name: getattr(row, name) for name in names} for row in rows]
    return FastJson({"items": items, "next_cursor": next_cursor})


@router.post("/agent-level-rules", response={201: rule_shapes.LevelRuleOut}, summary="Put a rule in force")
@requires("agents.levels")
def create_rule(request: HttpRequest, payload: rule_shapes.LevelRuleIn) -> Status[LevelRule]:
    """By net sales alone: a rule that counts people is refused with the law's name."""
    return Status(201, level_rules.save_rule(wish=RuleWish(**payload.model_dump()), now=clock.now()))


@router.put("/agent-level-rules/{rule_id}", response={201: rule_shapes.LevelRuleOut}, summary="Replace a rule")
@requires("agents.levels")
def replace_rule(request: HttpRequest, rule_id: int, payload: rule_shapes.LevelRuleIn) -> Status[LevelRule]:
    """The former rule goes out of force in the same step and keeps explaining what it decided."""
    wish = RuleWish(**payload.model_dump())
    return Status(201, level_rules.save_rule(wish=wish, now=clock.now(), replaces=rule_id))


@router.delete("/agent-level-rules/{rule_id}", response={204: None}, summary="Take a rule out of force")
@requires("agents.levels")
def retire_rule(request: HttpRequest, rule_id: int) -> Status[None]:
    """What it proposed and nobody decided lapses."""
    level_rules.retire_rule(rule_id=rule_id, now=clock.now())
    return Status(204, None)


@router.post("/agent-level-rule-previews", response=rule_shapes.LevelPreviewOut, summary="Who would change and why")
@requires("agents.levels")
def preview_rule(request: HttpRequest, payload: rule_shapes.LevelRuleIn) -> HttpResponse:
    """Before a rule is saved; nothing is written."""
    now = clock.now()
    found = level_rules.preview_wish(wish=RuleWish(**payload.model_dump()), today=clock.business_date(now), now=now)
    return FastJson(rule_shapes.preview_detail(found))


@router.post("/agent-level-evaluations", response=rule_shapes.LevelEvaluationOut, summary="Evaluate levels now")
@requires("agents.levels")
def evaluate(request: HttpRequest) -> HttpResponse:
    """What is done every night anyway."""
    return FastJson(asdict(evaluation.evaluate_levels(now=clock.now())))


@router.get(
    "/agent-level-proposals", response=Page[rule_shapes.LevelProposalOut], summary="List proposed changes of level"
)
@requires("agents.view")
def list_proposals(request: HttpRequest, filters: Query[rule_shapes.LevelProposalFilters]) -> HttpResponse:
    """The latest first."""
    found = reads.list_proposals(state=filters.state, agent_id=filters.agent_id, rule_id=filters.rule_id)
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [rule_shapes.proposal_row(row) for row in rows], "next_cursor": next_cursor})


@router.post(
    "/agent-level-proposals/{proposal_id}/apply", response=rule_shapes.LevelProposalOut, summary="Apply a proposal"
)
@requires("agents.approve")
def apply_proposal(request: HttpRequest, proposal_id: int, payload: rule_shapes.LevelDecisionIn) -> dict[str, Any]:
    """From its day on: not within the grace period."""
    proposals.apply_proposal(proposal_id=proposal_id, reason=payload.reason, now=clock.now())
    return rule_shapes.proposal_row(reads.list_proposals().get(id=proposal_id))


@router.post(
    "/agent-level-proposals/{proposal_id}/decline", response=rule_shapes.LevelProposalOut, summary="Decline a proposal"
)
@requires("agents.approve")
def decline_proposal(request: HttpRequest, proposal_id: int, payload: rule_shapes.LevelDecisionIn) -> dict[str, Any]:
    """With a reason; the rule does not ask again about the same time."""
    proposals.decline_proposal(proposal_id=proposal_id, reason=payload.reason, now=clock.now())
    return rule_shapes.proposal_row(reads.list_proposals().get(id=proposal_id))


@router.get("/agent-compliance", response=rule_shapes.ComplianceOut, summary="Where the brand stands before the law")
@requires("agents.view")
def read_compliance(request: HttpRequest) -> dict[str, Any]:
    """Paid tiers, rules' measures, conditions of joining, persons and tiers."""
    return rule_shapes.compliance_detail(get_compliance())
