"""Send reset links to Banyan's own staff, and delete expired sessions and tokens."""

from datetime import datetime, timedelta

from kernel.events.due import due_work
from kernel.events.queue import EVENTS, HOUSEKEEPING
from kernel.tenancy.tasks import public_task
from shared_apps.accounts.services import housekeeping, invitations, passwords


@public_task(name=passwords.STAFF_RESET_TASK, queue=EVENTS)
def send_staff_reset_link(name: str, origin: str) -> None:
    passwords.send_reset_link(name=name, origin=origin)


@public_task(name=invitations.STAFF_INVITATION_TASK, queue=EVENTS)
def send_staff_invitation(user_id: int, origin: str) -> None:
    invitations.send_invitation(user_id=user_id, origin=origin)


# What is to be forgotten is forgotten whoever pays.
@due_work("accounts.forget_expired", queue=HOUSEKEEPING, every=timedelta(hours=6), writes=False, scope="everywhere")
def forget_expired(now: datetime) -> None:
    housekeeping.forget_expired(now=now)
