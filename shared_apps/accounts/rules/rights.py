"""Permissions, and the roles that have them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from shared_apps.accounts.states import Role

BRAND_PERMISSIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "catalog": ("view", "edit", "cost"),
        "pricing": ("view", "edit"),
        "agents": ("view", "edit", "approve", "sensitive", "levels", "import"),
        "customers": ("view", "edit"),
        "inventory": ("view", "receive", "adjust", "transfer", "count", "approve", "edit"),
        "shipping": ("view", "edit"),
        "orders": (
            "view",
            "place",
            "discount",
            "sample",
            "change",
            "pay",
            "ship",
            "cancel",
            "after_sale",
            "receive",
            "refund",
            "import",
            "settings",
        ),
        "finance": ("view", "post"),
        "commissions": ("view", "edit", "payout"),
        "invoicing": ("view", "issue"),
        "insights": ("view",),
        "console": ("share",),
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
        "console": ("share",),
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
                "shipping.view",
                "orders.view",
                "orders.place",
                "orders.change",
                "orders.cancel",
                "orders.after_sale",
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
                "inventory.transfer",
                "inventory.count",
                "inventory.edit",
                "shipping.view",
                "orders.view",
                "orders.ship",
                "orders.receive",
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
    return _ROLES.get(role, frozenset())


# A key is a program's. Whoever may come in, and with what rights, is decided by persons who are signed in.
NOT_FOR_KEYS: Final = frozenset({"accounts.manage", "support.grant"})


def permissions_of_key(role: str, scopes: Iterable[str] | None) -> frozenset[str]:
    """Return what a key of this role may do by itself: its scopes, or all of the role; never what is not for keys."""
    return (permissions_for(role) if scopes is None else frozenset(scopes)) - NOT_FOR_KEYS


def vocabulary(*, public: bool) -> frozenset[str]:
    return ALL_PLATFORM if public else ALL_BRAND


def may_by_django_name(permissions: Iterable[str], name: str) -> bool:
    """Map a Django permission `<app>.<view|add|change|delete>_<model>` to ours.

    Viewing needs any permission of the app; adding, changing and deleting need `<app>.edit` (or `.manage`). The
    kernel's
    records (the audit log) can be viewed with `accounts.manage`, and changed by nobody.
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
    return any(permission.startswith(f"{app}.") for permission in permissions)
