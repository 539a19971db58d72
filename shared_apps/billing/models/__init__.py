"""Plans, subscriptions, payments and what Stripe told us. All of it stands in the public schema."""

from shared_apps.billing.models.attempts import StripeAttempt, StripeComparison
from shared_apps.billing.models.inbox import StripeEvent
from shared_apps.billing.models.payments import OfflinePayment, PlanPeriod, StripeInvoice
from shared_apps.billing.models.plans import Plan, PlanPrice, PlanVersion
from shared_apps.billing.models.subscriptions import BillingAccount, Reminder, Subscription, SubscriptionChange

__all__ = [
    "BillingAccount",
    "OfflinePayment",
    "Plan",
    "PlanPeriod",
    "PlanPrice",
    "PlanVersion",
    "Reminder",
    "StripeAttempt",
    "StripeComparison",
    "StripeEvent",
    "StripeInvoice",
    "Subscription",
    "SubscriptionChange",
]
