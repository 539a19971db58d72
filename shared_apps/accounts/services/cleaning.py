"""Normalise and validate typed values; refusals name the field."""

import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from kernel.china.phones import find_phone
from kernel.core.errors import FieldError, Invalid
from kernel.tenancy.context import is_public
from shared_apps.accounts.rules import rights, sign_in_names
from shared_apps.accounts.states import BRAND_PERSON_ROLES, BRAND_ROLES, PLATFORM_ROLES, Role

# Embeddings, overrides and isolates of writing direction: a name with them can look like another.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LANGUAGES = frozenset({"zh-hans", "en"})


class UnknownRole(Invalid):
    code = "unknown_role"
    title = _("There is no such role here")


class UnknownPermission(Invalid):
    code = "unknown_permission"
    title = _("There is no such permission")


class NotForKeys(Invalid):
    code = "permission_not_for_keys"
    title = _("Programs do not manage people, API keys or visits: somebody who is signed in does")


def clean_name(name: str) -> str:
    """Require 1 to 100 characters without control and direction characters; emoji are allowed."""
    cleaned = " ".join(name.split())
    if not 1 <= len(cleaned) <= 100:
        raise Invalid(_("A name has 1 to 100 characters."), field="name")
    # Cc: control characters, NUL among them; Cs: halves of a character, which no database stores.
    if any(unicodedata.category(letter) in {"Cc", "Cs"} or letter in TURNING for letter in cleaned):
        raise Invalid(_("The name holds a character that cannot be shown."), field="name")
    if all(unicodedata.category(letter)[0] in "ZC" for letter in cleaned):  # zero-width spaces and the like only
        raise Invalid(_("The name holds a character that cannot be shown."), field="name")
    return cleaned


def clean_email(email: str | None) -> str | None:
    cleaned = sign_in_names.normalise_email(email or "")
    if not cleaned:
        return None
    if not sign_in_names.looks_like_email(cleaned):
        raise Invalid(_("This is not an e-mail address."), field="email")
    return cleaned


def clean_phone(phone: str | None) -> str | None:
    if not phone or not phone.strip():
        return None
    cleaned = find_phone(phone)
    if cleaned is None:
        raise Invalid(_("This is not a valid phone number."), field="phone")
    return cleaned


def clean_language(language: str) -> str:
    if language not in LANGUAGES:
        raise Invalid(_("The languages are zh-hans and en."), field="language")
    return language


def clean_person_role(role: str) -> str:
    """Require a role that people can have in this schema: the platform's or a brand's."""
    return _clean_role(role, PLATFORM_ROLES if is_public() else BRAND_PERSON_ROLES)


def clean_key_role(role: str) -> str:
    return _clean_role(role, PLATFORM_ROLES if is_public() else BRAND_ROLES)


def _clean_role(role: str, known: frozenset[Role]) -> str:
    if role not in known:
        raise UnknownRole(field="role")
    return str(role)


def clean_scopes(role: str, permissions: Iterable[str] | None) -> list[str] | None:
    """Return the key's own permissions, sorted; None means those of its role.

    A key never exceeds its role, except a service key, whose role has none and which needs its own.
    """
    if permissions is None and role != Role.SERVICE:
        return None
    wanted = sorted(set(permissions or ()))
    if not wanted:
        raise Invalid(_("Choose at least one permission."), field="permissions")
    allowed = rights.vocabulary(public=is_public()) if role == Role.SERVICE else rights.permissions_for(role)
    errors = [
        FieldError(f"permissions.{index}", refusal.code, refusal.title)
        for index, permission in enumerate(wanted)
        if (refusal := _refusal_of_scope(permission, allowed)) is not None
    ]
    if errors:
        raise UnknownPermission(errors=errors)
    return wanted


def _refusal_of_scope(permission: str, allowed: frozenset[str]) -> type[Invalid] | None:
    if permission in rights.NOT_FOR_KEYS:
        return NotForKeys
    return None if permission in allowed else UnknownPermission
