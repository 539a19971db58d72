"""Sign a person in by a signed single-use link."""

from datetime import timedelta
from typing import Final

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Gone
from kernel.tenancy.context import current_schema
from shared_apps.accounts.models import OneTimeToken, User
from shared_apps.accounts.services import credentials, people

ENTRY_LINK_LIFETIME: Final = timedelta(seconds=60)


class EntryLinkInvalid(Gone):
    code = "entry_link_invalid"
    title = _("This link has been used already or is too old. Sign in instead.")


@transaction.atomic
def issue_entry_link_token(*, user_id: int) -> str:
    """Issue a signed token that signs this person in once, within 60 seconds, in this schema. Raises UserNotFound."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise people.UserNotFound
    secret = credentials.issue_token(
        user_id=user.pk, purpose=OneTimeToken.Purpose.ENTRY_LINK, lifetime=ENTRY_LINK_LIFETIME, now=clock.now()
    )
    audit.record(action="accounts.entry_link_issued", subject=f"user:{user.pk}")
    return signing.dumps({"schema": current_schema(), "secret": secret}, salt="accounts.entry-link")


@transaction.atomic
def redeem_entry_link(*, token: str) -> User:
    """Return the token's person and use it up. Raises EntryLinkInvalid."""
    try:
        content = signing.loads(token, salt="accounts.entry-link", max_age=ENTRY_LINK_LIFETIME)
    except signing.BadSignature:
        raise EntryLinkInvalid from None
    if content["schema"] != current_schema():
        raise EntryLinkInvalid
    user_id = credentials.use_token(secret=content["secret"], purpose=OneTimeToken.Purpose.ENTRY_LINK, now=clock.now())
    user = User.objects.filter(pk=user_id, is_active=True).first() if user_id else None
    if user is None:
        raise EntryLinkInvalid
    return user
