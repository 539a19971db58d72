"""Invite people by a link that sets their password: by e-mail, or handed over where there is no address."""

from datetime import timedelta
from typing import Final

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict
from kernel.events import outbox, queue
from kernel.tenancy import context as tenancy
from shared_apps.accounts.events import PersonInvited
from shared_apps.accounts.models import OneTimeToken, User
from shared_apps.accounts.services import credentials, people

LIFETIME: Final = timedelta(days=7)
STAFF_INVITATION_TASK: Final = "accounts.send_staff_invitation"
_PURPOSE: Final = OneTimeToken.Purpose.INVITATION


class NotActive(Conflict):
    code = "user_not_active"
    title = _("This person is deactivated: reactivate them first")


@transaction.atomic
def invite(*, user_id: int, origin: str) -> str:
    """Invite a colleague to set a password; earlier links of theirs stop working.

    Returns the link to hand over, or "" where it goes by e-mail. It works once, within seven days, also for somebody
    who has forgotten the password and has a phone number only. `origin` is the address of the site. Raises
    UserNotFound, RightsBeyondOwn, NotActive.
    """
    user = people.lock_user_to_change(user_id)
    if not user.is_active:
        raise NotActive
    credentials.burn_links(user_id=user.pk)
    way = "email" if user.email else "link"
    audit.record(action="accounts.invited", subject=f"user:{user.pk}", after={"way": way})
    if not user.email:
        return _link(user, origin)
    if tenancy.is_public():
        queue.after_commit(STAFF_INVITATION_TASK, user.pk, origin)
    else:
        outbox.publish(PersonInvited(user_id=user.pk, origin=origin))
    return ""


@transaction.atomic
def send_invitation(*, user_id: int, origin: str) -> bool:
    """Mail the link to somebody invited; return whether it was sent."""
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first()
    if user is None or not user.email:
        return False
    sender = "Banyan" if tenancy.is_public() else str(tenancy.current_brand().name)
    with translation.override(user.language):
        words = {"name": user.name, "sender": sender, "address": _link(user, origin), "days": LIFETIME.days}
        text = render_to_string("accounts/invitation_mail.txt", words)
        send_mail(gettext("Invitation to %(sender)s") % words, text, None, [user.email])
    return True


@transaction.atomic
def revoke_invitation(*, user_id: int) -> User:
    """Make every link of this person stop working. Again is harmless. Raises UserNotFound, RightsBeyondOwn."""
    user = people.lock_user_to_change(user_id)
    credentials.burn_links(user_id=user.pk)
    audit.record(action="accounts.invitation_revoked", subject=f"user:{user.pk}")
    return user


def _link(user: User, origin: str) -> str:
    token = credentials.issue_token(user_id=user.pk, purpose=_PURPOSE, lifetime=LIFETIME, now=clock.now())
    return f"{origin}/console/password/reset/?token={token}"
