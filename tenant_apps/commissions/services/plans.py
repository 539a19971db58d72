"""Set a level's commission plan."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import FieldError, Invalid
from shared_apps.entitlements.services import features
from tenant_apps.agents.selectors import agents
from tenant_apps.commissions import rules
from tenant_apps.commissions.models import CommissionPlan, CommissionPlanVersion
from tenant_apps.commissions.rules import PlanRates

__all__ = ["PlanOutsideLimits", "PlanRates", "set_plan"]

MAX_HOLDING_DAYS = 365


class PlanOutsideLimits(Invalid):
    code = "plan_outside_limits"
    title = _("The plan goes beyond what is allowed")


def _ensure_within_limits(rates: PlanRates) -> None:
    limits: tuple[tuple[str, Decimal, Decimal], ...] = (
        ("tier1_rate", rates.tier1_rate, rules.TIER1_CAP),
        ("tier2_rate", rates.tier2_rate, rules.TIER2_CAP),
        ("holding_days", Decimal(rates.holding_days), Decimal(MAX_HOLDING_DAYS)),
    )
    errors = [
        FieldError(
            field,
            PlanOutsideLimits.code,
            _("Must be from 0 to %(highest)s.") % {"highest": highest},
        )
        for field, value, highest in limits
        if not 0 <= value <= highest
    ]
    if errors:
        raise PlanOutsideLimits(errors=errors)


@transaction.atomic
def set_plan(*, level_id: int, rates: PlanRates, now: datetime) -> CommissionPlan:
    """Let agents of a level earn by `rates` on orders paid from `now` on; earlier payments keep their rates.

    Saying the same rates again changes nothing. A second tier that was agreed before goes on earning when the brand's
    plan no longer includes it; only setting one is refused. Raises agents' LevelNotFound, PlanOutsideLimits,
    FeatureNotInPlan.
    """
    _ensure_within_limits(rates)
    agents.get_level(level_id=level_id)
    values = {"tier1_rate": rates.tier1_rate, "tier2_rate": rates.tier2_rate, "holding_days": rates.holding_days}
    plan, is_new = CommissionPlan.objects.select_for_update().get_or_create(
        level_id=level_id, defaults=values | {"valid_from": now}
    )
    before = None if is_new else {name: getattr(plan, name) for name in values}
    if before == values:
        return plan
    if rates.tier2_rate > 0:
        features.ensure_feature("tiered_commission")
    for name, value in (values | {"valid_from": now}).items():
        setattr(plan, name, value)
    plan.save()
    CommissionPlanVersion.objects.create(level_id=level_id, valid_from=now, **values)
    audit.record(
        action="commissions.set_plan",
        subject=f"level:{level_id}",
        before=before and {name: str(value) for name, value in before.items()},
        after={name: str(value) for name, value in values.items()},
    )
    return plan
