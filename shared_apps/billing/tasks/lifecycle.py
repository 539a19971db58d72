"""Background work by the clock: where every brand stands, and who is archived."""

from kernel.core import clock
from kernel.events.queue import LONG
from kernel.tenancy.tasks import public_task
from shared_apps.billing.services import collecting, lifecycle, withholding


@public_task(name="billing.sync_all_billing_statuses", queue=LONG)
def sync_all_billing_statuses() -> int:
    """Every hour: settle the brands about which time has changed anything; returns how many were settled.

    And what collects from an account that is being closed or cannot be used, because somebody undid it at Stripe, is
    stopped again.
    """
    collecting.stop_forgotten(now=clock.now())
    withholding.follow_forgotten(now=clock.now())
    return lifecycle.sync_all_billing_statuses(now=clock.now()).settled


@public_task(name="billing.archive_due_brands", queue=LONG)
def archive_due_brands() -> int:
    """Every day: archive whoever was told three times and did not pay; returns how many."""
    return lifecycle.archive_due_brands(now=clock.now()).settled
