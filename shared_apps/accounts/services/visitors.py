"""Give Banyan's staff a user in a brand for a support session, which support allows and ends."""

from typing import Final

from django.db import transaction

from shared_apps.accounts.models import User
from shared_apps.accounts.rules import rights
from shared_apps.accounts.states import Role

SUFFIX: Final = " (Banyan support)"
_DOMAIN: Final = "visitors.banyan.invalid"  # no mail reaches it, and nobody signs in by it


@transaction.atomic
def ensure_visitor(*, staff_id: int, name: str, language: str) -> User:
    """Return the user of this member of the staff in the current brand; made at the first session.

    It has no password, is in no list and no quota of the brand, and without a live grant it may do nothing.
    """
    label = f"{name[: 100 - len(SUFFIX)]}{SUFFIX}"
    user, _made = User.objects.update_or_create(
        email=f"staff-{staff_id}@{_DOMAIN}",
        defaults={"name": label, "language": language, "is_active": True},
        create_defaults={"name": label, "language": language, "role": Role.VISITOR, "password": "!"},
    )
    return user


def allow_visit(user: User, *, may_write: bool) -> None:
    """Let a visitor see everything for the present request, and with `may_write` also act; never rule over people,
    money owed to Banyan, or visits."""
    held = rights.permissions_for(Role.VISITOR)
    user.visit_permissions = held if may_write else frozenset(word for word in held if word.endswith(".view"))
