"""Making plans' versions. A version is drafted, published once, and never changed again: a change is a new version.

Publishing retires the version before it: nobody buys that any more, and whoever has it keeps it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, Invalid
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import Plan, PlanVersion
from shared_apps.billing.rules import plans as rules
from shared_apps.billing.selectors.plans import PlanNotFound


class InvalidPlanVersion(Invalid):
    code = "invalid_plan_version"
    title = _("The plan's version breaks a rule")


class AlreadyPublished(Conflict):
    code = "plan_version_published"
    title = _("What was published is never changed: draft a new version")


@dataclass(frozen=True)
class PlanVersionSpec:
    """Price (CNY with two places, tax included) and content of a version. A quota that is left out has no limit."""

    price_month: Decimal
    price_year: Decimal
    features: Sequence[str] = ()
    limits: Mapping[str, int] = field(default_factory=dict)


@transaction.atomic
def draft_version(*, plan_code: str, spec: PlanVersionSpec) -> PlanVersion:
    """Begin the plan's next version; nobody can buy it yet. Raises PlanNotFound, InvalidPlanVersion."""
    columns = _columns(spec)
    with public_schema():
        plan = _lock_plan(plan_code)
        last = PlanVersion.objects.filter(plan=plan).aggregate(last=Max("version"))["last"] or 0
        version: PlanVersion = PlanVersion.objects.create(plan=plan, version=last + 1, **columns)
        _record("drafted", version, after=columns)
    return version


@transaction.atomic
def change_draft(*, version_id: int, spec: PlanVersionSpec) -> PlanVersion:
    """Say other spec before anybody can buy them. Raises PlanNotFound, InvalidPlanVersion, AlreadyPublished."""
    columns = _columns(spec)
    with public_schema():
        version = _lock_draft(version_id)
        before = {name: getattr(version, name) for name in columns}
        for name, value in columns.items():
            setattr(version, name, value)
        version.save(update_fields=list(columns))
        _record("draft_changed", version, before, columns)
    return version


@transaction.atomic
def publish_version(*, version_id: int, now: datetime) -> PlanVersion:
    """Offer the version from `now` on, in place of the one before. Who has that one keeps it.

    Raises PlanNotFound, AlreadyPublished.
    """
    with public_schema():
        version = _lock_draft(version_id)
        former = PlanVersion.objects.filter(plan=version.plan, published_at__isnull=False, retired_at__isnull=True)
        retired = list(former.values_list("version", flat=True))
        former.update(retired_at=now)
        version.published_at = now
        version.save(update_fields=["published_at"])
        _record("published", version, {"offered": retired}, {"offered": [version.version]})
    return version


def _lock_plan(code: str) -> Plan:
    """The plan, whose versions nobody else changes until this transaction ends."""
    plan: Plan | None = Plan.objects.select_for_update(no_key=True).filter(code=code).first()
    if plan is None:
        raise PlanNotFound
    return plan


def _lock_draft(version_id: int) -> PlanVersion:
    known = PlanVersion.objects.select_related("plan").filter(pk=version_id).first()
    if known is None:
        raise PlanNotFound
    _lock_plan(known.plan.code)
    version: PlanVersion = PlanVersion.objects.select_related("plan").get(pk=version_id)
    if version.published_at is not None:
        raise AlreadyPublished
    return version


def _columns(spec: PlanVersionSpec) -> dict[str, Any]:
    errors = rules.faults_of_prices(spec.price_month, spec.price_year)
    errors += rules.faults_of_content(spec.features, spec.limits)
    if errors:
        raise InvalidPlanVersion(errors=errors)
    return {
        "price_month": spec.price_month,
        "price_year": spec.price_year,
        "features": [name for name in rules.FEATURES if name in spec.features],
        "limits": {name: spec.limits[name] for name in rules.QUOTAS if name in spec.limits},
    }


def _record(
    what: str,
    version: PlanVersion,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    subject = f"plan:{version.plan.code}:v{version.version}"
    audit.record(action=f"billing.plan_{what}", subject=subject, before=before, after=after)
