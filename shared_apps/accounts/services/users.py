"""Create, change and deactivate the people who sign in."""

from typing import TypedDict

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Gone
from shared_apps.accounts.models import User
from shared_apps.accounts.rules import rights, sign_in_names
from shared_apps.accounts.services import cleaning, credentials, endings, people


class ConfirmationInvalid(Gone):
    code = "confirmation_invalid"
    title = _("This link no longer fits the account's e-mail address")


class UserChanges(TypedDict, total=False):
    """Fields to change, besides the role; absent ones stay."""

    name: str
    email: str | None
    phone: str | None
    language: str


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
    """Add a person who signs in by e-mail or phone; without a password, the person sets one by a reset link.

    Raises Invalid (naming the field), EmailTaken, PhoneTaken, RightsBeyondOwn, QuotaExceeded.
    """
    role = cleaning.clean_person_role(role)
    people.ensure_within_own(rights.permissions_for(role))
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
    """Change name, addresses or language. A changed address is unconfirmed, and sent links become invalid.

    Raises UserNotFound, Invalid (naming the field), EmailTaken, PhoneTaken, RightsBeyondOwn.
    """
    user = people.lock_user_to_change(user_id)
    before = people.describe(user)
    if "name" in changes:
        user.name = cleaning.clean_name(changes["name"])
    if "language" in changes:
        user.language = cleaning.clean_language(changes["language"])
    if "phone" in changes and (phone := cleaning.clean_phone(changes["phone"])) != user.phone:
        user.phone = phone
        credentials.burn_links(user_id=user.pk)
    if "email" in changes and (email := cleaning.clean_email(changes["email"])) != user.email:
        user.email = email
        user.email_confirmed_at = None
        credentials.burn_links(user_id=user.pk)
    people.save_user(user)
    after = people.describe(user)
    audit.record(action="accounts.user_changed", subject=f"user:{user.pk}", before=before, after=after)
    return user


@transaction.atomic
def change_role(*, user_id: int, role: str) -> User:
    """Change a person's role, also for open sessions.

    Raises UserNotFound, Invalid, RightsBeyondOwn, LastOwner.
    """
    role = cleaning.clean_person_role(role)
    owners = people.lock_owners()
    user = people.lock_user_to_change(user_id)
    people.ensure_within_own(rights.permissions_for(role))
    if user.role == role:
        return user
    people.ensure_not_last(user, owners)
    before = user.role
    user.role = role
    user.save(update_fields=["role"])
    ended = endings.end_what_needs(user, rights.permissions_for(before) - rights.permissions_for(role))
    audit.record(
        action="accounts.role_changed",
        subject=f"user:{user.pk}",
        before={"role": before},
        after={"role": role, **ended},
    )
    return user


@transaction.atomic
def deactivate_user(*, user_id: int) -> User:
    """Deactivate a person: sessions, links, API keys and consents to visits end for good, the password rests.

    Nothing they did is touched. Raises UserNotFound, RightsBeyondOwn, LastOwner.
    """
    owners = people.lock_owners()
    user = people.lock_user_to_change(user_id)
    if not user.is_active:
        return user
    people.ensure_not_last(user, owners)
    user.is_active = False
    people.count_out()
    user.save(update_fields=["is_active"])
    ended = endings.end_everything(user)
    audit.record(action="accounts.user_deactivated", subject=f"user:{user.pk}", after=ended)
    return user


@transaction.atomic
def reactivate_user(*, user_id: int) -> User:
    """Reactivate a person, with the password and role they had; sessions, links and keys of before stay ended.

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
    """Mark the e-mail address as confirmed; repeating has no effect.

    `email`, when given, is the address the link was sent to. Raises ConfirmationInvalid when it has changed since.
    """
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first()
    if user is None or user.email is None or (email is not None and sign_in_names.normalise_email(email) != user.email):
        raise ConfirmationInvalid
    if user.email_confirmed_at is None:
        user.email_confirmed_at = clock.now()
        user.save(update_fields=["email_confirmed_at"])
        audit.record(action="accounts.email_confirmed", subject=f"user:{user.pk}")
    return user
