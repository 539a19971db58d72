"""Plans and their versions."""

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import Plan, PlanVersion


class PlanNotFound(NotFound):
    code = "plan_not_found"
    title = _("There is no such plan")


def list_plans() -> list[Plan]:
    """All plans, the smallest first."""
    with public_schema():
        return list(Plan.objects.order_by("rank", "id"))


def list_offered_versions() -> list[PlanVersion]:
    """List versions on offer with their plan, the smallest plan first."""
    with public_schema():
        offered = PlanVersion.objects.select_related("plan").filter(
            plan__is_offered=True, published_at__isnull=False, retired_at__isnull=True
        )
        return list(offered.order_by("plan__rank", "id"))


def get_version(code: str, version: int | None = None) -> PlanVersion:
    """One version of a plan, with its plan; the one that is offered unless a number is given. Raises PlanNotFound."""
    with public_schema():
        versions = PlanVersion.objects.select_related("plan").filter(plan__code=code)
        if version is None:
            versions = versions.filter(published_at__isnull=False, retired_at__isnull=True)
        else:
            versions = versions.filter(version=version)
        return _the_one(versions.first())


def get_version_by_id(version_id: int) -> PlanVersion:
    """The version with this id, with its plan. Raises PlanNotFound."""
    with public_schema():
        return _the_one(PlanVersion.objects.select_related("plan").filter(pk=version_id).first())


def _the_one(found: PlanVersion | None) -> PlanVersion:
    if found is None:
        raise PlanNotFound
    return found
