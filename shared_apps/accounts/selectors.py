"""Read people and keys."""

from datetime import datetime
from typing import Final, NamedTuple

import orjson
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import pgettext_lazy

from kernel.core import clock
from kernel.core.errors import Text
from kernel.tenancy.actors import Actor, ActorKind
from kernel.tenancy.context import current_schema
from shared_apps.accounts.models import ApiKey, OneTimeToken, User, withheld_by_plan, within_plan
from shared_apps.accounts.rules import rights, sign_in_names, tokens
from shared_apps.accounts.states import NOT_STAFF, Role


def get_user(*, user_id: int) -> User | None:
    return User.objects.filter(pk=user_id).first()


def sign_in_name(text: str) -> str:
    return sign_in_names.normalise_sign_in_name(text)


def get_user_by_sign_in_name(name: str) -> User | None:
    wanted = sign_in_names.normalise_sign_in_name(name)
    if not wanted:
        return None
    return list_people().filter(Q(email=wanted) if "@" in wanted else Q(phone=wanted)).first()


def list_people() -> QuerySet[User]:
    """List staff and agents, without visiting support, who have no password here."""
    return User.objects.exclude(role=Role.VISITOR).order_by("id")


def list_users() -> QuerySet[User]:
    """List the staff of this schema, oldest first, without visiting support and agents."""
    return User.objects.exclude(role__in=NOT_STAFF).order_by("id")


def list_staff_who_may(permission: str) -> QuerySet[User]:
    """List active people whose role includes the permission (`support.answer`), oldest first."""
    roles = [role for role in Role if permission in rights.permissions_for(role)]
    return list_users().filter(is_active=True, role__in=roles)


def is_visitor(user: object) -> bool:
    """Tell whether this is a member of Banyan's staff in a brand's schema."""
    return isinstance(user, User) and user.role == Role.VISITOR


def is_agent(user: object) -> bool:
    return isinstance(user, User) and user.role == Role.AGENT


def role_name(role: str) -> Text:
    return Role(role).label if role in Role.values else role


def name_of_actor(key: str) -> Text:
    """Return the name of a person (`user:7`) or an API key (`api_key:3`), and the word for the platform otherwise."""
    kind, _colon, identity = key.partition(":")
    if not identity:
        return pgettext_lazy("actor", "System") if kind == "system" else ""
    named: type[User | ApiKey] = ApiKey if kind == "api_key" else User
    return named._default_manager.filter(pk=identity).values_list("name", flat=True).first() or key


def list_owners() -> QuerySet[User]:
    """List the active owners (on the platform: its administrators), oldest first."""
    return User.objects.filter(role__in=[Role.OWNER, Role.PLATFORM_ADMIN], is_active=True).order_by("id")


def count_staff() -> int:
    return list_users().filter(is_active=True).count()


def list_api_keys() -> QuerySet[ApiKey]:
    return ApiKey.objects.select_related("created_by").order_by("-id")


def count_recovery_codes(*, user_id: int) -> int:
    return OneTimeToken.objects.filter(
        user_id=user_id, purpose=OneTimeToken.Purpose.RECOVERY_CODE, used_at__isnull=True
    ).count()


def actor_for_user(user: User) -> Actor:
    return _actor("user", user.pk, user.name, user.role, user.own_permissions)


def _actor(kind: ActorKind, identity: int, label: str, role: str, permissions: frozenset[str]) -> Actor:
    withheld = withheld_by_plan(permissions)
    held = permissions - dict(withheld).keys()
    return Actor(kind=kind, id=identity, label=label, role=role, permissions=held, withheld=withheld)


class Maker(NamedTuple):
    """The person who made a key, as they are now."""

    role: str
    is_active: bool


class UsableKey(NamedTuple):
    """Facts of a key that authenticate a request, and its maker; None where Banyan itself made it."""

    pk: int
    name: str
    role: str
    permissions: list[str] | None
    expires_at: datetime | None
    last_used_at: datetime | None
    maker: Maker | None


def permissions_of_key(key: ApiKey | UsableKey) -> frozenset[str]:
    """Return what the key may do now: by its own scopes, its maker's role and the brand's plan."""
    return within_plan(_own_permissions(key))


def _own_permissions(key: ApiKey | UsableKey) -> frozenset[str]:
    own = rights.permissions_of_key(key.role, key.permissions)
    maker = _maker_of(key)
    if maker is None:
        return own
    return own & rights.permissions_for(maker.role) if maker.is_active else frozenset()


def _maker_of(key: ApiKey | UsableKey) -> Maker | None:
    if isinstance(key, UsableKey):
        return key.maker
    maker = key.created_by
    return None if maker is None else Maker(maker.role, maker.is_active)


def role_of_key(key: ApiKey | UsableKey) -> str:
    """Return the key's role, or its maker's where that one now has fewer permissions."""
    maker = _maker_of(key)
    if maker is None or rights.permissions_for(key.role) <= rights.permissions_for(maker.role):
        return key.role
    return maker.role


def actor_for_key(key: ApiKey | UsableKey) -> Actor:
    return _actor("api_key", key.pk, key.name, role_of_key(key), _own_permissions(key))


# Asked on every request of the API, where a model and a query built for it would cost more than the answer. The maker
# comes with the key: what the key may do follows the person.
_KEY_BY_DIGEST = """
    SELECT key.id, key.name, key.role, key.permissions, key.expires_at, key.last_used_at,
           maker.id, maker.role, maker.is_active
    FROM accounts_apikey AS key LEFT JOIN accounts_user AS maker ON maker.id = key.created_by_id
    WHERE key.digest = %s AND key.revoked_at IS NULL
"""


def get_usable_key(plaintext: str, *, now: datetime) -> UsableKey | None:
    """Return the key unless it is malformed, unknown, revoked, expired, or of somebody deactivated.

    One query by the unique digest.
    """
    if not tokens.is_api_key(plaintext):
        return None
    with connection.cursor() as cursor:
        cursor.execute(_KEY_BY_DIGEST, [tokens.digest(plaintext)])
        row = cursor.fetchone()
    if row is None:
        return None
    identity, name, role, permissions, expires_at, last_used_at, maker_id, maker_role, is_active = row
    maker = None if maker_id is None else Maker(maker_role, is_active)
    scopes = permissions and orjson.loads(permissions)
    key = UsableKey(identity, name, role, scopes, expires_at, last_used_at, maker)
    is_over = key.expires_at is not None and key.expires_at <= now
    return None if is_over or (maker is not None and not maker.is_active) else key


def authenticate_api_key(plaintext: str, *, now: datetime) -> Actor | None:
    """Return the actor of an API key, or None. `services.use_api_key` also records the use."""
    key = get_usable_key(plaintext, now=now)
    return None if key is None else actor_for_key(key)


def token_digest(purpose: str, secret: str) -> str:
    """Return the stored digest of a token. It includes the schema, so a row copied into another brand is useless."""
    return tokens.digest(f"{current_schema()}:{purpose}:{secret}")


def find_token(*, secret: str, purpose: str, now: datetime) -> OneTimeToken | None:
    return OneTimeToken.objects.filter(
        digest=token_digest(purpose, secret), used_at__isnull=True, expires_at__gt=now
    ).first()


# Purposes of the links that lead to the page for a new password.
PASSWORD_LINKS: Final = (OneTimeToken.Purpose.PASSWORD_RESET, OneTimeToken.Purpose.INVITATION)


def is_reset_token_usable(secret: str) -> bool:
    now = clock.now()
    return any(find_token(secret=secret, purpose=purpose, now=now) for purpose in PASSWORD_LINKS)


def is_invited(*, user_id: int, now: datetime) -> bool:
    """Tell whether the person has an invitation that has not been used."""
    return OneTimeToken.objects.filter(
        user_id=user_id, purpose=OneTimeToken.Purpose.INVITATION, used_at__isnull=True, expires_at__gt=now
    ).exists()
