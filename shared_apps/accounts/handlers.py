"""Send reset links, count staff, record lock-outs."""

from datetime import datetime

from axes.signals import user_locked_out
from django.dispatch import receiver
from django.http import HttpRequest

from kernel.events.outbox import handles
from shared_apps.accounts import selectors
from shared_apps.accounts.events import PasswordResetRequested, PersonInvited
from shared_apps.accounts.services import invitations, passwords, sign_in
from shared_apps.entitlements.services.quotas import counts


@handles(PasswordResetRequested, name="accounts.send_reset_link")
def send_reset_link(event: PasswordResetRequested) -> None:
    passwords.send_reset_link(name=event.name, origin=event.origin)


@handles(PersonInvited, name="accounts.send_invitation")
def send_invitation(event: PersonInvited) -> None:
    invitations.send_invitation(user_id=event.user_id, origin=event.origin)


@counts("staff")
def count_staff(now: datetime) -> int:
    return selectors.count_staff()


@receiver(user_locked_out)
def record_lock_out(sender: object, request: HttpRequest, username: str | None, **_rest: object) -> None:
    """Write one audit record per lock-out, not one per further attempt."""
    if getattr(request, "axes_failures_since_start", None) is not None:
        sign_in.record_lock_out(name=username or "")
