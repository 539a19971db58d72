"""The plans' names, for lists of the platform's console."""

from shared_apps.billing.models import Plan


def plan_names() -> dict[str, str]:
    """Each plan's name in the reader's language, by its code, the smallest plan first."""
    return {plan.code: plan.name for plan in Plan.objects.order_by("rank", "id")}
