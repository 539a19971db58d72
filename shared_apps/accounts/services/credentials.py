"""Check passwords and issue one-time tokens."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import FieldError, Invalid
from shared_apps.accounts import selectors
from shared_apps.accounts.models import OneTimeToken, User
from shared_apps.accounts.rules import tokens
from shared_apps.accounts.services import throttle

_LINKS: Final = (
    OneTimeToken.Purpose.INVITATION,
    OneTimeToken.Purpose.PASSWORD_RESET,
    OneTimeToken.Purpose.ENTRY_LINK,
)
PASSWORD_MAX_LENGTH: Final = 128  # more is no safer, and hashing a megabyte is a way to keep a server busy


class WeakPassword(Invalid):
    code = "weak_password"
    title = _("The password is too easy to guess")


class WrongPassword(Invalid):
    code = "wrong_password"
    title = _("This is not your present password")


def ensure_good_password(password: str, user: User, *, field: str = "password") -> None:
    """Raises WeakPassword with one entry per broken rule."""
    if len(password) > PASSWORD_MAX_LENGTH:
        raise WeakPassword(_("A password has at most 128 characters."), field=field)
    try:
        validate_password(password, user)
    except ValidationError as error:
        errors = [FieldError(field, WeakPassword.code, message) for message in error.messages]
        raise WeakPassword(" ".join(error.messages), errors=errors) from None


def ensure_own_password(typed: str, user: User, *, field: str) -> None:
    """Ask for the password again before an act that an unattended screen must not allow.

    Raises WrongPassword, TooManyAttempts.
    """
    throttle.count(what="own-password", who=str(user.pk), limit=10, seconds=900)
    if len(typed) > PASSWORD_MAX_LENGTH or not user.check_password(typed):
        raise WrongPassword(field=field)


def issue_token(*, user_id: int, purpose: str, lifetime: timedelta, now: datetime) -> str:
    """Create a one-time token and return its secret; earlier ones of this purpose become invalid."""
    burn_tokens(user_id=user_id, purposes=[purpose])
    secret = tokens.new_secret()
    OneTimeToken.objects.create(
        user_id=user_id, purpose=purpose, digest=selectors.token_digest(purpose, secret), expires_at=now + lifetime
    )
    return secret


def use_token(*, secret: str, purpose: str, now: datetime) -> int | None:
    """Use the token up and return its user's id; None when unknown, used or expired. Safe against races."""
    token = selectors.find_token(secret=secret, purpose=purpose, now=now)
    if token is None or not OneTimeToken.objects.filter(pk=token.pk, used_at__isnull=True).update(used_at=now):
        return None
    return token.user_id


def burn_links(*, user_id: int) -> None:
    """Invalidate this person's unused links; recovery codes stay."""
    burn_tokens(user_id=user_id, purposes=_LINKS)


def burn_tokens(*, user_id: int, purposes: Collection[str]) -> None:
    """Invalidate this person's unused tokens of the purposes; of no purpose, none."""
    OneTimeToken.objects.filter(user_id=user_id, purpose__in=purposes, used_at__isnull=True).update(used_at=clock.now())
