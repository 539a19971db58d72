"""Users of Banyan's staff in a brand, for support sessions."""

from typing import Final

from django.db import transaction

from shared_apps.accounts.models import User
from shared_apps.accounts.rules import rights
from shared_apps.accounts.states import Role

SUFFIX: Final = " (Banyan support)"
_DOMAIN: Final = "visitors.banyan.invalid"  # no mail reaches it, and nobody signs in by it


@transaction.atomic
def ensure_visitor(*, staff_id: int, name: str, language: str) -> User:
    """Return this staff member's user in the current brand, created at the first session.

    It has no password, is in no list and no quota of the brand, and has no permission without an active grant.
    """
    label = f"{name[: 100 - len(SUFFIX)]}{SUFFIX}"
    user, _made = User.objects.update_or_create(
        email=f"staff-{staff_id}@{_DOMAIN}",
        defaults={"name": label, "language": language, "is_active": True},
        create_defaults={"name": label, "language": language, "role": Role.VISITOR, "password": "!"},
    )
    return user


def allow_visit(user: User, *, may_write: bool) -> None:
    """Grant a visitor read access for this request, and with `may_write` write access, except to people, the brand's
    bill, and support grants.
    """
    held = rights.permissions_for(Role.VISITOR)
    user.only_reads = not may_write
    user.visit_permissions = held if may_write else frozenset(word for word in held if word.endswith(".view"))
