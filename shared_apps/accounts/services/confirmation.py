"""Confirm e-mail addresses by a link."""

from datetime import timedelta
from typing import Final

from django.core import signing

from kernel.tenancy.context import current_schema
from shared_apps.accounts import selectors
from shared_apps.accounts.models import User
from shared_apps.accounts.services import people, users

LIFETIME: Final = timedelta(days=7)
_SALT: Final = "accounts.email-confirmation"


def issue_token(*, user_id: int) -> str:
    """Issue a signed token for `/console/email/confirm/?token=…` on this brand's host. Raises UserNotFound."""
    user = selectors.get_user(user_id=user_id)
    if user is None or user.email is None:
        raise people.UserNotFound
    return signing.dumps({"schema": current_schema(), "user_id": user.pk, "email": user.email}, salt=_SALT)


def redeem(*, token: str) -> User:
    """Confirm the token's address; repeating has no effect. Raises ConfirmationInvalid."""
    try:
        content = signing.loads(token, salt=_SALT, max_age=LIFETIME)
    except signing.BadSignature:
        raise users.ConfirmationInvalid from None
    if content["schema"] != current_schema():
        raise users.ConfirmationInvalid
    return users.confirm_email(user_id=content["user_id"], email=content["email"])
