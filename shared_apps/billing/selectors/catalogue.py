"""The plans' names, for lists of the platform's console."""

from kernel.core.errors import Text
from shared_apps.billing.models import Plan, PlanVersion
from shared_apps.billing.states import CancelReason


def plan_names() -> dict[str, str]:
    """Each plan's name in the reader's language, by its code, the smallest plan first."""
    return {plan.code: plan.name for plan in Plan.objects.order_by("rank", "id")}


def version_names() -> dict[int, str]:
    """Each version's plan and number in the reader's language, by its id."""
    return {version.pk: str(version) for version in PlanVersion.objects.select_related("plan")}


def reasons_for_leaving() -> dict[str, Text]:
    """Map each reason's code to its words in the reader's language."""
    return {code: label for code, label in CancelReason.choices}
