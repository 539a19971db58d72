"""Reading the mirror of subscriptions."""

from decimal import Decimal

from kernel.core.money import ZERO, round_money
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import PlanVersion, StripeComparison, Subscription
from shared_apps.billing.states import LIVE_STATUSES, Interval, SubscriptionStatus

# Under these a brand pays, or its card is being tried again. While its days are free nothing is paid.
PAYING = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE})
# Under these somebody who returns from the pay page has done what there was to do.
CHOSEN = PAYING | {SubscriptionStatus.TRIALING}


def get_current(brand_id: int) -> Subscription | None:
    """The brand's living subscription with its plan and the one that follows, or None. One statement."""
    with public_schema():
        return (
            Subscription.objects.filter(brand_id=brand_id, status__in=LIVE_STATUSES)
            .select_related("plan_version__plan", "pending_plan_version__plan")
            .order_by("-id")
            .first()
        )


def list_subscriptions(brand_id: int) -> list[Subscription]:
    """All subscriptions the brand ever had, the newest first."""
    with public_schema():
        rows = Subscription.objects.filter(brand_id=brand_id).select_related("plan_version__plan")
        return list(rows.order_by("-started_at", "-id"))


def get_last_comparison() -> StripeComparison | None:
    """The newest nightly comparison with Stripe."""
    with public_schema():
        return StripeComparison.objects.order_by("-id").first()


def price_of(version: PlanVersion, interval: str) -> Decimal:
    """Return a version's price per interval."""
    price: Decimal = version.price_year if interval == Interval.YEAR else version.price_month
    return price


def monthly_revenue(*, version: PlanVersion, interval: str, status: str) -> Decimal:
    """MRR of a subscription: a month's price, a twelfth of a year's; nothing from one under which nobody pays."""
    if status not in PAYING:
        return ZERO
    return round_money(version.price_year / 12) if interval == Interval.YEAR else price_of(version, interval)
