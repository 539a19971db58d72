"""History of a brand's money, for the platform's console: rows of the public schema, newest first.

Callers narrow these further and read; they never save what they read.
"""

from django.db.models import QuerySet

from shared_apps.billing.models import (
    BillingAccount,
    OfflinePayment,
    PlanPeriod,
    Reminder,
    StripeInvoice,
    Subscription,
    SubscriptionChange,
)
from shared_apps.billing.states import PaymentState


def get_account(brand_id: int) -> BillingAccount | None:
    """The brand's account with Stripe, None for one that never went to the pay page."""
    return BillingAccount.objects.filter(brand_id=brand_id).first()


def list_subscriptions(brand_id: int) -> QuerySet[Subscription]:
    """All subscriptions the brand ever had at Stripe."""
    plans = ("plan_version__plan", "pending_plan_version__plan")
    return Subscription.objects.filter(brand_id=brand_id).select_related(*plans).order_by("-id")


def list_changes(brand_id: int) -> QuerySet[SubscriptionChange]:
    """List the changes of the brand's subscriptions."""
    changes = SubscriptionChange.objects.filter(brand_id=brand_id)
    return changes.select_related("plan_version__plan").order_by("-occurred_at", "-id")


def list_invoices(brand_id: int) -> QuerySet[StripeInvoice]:
    """The brand's invoices at Stripe."""
    return StripeInvoice.objects.filter(brand_id=brand_id).order_by("-issued_at", "-id")


def list_transfers(brand_id: int) -> QuerySet[OfflinePayment]:
    """The bank transfers recorded for the brand."""
    transfers = OfflinePayment.objects.filter(brand_id=brand_id)
    return transfers.select_related("plan_version__plan").order_by("-id")


def list_plan_periods(brand_id: int) -> QuerySet[PlanPeriod]:
    """The times for which the brand had a plan without Stripe."""
    return PlanPeriod.objects.filter(brand_id=brand_id).select_related("plan_version__plan").order_by("-id")


def list_reminders(brand_id: int) -> QuerySet[Reminder]:
    """The reminders sent to the brand."""
    return Reminder.objects.filter(brand_id=brand_id).order_by("-id")


def count_awaiting() -> int:
    """Transfers that wait for a second person."""
    return OfflinePayment.objects.filter(state=PaymentState.AWAITING_APPROVAL).count()
