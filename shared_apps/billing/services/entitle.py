"""Giving a brand what its plan allows: in public, where every process reads it, and in the brand, where it is counted.

Both are written in one transaction. The version's content is copied, so a brand keeps what it bought however the plan
goes on; and the counts are made anew with the limits, so that a limit is exact from its first moment.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict
from kernel.tenancy.context import brand_schema
from shared_apps.billing.models import PlanVersion
from shared_apps.billing.rules import plans as rules
from shared_apps.billing.selectors import plans
from shared_apps.entitlements.services import quotas
from shared_apps.tenants.services.entitlements import set_entitlements


class VersionNotPublished(Conflict):
    code = "plan_version_not_published"
    title = _("This version of the plan is still a draft")


@transaction.atomic
def entitle_brand(*, brand_id: int, plan_version_id: int | None, on_trial: bool = False, now: datetime) -> bool:
    """Let the brand do what the version allows; None is a trial, which includes everything. False: it did already.

    With `on_trial` the version is the brand's plan, and everything stays included until the trial ends. What the brand
    has beyond a limit stays. Raises BrandNotFound, PlanNotFound, VersionNotPublished.
    """
    if plan_version_id is None:
        wanted = rules.everything()
    else:
        wanted = content_of(plans.get_version_by_id(plan_version_id))
        wanted |= rules.everything_of_trial() if on_trial else {}
    brand = set_entitlements(brand_id=brand_id, entitlements=wanted)
    if brand is None:
        return False
    if brand.provisioning_state == "ready" and brand.schema_dropped_at is None:
        with brand_schema(brand.schema_name):
            quotas.recount_brand(now=now)
    return True


def content_of(version: PlanVersion) -> dict[str, Any]:
    """Return a version's content, as a brand carries it. Raises VersionNotPublished."""
    if version.published_at is None:
        raise VersionNotPublished
    return {
        "plan": version.plan.code,
        "version": version.version,
        "features": sorted(version.features),
        "limits": dict(version.limits),
    }
