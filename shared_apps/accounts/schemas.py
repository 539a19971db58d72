"""API schemas of people and keys."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field, StringConstraints

from kernel.http.schemas import MomentIn, PhoneIn, Strict, Text100
from shared_apps.accounts import selectors
from shared_apps.accounts.models import ApiKey, User

PersonRole = Literal["owner", "manager", "sales", "warehouse", "finance"]
KeyRole = Literal["owner", "manager", "sales", "warehouse", "finance", "service"]
Language = Literal["zh-hans", "en"]
EmailIn = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
]


class UserIn(Strict):
    """A new person; needs `email`, `phone` or both. Without a password, the person sets one by a reset link."""

    name: Text100
    role: PersonRole
    email: EmailIn | None = None
    phone: PhoneIn | None = None
    language: Language = "zh-hans"


class UserChangeIn(Strict):
    """Fields to change; absent ones stay. `null` removes an address if another one remains."""

    name: Text100 = ""
    email: EmailIn | None = None
    phone: PhoneIn | None = None
    language: Language = "zh-hans"


class RoleIn(Strict):
    """The new role."""

    role: PersonRole


class UserOut(Schema):
    """A person of this brand."""

    id: int
    name: str
    email: str | None
    phone: str | None
    role: str
    language: str
    is_active: bool
    email_confirmed_at: datetime | None
    two_step_sign_in: bool
    last_login: datetime | None
    created_at: datetime

    @staticmethod
    def resolve_two_step_sign_in(user: User) -> bool:
        return user.has_totp


class InvitedUserOut(Schema):
    """A person, and the link to hand over; empty where it goes by e-mail. It is shown here and never again."""

    user: UserOut
    invitation_url: str


class ApiKeyIn(Strict):
    """A new key. A `service` key needs `permissions`; for other roles they narrow what the role may do."""

    name: Text100
    role: KeyRole
    permissions: Annotated[list[Annotated[str, StringConstraints(max_length=50)]], Field(max_length=100)] | None = None
    expires_at: MomentIn | None = None


class ApiKeyOut(Schema):
    """A key, without its secret."""

    id: int
    name: str
    prefix: str
    role: str
    permissions: list[str]
    created_by: int | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @staticmethod
    def resolve_permissions(key: ApiKey) -> list[str]:
        return sorted(selectors.permissions_of_key(key))

    @staticmethod
    def resolve_created_by(key: ApiKey) -> int | None:
        return key.created_by_id


class NewApiKeyOut(Schema):
    """A new key and its secret, which is not shown again."""

    api_key: ApiKeyOut
    secret: str


class MeOut(Schema):
    """The caller."""

    kind: Literal["user", "api_key"]
    id: int
    name: str
    role: str
    permissions: list[str]
    brand: str
