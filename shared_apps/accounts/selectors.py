"""Who is asking: reads of people and keys."""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from kernel import clock
from kernel.actors import Actor
from shared_apps.accounts import rules
from shared_apps.accounts.models import ApiKey, OneTimeToken, User

LAST_USED_EVERY: Final = timedelta(minutes=1)


def get_user(*, user_id: int) -> User | None:
    """The person with this id in the current schema, deactivated or not."""
    return User.objects.filter(pk=user_id).first()


def get_user_by_sign_in_name(name: str) -> User | None:
    """The person who signs in with this e-mail address or phone number, however it is written."""
    wanted = rules.normalise_sign_in_name(name)
    if not wanted:
        return None
    return User.objects.filter(Q(email=wanted) if "@" in wanted else Q(phone=wanted)).first()


def list_users() -> QuerySet[User]:
    """Everybody, oldest first."""
    return User.objects.order_by("id")


def list_owners() -> QuerySet[User]:
    """The active owners (on the platform: its administrators), oldest first."""
    return User.objects.filter(role__in=[rules.Role.OWNER, rules.Role.PLATFORM_ADMIN], is_active=True).order_by("id")


def list_api_keys() -> QuerySet[ApiKey]:
    """All keys, revoked ones too, newest first."""
    return ApiKey.objects.select_related("created_by").order_by("-id")


def count_recovery_codes(*, user_id: int) -> int:
    """How many recovery codes this person has left."""
    return OneTimeToken.objects.filter(
        user_id=user_id, purpose=OneTimeToken.Purpose.RECOVERY_CODE, used_at__isnull=True
    ).count()


def actor_for_user(user: User) -> Actor:
    """The actor a signed-in person is."""
    return Actor(kind="user", id=user.pk, label=user.name, role=user.role, permissions=user.permissions)


def permissions_of_key(key: ApiKey) -> frozenset[str]:
    """The key's own list, else what its role allows today."""
    if key.permissions is None:
        return rules.permissions_for(key.role)
    return frozenset(key.permissions)


def authenticate_api_key(plaintext: str, *, now: datetime | None = None) -> Actor | None:
    """The actor behind an API key, or None when it is mistyped, unknown here, revoked or expired.

    One query by the unique digest; once a minute a second statement notes the use.
    """
    if not rules.is_api_key(plaintext):
        return None
    now = now or clock.now()
    key = ApiKey.objects.filter(digest=rules.digest(plaintext), revoked_at__isnull=True).first()
    if key is None or (key.expires_at is not None and key.expires_at <= now):
        return None
    if key.last_used_at is None or now - key.last_used_at >= LAST_USED_EVERY:
        _note_use(key.pk, now)
    return Actor(kind="api_key", id=key.pk, label=key.name, role=key.role, permissions=permissions_of_key(key))


def _note_use(key_id: int, now: datetime) -> None:
    """Write `last_used_at`, unless another request is doing so: nobody ever waits for this row."""
    free = "SELECT id FROM accounts_apikey WHERE id = %s FOR UPDATE SKIP LOCKED"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE accounts_apikey SET last_used_at = %s WHERE id IN ({free})", [now, key_id])  # noqa: S608
