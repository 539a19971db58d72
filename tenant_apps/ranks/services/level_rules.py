"""Rules by which results move agents between levels: by net sales alone, each looked at before it is saved."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, FieldError, Invalid, NotFound
from kernel.core.integrity import refine_integrity_error
from kernel.tenancy.actors import current_actor
from tenant_apps.agents.selectors.agents import Level, list_levels
from tenant_apps.agents.services.compliance import refuse_heads
from tenant_apps.ranks.models import LevelProposal, LevelRule
from tenant_apps.ranks.selectors import rule_hits
from tenant_apps.ranks.selectors.rule_hits import Preview
from tenant_apps.ranks.states import ApplyMode, Measure, Period, ProposalState, RuleDirection


class RuleNotFound(NotFound):
    code = "level_rule_not_found"
    title = _("There is no such rule")


class InvalidRule(Invalid):
    code = "invalid_level_rule"
    title = _("The rule is not valid")


class RuleExists(Conflict):
    code = "level_rule_exists"
    title = _("A rule in force leads from this level that way already")


class RulesContradict(Conflict):
    code = "level_rules_contradict"
    title = _("Two rules would send agents up and down by turns")


@dataclass(frozen=True)
class RuleSpec:
    """A rule as it is asked for. `threshold` is net sales after refunds; days are calendar days."""

    name: str
    direction: str
    from_level_id: int
    to_level_id: int
    measure: str
    period: str
    threshold: Decimal
    rolling_days: int | None = None
    grace_days: int = 0
    mode: str = ApplyMode.PROPOSE


_REFUSALS = {
    "ranks_rule_one_each_way": lambda: RuleExists(field="from_level_id"),
    "ranks_rule_threshold_positive": lambda: InvalidRule(_("Net sales must be above zero."), field="threshold"),
    "ranks_rule_window": lambda: InvalidRule(
        _("A rolling window has 7 to 366 days; months and quarters have none."), field="rolling_days"
    ),
    "ranks_rule_grace_days": lambda: InvalidRule(_("Grace is 0 to 180 days."), field="grace_days"),
}


@transaction.atomic
def save_rule(*, spec: RuleSpec, now: datetime, replaces: int | None = None) -> LevelRule:
    """Put a rule in force; `replaces` is retired in the same step, so that what it decided stays explained by it.

    Raises PyramidRule (a measure that counts heads), InvalidRule, RuleExists, RulesContradict, RuleNotFound.
    """
    rule = _made(spec, now)
    if replaces is not None:
        retire_rule(rule_id=replaces, now=now)
    _refuse_contradiction(rule)
    with refine_integrity_error(_REFUSALS):
        rule.save(force_insert=True)
    audit.record(action="ranks.rule_saved", subject=f"level_rule:{rule.pk}", after=asdict(spec))
    return rule


@transaction.atomic
def retire_rule(*, rule_id: int, now: datetime) -> LevelRule:
    """Take a rule out of force. What it proposed and nobody decided lapses. Raises RuleNotFound."""
    rule = LevelRule.objects.select_for_update(of=("self",)).filter(id=rule_id).first()
    if rule is None:
        raise RuleNotFound
    if rule.is_active:
        rule.is_active = False
        rule.save(update_fields=["is_active"])
        LevelProposal.objects.filter(rule=rule, state=ProposalState.OPEN).update(
            state=ProposalState.LAPSED, decided_at=now, decided_by=current_actor().label[:200]
        )
        audit.record(action="ranks.rule_retired", subject=f"level_rule:{rule.pk}", before={"is_active": True})
    return rule


def preview_rule(*, spec: RuleSpec, today: date, now: datetime) -> Preview:
    """Preview the rule as if it were in force today; nothing is written.

    Raises PyramidRule, InvalidRule as save_rule.
    """
    return rule_hits.preview_rule(rule=_made(spec, now), today=today)


def _made(spec: RuleSpec, now: datetime) -> LevelRule:
    """The rule, not saved. Raises PyramidRule, InvalidRule."""
    if spec.measure not in Measure.values:
        # Whatever is not net sales is not measured: the answer says why.
        raise refuse_heads("measure")
    errors = _faults(spec)
    levels = list_levels().in_bulk([spec.from_level_id, spec.to_level_id])
    errors += [
        FieldError(name, "unknown_level", _("There is no such level."))
        for name in ("from_level_id", "to_level_id")
        if getattr(spec, name) not in levels
    ]
    if not errors:
        errors += _wrong_way(spec, levels[spec.from_level_id], levels[spec.to_level_id])
    if errors:
        raise InvalidRule(errors=errors)
    return LevelRule(**asdict(spec), created_by=current_actor().label[:200], created_at=now)


def _faults(spec: RuleSpec) -> list[FieldError]:
    rolling = spec.period == Period.ROLLING
    checks = [
        ("name", bool(spec.name.strip()), _("A rule needs a name.")),
        ("direction", spec.direction in RuleDirection.values, _("Not a direction.")),
        ("period", spec.period in Period.values, _("Not a period.")),
        ("mode", spec.mode in ApplyMode.values, _("Not a way of applying.")),
        ("threshold", spec.threshold > 0, _("Net sales must be above zero.")),
        ("grace_days", 0 <= spec.grace_days <= 180, _("Grace is 0 to 180 days.")),
        (
            "rolling_days",
            (rolling and spec.rolling_days is not None and 7 <= spec.rolling_days <= 366)
            or (not rolling and spec.rolling_days is None),
            _("A rolling window has 7 to 366 days; months and quarters have none."),
        ),
        (
            "grace_days",
            spec.direction != RuleDirection.PROMOTE or not spec.grace_days,
            _("Grace delays a demotion; a promotion is due at once."),
        ),
    ]
    return [FieldError(name, "invalid", detail) for name, holds, detail in checks if not holds]


def _wrong_way(spec: RuleSpec, origin: Level, target: Level) -> list[FieldError]:
    """Rank 1 is the highest: a promotion leads to a smaller rank. Ranks are compared, never ids."""
    leads_up = target.rank < origin.rank
    if target.pk != origin.pk and leads_up == (spec.direction == RuleDirection.PROMOTE):
        return []
    return [FieldError("to_level_id", "wrong_way", _("The rule must lead to a level on the side its direction says."))]


def _refuse_contradiction(rule: LevelRule) -> None:
    """Going up at less than what one goes down at, measured alike, is a see-saw."""
    opposite = LevelRule.objects.filter(
        is_active=True,
        from_level_id=rule.to_level_id,
        to_level_id=rule.from_level_id,
        measure=rule.measure,
        period=rule.period,
        rolling_days=rule.rolling_days,
    ).first()
    if opposite is None:
        return
    up, down = (rule, opposite) if rule.direction == RuleDirection.PROMOTE else (opposite, rule)
    if up.threshold < down.threshold:
        raise RulesContradict(
            _("One promotes at %(up)s, the other demotes below %(down)s.")
            % {"up": up.threshold, "down": down.threshold},
            field="threshold",
        )
