"""Background work: letters to Banyan's own staff, and forgetting."""

from kernel.core import clock
from kernel.tenancy.tasks import brand_task, for_each_ready_brand, public_task
from shared_apps.accounts.services import housekeeping, passwords


@public_task(name=passwords.STAFF_RESET_TASK)
def send_staff_reset_link(name: str, origin: str) -> None:
    """Send the link to choose a new password to a member of Banyan's staff."""
    passwords.send_reset_link(name=name, origin=origin)


@brand_task(name="accounts.forget_expired", writes=False)  # what is to be forgotten is forgotten whoever pays
def forget_expired() -> None:
    """Forget this brand's expired sessions and tokens."""
    housekeeping.forget_expired(now=clock.now())


@public_task(name="accounts.forget_expired_everywhere")
def forget_expired_everywhere() -> int:
    """Every night: the same in public and, spread over an hour, in each ready brand; returns how many brands."""
    housekeeping.forget_expired(now=clock.now())
    return for_each_ready_brand(forget_expired, spread_seconds=3_600)
