"""Rules of levels, what they found, and where the brand stands before the law, over the wire."""

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, model_validator

from kernel.http.schemas import Id, MoneyIn, MoneyText, Note200, PageFilters, QueryId, Strict, Text60, Text100
from tenant_apps.agents.services.compliance import refuse_pyramid_terms
from tenant_apps.ranks.models import LevelProposal
from tenant_apps.ranks.selectors.compliance import Compliance
from tenant_apps.ranks.selectors.rule_hits import Preview
from tenant_apps.ranks.states import ApplyMode, Measure, Period, ProposalState, RuleDirection

Days = Annotated[int, Field(strict=True, ge=0, le=366)]


class LevelRuleIn(Strict):
    """A rule by net sales. `measure` is `own` or `team`; whatever counts people is refused by 禁止传销条例 art. 7."""

    name: Text100
    direction: RuleDirection
    from_level_id: Id
    to_level_id: Id
    measure: Text60
    period: Period
    rolling_days: Days | None = None
    threshold: MoneyIn
    grace_days: Days = 0
    mode: ApplyMode = ApplyMode.PROPOSE

    @model_validator(mode="before")
    @classmethod
    def _refuse_pyramid_terms(cls, values: object) -> object:
        """Refuse heads and entrance fees with the law's name, not as a misspelt field."""
        refuse_pyramid_terms(values, known=cls.model_fields)
        return values


class LevelRuleOut(Schema):
    """A rule; one out of force stays for what it decided."""

    id: int
    name: str
    direction: RuleDirection
    from_level_id: int
    to_level_id: int
    measure: Measure
    period: Period
    rolling_days: int | None
    threshold: MoneyText
    grace_days: int
    mode: ApplyMode
    is_active: bool
    created_by: str
    created_at: datetime


class LevelPreviewRowOut(Schema):
    """An agent who would change, and the figure."""

    agent_id: int
    code: str
    name: str
    net_sales: MoneyText


class LevelPreviewOut(Schema):
    """Agents who would change, with the reasons; `items` holds the first 200 of `changing`."""

    measured: int
    fixed: int
    changing: int
    effective_on: date
    complete_since: date
    complete_until: date
    running_since: date
    items: list[LevelPreviewRowOut]


class LevelEvaluationOut(Schema):
    """Result of an evaluation."""

    rules: int
    found: int
    proposed: int
    lapsed: int
    applied: int


class LevelProposalFilters(PageFilters):
    """By state, agent and rule."""

    state: ProposalState | None = None
    agent_id: QueryId | None = None
    rule_id: QueryId | None = None


class LevelProposalOut(Schema):
    """A proposed change of level with the figures that were seen."""

    id: int
    agent_id: int
    agent_code: str
    agent_name: str
    rule_id: int
    rule_name: str
    from_level_id: int
    from_level_name: str
    to_level_id: int
    to_level_name: str
    state: ProposalState
    period_from: date
    period_to: date
    net_sales: MoneyText
    threshold: MoneyText
    effective_on: date
    proposed_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str


class LevelDecisionIn(Strict):
    """A word on the decision."""

    reason: Note200 = ""


class ComplianceFindingOut(Schema):
    """One line: what was found and what it weighs (good, notice, warning)."""

    code: str
    weight: str
    text: str


class EntryConditionOut(Schema):
    """A level's condition for joining."""

    level_id: int
    level_name: str
    deposit: MoneyText
    first_order_minimum: MoneyText


class RuleFactOut(Schema):
    """Measure of a rule in force."""

    rule_id: int
    name: str
    measure: Measure
    period: Period
    threshold: MoneyText


class ComplianceOut(Schema):
    """The brand's figures under 禁止传销条例 art. 7."""

    persons: int
    largest_tree: int
    deepest_tree: int
    marked_trees: int
    paid_tiers: int
    highest_rates: list[str]
    caps: list[str]
    allowed_paid_tiers: int
    rules: list[RuleFactOut]
    entry_conditions: list[EntryConditionOut]
    findings: list[ComplianceFindingOut]


def preview_detail(preview: Preview) -> dict[str, Any]:
    return {
        "measured": preview.measured,
        "fixed": preview.fixed,
        "changing": preview.changing,
        "effective_on": preview.effective_on,
        "complete_since": preview.complete.since,
        "complete_until": preview.complete.until,
        "running_since": preview.running.since,
        "items": [{name: getattr(row, name) for name in LevelPreviewRowOut.model_fields} for row in preview.rows],
    }


def proposal_row(proposal: LevelProposal) -> dict[str, Any]:
    names = (
        "agent_id",
        "rule_id",
        "from_level_id",
        "to_level_id",
        "state",
        "period_from",
        "period_to",
        "net_sales",
        "threshold",
        "effective_on",
        "proposed_at",
        "decided_at",
        "decided_by",
        "reason",
    )
    return {
        "id": proposal.pk,
        **{name: getattr(proposal, name) for name in names},
        "agent_code": proposal.agent.code,
        "agent_name": proposal.agent.name,
        "rule_name": proposal.rule.name,
        "from_level_name": proposal.from_level.name,
        "to_level_name": proposal.to_level.name,
    }


def compliance_detail(found: Compliance) -> dict[str, Any]:
    paid = found.paid_tiers
    plain = ("persons", "largest_tree", "deepest_tree", "marked_trees", "allowed_paid_tiers")
    return {
        **{name: getattr(found, name) for name in plain},
        "paid_tiers": paid.tiers if paid else 0,
        "highest_rates": [str(rate) for rate in paid.highest_rates] if paid else [],
        "caps": [str(rate) for rate in paid.caps] if paid else [],
        "rules": [{name: getattr(one, name) for name in RuleFactOut.model_fields} for one in found.rules],
        "entry_conditions": [
            {name: getattr(one, name) for name in EntryConditionOut.model_fields} for one in found.entry_conditions
        ],
        "findings": [{"code": one.code, "weight": one.weight.value, "text": str(one.text)} for one in found.findings],
    }


class OutlookOut(Schema):
    """“`missing` more until `until` to keep the level, or to reach it.”"""

    aim: str
    level_id: int
    level_name: str
    measure: Measure
    since: date
    until: date
    net_sales: MoneyText
    threshold: MoneyText
    missing: MoneyText
    in_grace: bool
    fixed_until: date | None


class OutlookListOut(Schema):
    """One for each rule that leads away from the agent's level."""

    items: list[OutlookOut]
