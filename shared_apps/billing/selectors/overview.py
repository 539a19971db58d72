"""Facts that a brand's own pages show beside the subscription: known at Stripe, its periods."""

from datetime import datetime

from kernel.tenancy.context import public_schema
from shared_apps.billing.models import BillingAccount, PlanPeriod


def is_known_to_stripe(brand_id: int) -> bool:
    """Tell whether the brand has a customer at Stripe, and so a portal to open."""
    with public_schema():
        return BillingAccount.objects.filter(brand_id=brand_id, stripe_customer_id__isnull=False).exists()


def get_running_period(brand_id: int, now: datetime) -> PlanPeriod | None:
    """The period that runs now, the one that lasts longest where several do."""
    with public_schema():
        periods = PlanPeriod.objects.select_related("plan_version__plan").filter(
            brand_id=brand_id, revoked_at__isnull=True, starts_at__lte=now, ends_at__gt=now
        )
        return periods.order_by("-ends_at", "-id").first()
