"""Writes: people, API keys, entry links. Passwords, sign-in and the second step have modules of their own."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, TypedDict

from django.contrib.auth.backends import BaseBackend
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Gone, Invalid, NotFound
from kernel.tenancy.actors import Actor
from kernel.tenancy.context import current_schema
from shared_apps.accounts import rules, selectors
from shared_apps.accounts.models import ApiKey, OneTimeToken, User
from shared_apps.accounts.services import cleaning, credentials, people

ENTRY_LINK_LIFETIME: Final = timedelta(seconds=60)
LAST_USED_EVERY: Final = timedelta(minutes=1)


class ApiKeyNotFound(NotFound):
    code = "api_key_not_found"
    title = _("There is no such API key")


class EntryLinkInvalid(Gone):
    code = "entry_link_invalid"
    title = _("This link has been used already or is too old. Sign in instead.")


class ConfirmationInvalid(Gone):
    code = "confirmation_invalid"
    title = _("This link no longer fits the account's e-mail address")


class UserChanges(TypedDict, total=False):
    """What may be changed about a person besides the role; what is absent stays."""

    name: str
    email: str | None
    phone: str | None
    language: str


# --- people --------------------------------------------------------------------------------------------------------


@transaction.atomic
def create_user(
    *,
    name: str,
    role: str,
    email: str | None = None,
    phone: str | None = None,
    password: str | None = None,
    language: str = "zh-hans",
) -> User:
    """Add a person who signs in by e-mail or phone; without a password, one is chosen by a reset link.

    Raises Invalid (naming the field), EmailTaken, PhoneTaken, RightsBeyondOwn, QuotaExceeded.
    """
    role = cleaning.clean_person_role(role)
    people.ensure_within_own(rules.permissions_for(role))
    user = User(name=cleaning.clean_name(name), role=role, language=cleaning.clean_language(language))
    user.email = cleaning.clean_email(email)
    user.phone = cleaning.clean_phone(phone)
    if password is None:
        user.set_unusable_password()
    else:
        credentials.ensure_good_password(password, user)
        user.set_password(password)
    people.count_in()
    people.save_user(user)
    audit.record(action="accounts.user_created", subject=f"user:{user.pk}", after=people.describe(user))
    return user


@transaction.atomic
def change_user(*, user_id: int, changes: UserChanges) -> User:
    """Change name, addresses or language. A changed address is unconfirmed, and links sent before stop working.

    Raises UserNotFound, Invalid (naming the field), EmailTaken, PhoneTaken, RightsBeyondOwn.
    """
    user = people.lock_user_to_change(user_id)
    before = people.describe(user)
    if "name" in changes:
        user.name = cleaning.clean_name(changes["name"])
    if "language" in changes:
        user.language = cleaning.clean_language(changes["language"])
    if "phone" in changes:
        user.phone = cleaning.clean_phone(changes["phone"])
    if "email" in changes and (email := cleaning.clean_email(changes["email"])) != user.email:
        user.email = email
        user.email_confirmed_at = None
        credentials.burn_tokens(user_id=user.pk)
    people.save_user(user)
    after = people.describe(user)
    audit.record(action="accounts.user_changed", subject=f"user:{user.pk}", before=before, after=after)
    return user


@transaction.atomic
def change_role(*, user_id: int, role: str) -> User:
    """Give a person another role, at once and for the sessions already open.

    Raises UserNotFound, Invalid, RightsBeyondOwn, LastOwner.
    """
    role = cleaning.clean_person_role(role)
    owners = people.lock_owners()
    user = people.lock_user_to_change(user_id)
    people.ensure_within_own(rules.permissions_for(role))
    if user.role == role:
        return user
    people.ensure_not_last(user, owners)
    before = user.role
    user.role = role
    user.save(update_fields=["role"])
    audit.record(
        action="accounts.role_changed", subject=f"user:{user.pk}", before={"role": before}, after={"role": role}
    )
    return user


@transaction.atomic
def deactivate_user(*, user_id: int) -> User:
    """Shut a person out: open sessions, links and passwords no longer help. Nothing they did is touched.

    Raises UserNotFound, RightsBeyondOwn, LastOwner.
    """
    owners = people.lock_owners()
    user = people.lock_user_to_change(user_id)
    if not user.is_active:
        return user
    people.ensure_not_last(user, owners)
    user.is_active = False
    people.count_out()
    user.save(update_fields=["is_active"])
    credentials.burn_tokens(user_id=user.pk)
    audit.record(action="accounts.user_deactivated", subject=f"user:{user.pk}")
    return user


@transaction.atomic
def reactivate_user(*, user_id: int) -> User:
    """Let a person in again, with the password and role they had.

    Raises UserNotFound, RightsBeyondOwn, QuotaExceeded.
    """
    user = people.lock_user_to_change(user_id)
    if not user.is_active:
        people.count_in()
        user.is_active = True
        user.save(update_fields=["is_active"])
        audit.record(action="accounts.user_reactivated", subject=f"user:{user.pk}")
    return user


@transaction.atomic
def confirm_email(*, user_id: int, email: str | None = None) -> User:
    """Note that the person reads the mail sent to them; again is harmless.

    `email`, when given, is the address the link was sent to. Raises ConfirmationInvalid when it has changed since.
    """
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first()
    if user is None or user.email is None or (email is not None and rules.normalise_email(email) != user.email):
        raise ConfirmationInvalid
    if user.email_confirmed_at is None:
        user.email_confirmed_at = clock.now()
        user.save(update_fields=["email_confirmed_at"])
        audit.record(action="accounts.email_confirmed", subject=f"user:{user.pk}")
    return user


# --- API keys ------------------------------------------------------------------------------------------------------


@transaction.atomic
def issue_api_key(
    *,
    name: str,
    role: str,
    permissions: Iterable[str] | None = None,
    created_by: User | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its plaintext, which is kept nowhere.

    Without `permissions` it may do what its role may; with them, only those. A `service` key has no others, so it
    needs them. Raises Invalid (naming the field), RightsBeyondOwn, FeatureNotInPlan.
    """
    people.ensure_keys_in_plan()
    role = cleaning.clean_key_role(role)
    scopes = cleaning.clean_scopes(role, permissions)
    people.ensure_within_own(rules.permissions_for(role) if scopes is None else frozenset(scopes))
    if expires_at is not None and expires_at <= clock.now():
        raise Invalid(_("The key would have expired already."), field="expires_at")
    plaintext = rules.new_api_key()
    key = ApiKey.objects.create(
        name=cleaning.clean_name(name),
        prefix=plaintext[:12],
        digest=rules.digest(plaintext),
        role=role,
        permissions=scopes,
        created_by=created_by,
        expires_at=expires_at,
    )
    audit.record(
        action="accounts.api_key_issued",
        subject=f"api_key:{key.pk}",
        after={"name": key.name, "role": role, "permissions": scopes, "expires_at": expires_at},
    )
    return key, plaintext


@transaction.atomic
def revoke_api_key(*, key_id: int) -> ApiKey:
    """Stop a key from the next request on, for good. Raises ApiKeyNotFound, RightsBeyondOwn."""
    key = ApiKey.objects.select_for_update(no_key=True).filter(pk=key_id).first()
    if key is None:
        raise ApiKeyNotFound
    people.ensure_within_own(selectors.permissions_of_key(key))
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        key.save(update_fields=["revoked_at"])
        audit.record(action="accounts.api_key_revoked", subject=f"api_key:{key.pk}")
    return key


# --- entry links ---------------------------------------------------------------------------------------------------


@transaction.atomic
def issue_entry_link_token(*, user_id: int) -> str:
    """A signed token that signs this person in once, within 60 seconds, in this schema. Raises UserNotFound."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise people.UserNotFound
    secret = credentials.issue_token(
        user_id=user.pk, purpose=OneTimeToken.Purpose.ENTRY_LINK, lifetime=ENTRY_LINK_LIFETIME
    )
    audit.record(action="accounts.entry_link_issued", subject=f"user:{user.pk}")
    return signing.dumps({"schema": current_schema(), "secret": secret}, salt="accounts.entry-link")


@transaction.atomic
def redeem_entry_link(*, token: str) -> User:
    """The person the link was made for; it works once. Raises EntryLinkInvalid."""
    try:
        content = signing.loads(token, salt="accounts.entry-link", max_age=ENTRY_LINK_LIFETIME)
    except signing.BadSignature:
        raise EntryLinkInvalid from None
    if content["schema"] != current_schema():
        raise EntryLinkInvalid
    user_id = credentials.use_token(secret=content["secret"], purpose=OneTimeToken.Purpose.ENTRY_LINK)
    user = User.objects.filter(pk=user_id, is_active=True).first() if user_id else None
    if user is None:
        raise EntryLinkInvalid
    return user


# --- signing in ----------------------------------------------------------------------------------------------------


class AccountsBackend(BaseBackend):
    """Password sign-in by e-mail address or phone number, in the schema of the request."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_rest: Any
    ) -> User | None:
        """The person, when name and password fit. It takes as long for a name nobody has."""
        if not username or not password or len(password) > credentials.PASSWORD_MAX_LENGTH:
            return None
        user = selectors.get_user_by_sign_in_name(username)
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        """Whose session it is; nobody's, once the person is deactivated."""
        return User.objects.filter(pk=user_id, is_active=True).first()


def use_api_key(plaintext: str, *, now: datetime | None = None) -> Actor | None:
    """The actor behind a key, as `selectors.authenticate_api_key`, noting once a minute that it was used.

    Another request may be holding the key's row in its transaction: then the note is left to it, nobody waits.
    Raises FeatureNotInPlan for a good key of a brand whose plan has no API.
    """
    now = now or clock.now()
    key = selectors.get_usable_key(plaintext, now=now)
    if key is None:
        return None
    people.ensure_keys_in_plan()
    if key.last_used_at is None or now - key.last_used_at >= LAST_USED_EVERY:
        with transaction.atomic():
            free = ApiKey.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=key.pk)
            ApiKey.objects.filter(pk__in=free.values("pk")).update(last_used_at=now)
    return selectors.actor_for_key(key)
