"""Change and reset passwords."""

from datetime import timedelta
from typing import Final

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Gone
from kernel.events import outbox, queue
from kernel.tenancy import context as tenancy
from shared_apps.accounts import selectors
from shared_apps.accounts.events import PasswordResetRequested
from shared_apps.accounts.models import OneTimeToken, User
from shared_apps.accounts.rules import sign_in_names
from shared_apps.accounts.services import credentials, endings, people, throttle

RESET_LINK_LIFETIME: Final = timedelta(hours=1)
STAFF_RESET_TASK: Final = "accounts.send_staff_reset_link"
_PURPOSE: Final = OneTimeToken.Purpose.PASSWORD_RESET


class ResetLinkInvalid(Gone):
    code = "reset_link_invalid"
    title = _("This link has been used already or is too old. Ask for a new one.")


@transaction.atomic
def request_reset(*, name: str, origin: str, ip_address: str | None) -> None:
    """Queue a reset link for the person with this sign-in name. Takes the same time for unknown names.

    `origin` is the address of the site, such as `https://brand.example.com`. Raises TooManyRequests when one network
    address asks too often.
    """
    throttle.count(what="password-reset", who=ip_address or "?", limit=10, seconds=3_600)
    wanted = sign_in_names.normalise_sign_in_name(name)
    if tenancy.is_public():
        # The outbox is the brands'; staff get theirs by a task of the platform.
        queue.after_commit(STAFF_RESET_TASK, wanted, origin)
    else:
        outbox.publish(PasswordResetRequested(name=wanted, origin=origin))


@transaction.atomic
def send_reset_link(*, name: str, origin: str) -> bool:
    """Send the link if the name is an active person's with an e-mail address; return whether it was sent."""
    user = selectors.get_user_by_sign_in_name(name)
    if user is None or not user.is_active or not user.email:
        return False
    token = issue_reset_token(user_id=user.pk)
    with translation.override(user.language):
        text = render_to_string(
            "accounts/password_reset_mail.txt",
            {"user": user, "address": f"{origin}/console/password/reset/?token={token}", "hours": 1},
        )
        send_mail(gettext("Choose a new password"), text, None, [user.email])
    return True


@transaction.atomic
def issue_reset_token(*, user_id: int) -> str:
    """Issue a token to set a new password: one hour, one use, this schema. Raises UserNotFound."""
    user = people.lock_person(user_id)
    audit.record(action="accounts.password_reset_sent", subject=f"user:{user.pk}")
    return credentials.issue_token(user_id=user.pk, purpose=_PURPOSE, lifetime=RESET_LINK_LIFETIME, now=clock.now())


@transaction.atomic
def reset_password(*, token: str, password: str) -> User:
    """Set the password by a reset link or an invitation; a refused password does not use the link up.

    Raises ResetLinkInvalid, WeakPassword.
    """
    now = clock.now()
    used = (credentials.use_token(secret=token, purpose=purpose, now=now) for purpose in selectors.PASSWORD_LINKS)
    user_id = next((found for found in used if found), None)
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first() if user_id else None
    if user is None:
        raise ResetLinkInvalid
    _set_password(user, password)
    audit.record(action="accounts.password_reset", subject=f"user:{user.pk}")
    return user


@transaction.atomic
def change_own_password(*, user_id: int, current: str, password: str) -> User:
    """Change one's own password; other sessions and sent links end.

    Raises WrongPassword, WeakPassword, TooManyAttempts.
    """
    user = people.lock_person(user_id)
    credentials.ensure_own_password(current, user, field="current")
    _set_password(user, password)
    audit.record(action="accounts.password_changed", subject=f"user:{user.pk}")
    return user


def _set_password(user: User, password: str) -> None:
    credentials.ensure_good_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    endings.end_sessions(user)
