"""Shared checks of changes to people: locks, the actor's own permissions, and at least one owner."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.core.integrity import refine_integrity_error
from kernel.privacy import masking
from kernel.tenancy.actors import current_actor
from kernel.tenancy.context import is_public
from shared_apps.accounts import selectors
from shared_apps.accounts.models import User, within_plan
from shared_apps.accounts.rules import rights
from shared_apps.entitlements.services import features, quotas


class UserNotFound(NotFound):
    code = "user_not_found"
    title = _("There is no such person")


class EmailTaken(Conflict):
    code = "email_taken"
    title = _("Somebody already signs in with this e-mail address")


class PhoneTaken(Conflict):
    code = "phone_taken"
    title = _("Somebody already signs in with this phone number")


class LastOwner(Conflict):
    code = "last_owner"
    title = _("Somebody must remain who manages the accounts: make another person owner first")


class RightsBeyondOwn(Forbidden):
    code = "rights_beyond_own"
    title = _("Nobody gives, changes or takes rights they do not have")


def ensure_within_own(permissions: frozenset[str]) -> None:
    """Require the actor to have every one of these; the system may all. Raises RightsBeyondOwn.

    Permissions that the plan withholds from everybody are ignored.
    """
    actor = current_actor()
    if actor.kind != "system" and not within_plan(permissions) <= actor.permissions:
        raise RightsBeyondOwn


def count_in() -> None:
    """Take one of the plan's places; the platform's own staff is not limited. Raises QuotaExceeded."""
    if not is_public():
        quotas.take("staff")


def count_out() -> None:
    if not is_public():
        quotas.give_back("staff")


def ensure_keys_in_plan() -> None:
    """Raises FeatureNotInPlan unless the plan has an API. Keys of the platform need no plan."""
    if not is_public():
        features.ensure_feature("api")


def lock_user(user_id: int) -> User:
    """Lock a member of the staff. Raises UserNotFound."""
    user = selectors.list_users().select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        raise UserNotFound
    return user


def lock_person(user_id: int) -> User:
    """Lock a member of the staff or an agent. Raises UserNotFound."""
    user = selectors.list_people().select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        raise UserNotFound
    return user


def lock_user_to_change(user_id: int) -> User:
    """Lock a user for a change that could take over the account. Raises UserNotFound, RightsBeyondOwn."""
    user = lock_user(user_id)
    ensure_within_own(rights.permissions_for(user.role))
    return user


def lock_owners() -> list[int]:
    """Lock all active owners in id order, before any other row, which prevents deadlocks.

    Of two owners who demote each other at once, the second waits here and then sees that the first is gone.
    """
    return list(selectors.list_owners().select_for_update(no_key=True).values_list("id", flat=True))


def ensure_not_last(user: User, owners: Sequence[int]) -> None:
    """Raises LastOwner if nobody else could manage the accounts."""
    if user.pk in owners and len(owners) == 1:
        raise LastOwner


def save_user(user: User) -> None:
    """Raises Invalid without any sign-in name, EmailTaken, PhoneTaken."""
    if user.email is None and user.phone is None:
        raise Invalid(_("An e-mail address or a phone number is needed to sign in."), field="email")
    taken = {
        "accounts_user_email_unique": lambda: EmailTaken(field="email"),
        "accounts_user_phone_unique": lambda: PhoneTaken(field="phone"),
    }
    with refine_integrity_error(taken), transaction.atomic():
        user.save()


def describe(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "role": user.role,
        "email": masking.mask_email(user.email) if user.email else None,
        "phone": masking.mask_phone(user.phone) if user.phone else None,
        "language": user.language,
    }
