"""Roles, permissions, and what a sign-in name or an API key must look like. No database here."""

import binascii
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from kernel.china.phones import find_phone


class Role(TextChoices):
    """What a person (or a key) is for. The first eight belong to brands, the last four to Banyan's own staff."""

    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    SALES = "sales", _("Sales")
    WAREHOUSE = "warehouse", _("Warehouse")
    FINANCE = "finance", _("Finance")
    SERVICE = "service", _("Service (API key)")
    VISITOR = "visitor", _("Visiting support")
    AGENT = "agent", _("Agent")
    SUPPORT = "support", _("Support")
    BILLING = "billing", _("Billing")
    AUDITOR = "auditor", _("Auditor (reads only)")
    PLATFORM_ADMIN = "platform_admin", _("Platform administrator")


PLATFORM_ROLES: Final = frozenset({Role.SUPPORT, Role.BILLING, Role.AUDITOR, Role.PLATFORM_ADMIN})
# No staff of the brand, though they sign in there. A visitor is somebody of Banyan's staff, under a grant; an agent's
# login comes and goes with the agent. Nobody is given these roles by hand, and the plan does not count them.
NOT_STAFF: Final = frozenset({Role.VISITOR, Role.AGENT})
BRAND_ROLES: Final = frozenset(Role) - PLATFORM_ROLES - NOT_STAFF
# A service has no password and no face: it exists as an API key only.
BRAND_PERSON_ROLES: Final = BRAND_ROLES - {Role.SERVICE}

BRAND_PERMISSIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "catalog": ("view", "edit", "cost"),
        "pricing": ("view", "edit"),
        "agents": ("view", "edit", "approve", "sensitive", "levels", "import"),
        "customers": ("view", "edit"),
        "inventory": ("view", "receive", "adjust", "edit"),
        "orders": ("view", "place", "pay", "ship", "cancel", "refund", "import"),
        "finance": ("view", "post"),
        "commissions": ("view", "edit", "payout"),
        "invoicing": ("view", "issue"),
        "insights": ("view",),
        "accounts": ("manage",),
        "billing": ("view", "manage"),
        "support": ("ask", "grant"),
    }
)
PLATFORM_PERMISSIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "tenants": ("view", "edit", "extend", "suspend", "archive"),
        "billing": ("view", "edit", "record", "approve"),
        "support": ("view", "answer", "visit", "emergency", "announce", "advise"),
        "insights": ("view",),
        "accounts": ("manage",),
        "audit": ("view",),
    }
)


def _spell(vocabulary: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    return frozenset(f"{app}.{verb}" for app, verbs in vocabulary.items() for verb in verbs)


ALL_BRAND: Final = _spell(BRAND_PERMISSIONS)
ALL_PLATFORM: Final = _spell(PLATFORM_PERMISSIONS)

_ROLES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        Role.OWNER: ALL_BRAND,
        Role.MANAGER: ALL_BRAND - {"accounts.manage", "billing.manage", "support.grant"},
        Role.SALES: frozenset(
            {
                "catalog.view",
                "pricing.view",
                "agents.view",
                "agents.edit",
                "customers.view",
                "customers.edit",
                "inventory.view",
                "orders.view",
                "orders.place",
                "orders.cancel",
                "orders.import",
                "support.ask",
            }
        ),
        Role.WAREHOUSE: frozenset(
            {
                "catalog.view",
                "inventory.view",
                "inventory.receive",
                "inventory.adjust",
                "inventory.edit",
                "orders.view",
                "orders.ship",
                "support.ask",
            }
        ),
        Role.FINANCE: frozenset(
            {
                "catalog.view",
                "pricing.view",
                "agents.view",
                "agents.sensitive",
                "customers.view",
                "inventory.view",
                "orders.view",
                "orders.pay",
                "orders.refund",
                "finance.view",
                "finance.post",
                "commissions.view",
                "commissions.edit",
                "commissions.payout",
                "invoicing.view",
                "invoicing.issue",
                "insights.view",
                "billing.view",
                "support.ask",
            }
        ),
        Role.SERVICE: frozenset(),
        # An agent has no business in the brand's console.
        Role.AGENT: frozenset(),
        # What a visitor may do is the grant's to say: everything, or only what ends in `.view`. The ID numbers and bank
        # accounts of agents were given to the brand, not to Banyan's staff.
        Role.VISITOR: ALL_BRAND
        - {"accounts.manage", "billing.manage", "support.grant", "support.ask", "agents.sensitive"},
        Role.SUPPORT: frozenset(
            {
                "tenants.view",
                "tenants.edit",
                "tenants.extend",
                "billing.view",
                "support.view",
                "support.answer",
                "support.visit",
                "support.advise",
                "insights.view",
            }
        ),
        Role.BILLING: frozenset(
            {
                "tenants.view",
                "tenants.extend",
                "billing.view",
                "billing.edit",
                "billing.record",
                "billing.approve",
                "support.view",
                "support.answer",
                "insights.view",
            }
        ),
        Role.AUDITOR: frozenset({"tenants.view", "billing.view", "support.view", "insights.view", "audit.view"}),
        Role.PLATFORM_ADMIN: ALL_PLATFORM,
    }
)


def permissions_for(role: str) -> frozenset[str]:
    """The permissions a role carries by itself; an unknown word carries none."""
    return _ROLES.get(role, frozenset())


def vocabulary(*, public: bool) -> frozenset[str]:
    """Every permission that exists in a brand, or (`public`) on the platform itself."""
    return ALL_PLATFORM if public else ALL_BRAND


def may_by_django_name(permissions: Iterable[str], name: str) -> bool:
    """Answer the admin's question `<app>.<view|add|change|delete>_<model>` from our vocabulary.

    Seeing needs any permission of the app; adding, changing and deleting need `<app>.edit` (or `.manage`). What the
    floor records (the audit trail) is seen by whoever manages the accounts, and changed by nobody.
    """
    held = frozenset(permissions)
    if name in held:
        return True
    app, _dot, codename = name.partition(".")
    action = codename.partition("_")[0]
    if app in {"kernel", "admin"}:
        return action == "view" and bool(held & {"accounts.manage", "audit.view"})
    if action == "view":
        return has_any(held, app)
    return action in {"add", "change", "delete"} and bool(held & {f"{app}.edit", f"{app}.manage"})


def has_any(permissions: Iterable[str], app: str) -> bool:
    """Whether any permission of this app is held."""
    return any(permission.startswith(f"{app}.") for permission in permissions)


# --- names to sign in by -------------------------------------------------------------------------------------------

_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+")


def normalise_email(text: str) -> str:
    """Lower case, no spaces around it: the form in which addresses are compared and stored."""
    return text.strip().lower()


def normalise_sign_in_name(text: str) -> str:
    """One spelling for every way of writing the same e-mail address or phone number.

    Used for the look-up and for counting failures: otherwise every spelling would be one more set of attempts.
    """
    text = text.replace("\x00", "").strip()[:254]
    if "@" in text:
        return normalise_email(text)
    return find_phone(text) or text.lower()


def looks_like_email(text: str) -> bool:
    """Whether it has the shape of an address. Whether it exists, only a message sent to it tells."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


# --- secrets -------------------------------------------------------------------------------------------------------

KEY_PREFIX: Final = "bny_"
_KEY: Final = re.compile(r"bny_[A-Za-z0-9_-]{40}[0-9a-f]{8}", re.ASCII)


def new_api_key() -> str:
    """`bny_`, 240 random bits, and a checksum that lets a mistyped key be refused without asking the database."""
    body = secrets.token_urlsafe(30)
    return f"{KEY_PREFIX}{body}{_checksum(body)}"


def is_api_key(text: str) -> bool:
    """Whether it has the form and the checksum of a key of ours."""
    if _KEY.fullmatch(text) is None:
        return False
    body = text[len(KEY_PREFIX) :]
    return body[40:] == _checksum(body[:40])


def _checksum(body: str) -> str:
    return f"{binascii.crc32(body.encode()):08x}"


def new_secret() -> str:
    """A token nobody guesses (256 bits), safe in an address."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """SHA-256 in hex. Enough for secrets of 240 bits and more: there is nothing to guess, so nothing to slow down."""
    return hashlib.sha256(secret.encode()).hexdigest()


_RECOVERY_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"


def new_recovery_code() -> str:
    """`xxxxx-xxxxx-xxxxx`: 15 of 31 letters that cannot be taken for one another (74 bits)."""
    letters = "".join(secrets.choice(_RECOVERY_LETTERS) for _position in range(15))
    return "-".join((letters[:5], letters[5:10], letters[10:]))


def normalise_recovery_code(text: str) -> str:
    """The code without the dashes, spaces and capitals that people add."""
    return re.sub(r"[\s-]", "", text).lower()
