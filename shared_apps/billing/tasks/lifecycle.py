"""Background work by the clock: where every brand stands, and who is archived."""

from kernel.core import clock
from kernel.events.queue import LONG
from kernel.tenancy.tasks import public_task
from shared_apps.billing.services import collecting, lifecycle, withholding


@public_task(name="billing.settle_everyone", queue=LONG)
def settle_everyone() -> int:
    """Every hour: settle the brands about which time has changed anything; returns how many were settled.

    And what collects from an account that is being closed or cannot be used, because somebody undid it at Stripe, is
    stopped again.
    """
    collecting.stop_forgotten(now=clock.now())
    withholding.follow_forgotten(now=clock.now())
    return lifecycle.settle_everyone(now=clock.now()).settled


@public_task(name="billing.archive_due_brands", queue=LONG)
def archive_due_brands() -> int:
    """Every day: archive whoever was told three times and did not pay; returns how many."""
    return lifecycle.archive_due_brands(now=clock.now()).settled
