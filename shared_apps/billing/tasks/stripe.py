"""Forget old webhooks, and compare the mirror with Stripe."""

from kernel.core import clock
from kernel.events.queue import HOUSEKEEPING, LONG
from kernel.tenancy.tasks import public_task
from shared_apps.billing.services import gateway, inbox, reconcile


@public_task(name="billing.prune_stripe_inbox", queue=HOUSEKEEPING)
def prune_stripe_inbox() -> int:
    """Every six hours: forget webhooks handled more than 30 days ago; returns how many rows went."""
    return inbox.prune_inbox(now=clock.now())


@public_task(name="billing.compare_with_stripe", queue=LONG)
def compare_with_stripe() -> int:
    """Every night: compare every subscription with Stripe and repair the mirror; returns how many were repaired."""
    if not gateway.is_configured():
        return 0
    return reconcile.compare_with_stripe(now=clock.now()).repaired
