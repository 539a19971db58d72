"""The platform console's pages of plans, subscriptions, payments and what Stripe told us."""

from shared_apps.billing.admin import inbox, mirrored, payments, plans

__all__ = ["inbox", "mirrored", "payments", "plans"]
