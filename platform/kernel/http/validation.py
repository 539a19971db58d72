"""Turn pydantic's errors into field errors: path, stable code, translated sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import FieldError

_SOURCES = frozenset({"body", "form", "query", "path", "header", "cookie", "file"})
_WRAPPERS = frozenset({"body", "form", "file"})  # in these Ninja puts the parameter's name in front of the field

# Codes are pydantic's; sentences are ours. %(…)s are the values of the rule.
SENTENCES: Mapping[str, str | Promise] = {
    "missing": _("is required"),
    "extra_forbidden": _("is not a known field"),
    "empty_value": _("is empty: give a value, or leave it out"),
    "given_twice": _("is given more than once"),
    "string_type": _("must be text"),
    "string_too_short": _("must have at least %(min_length)s characters"),
    "string_too_long": _("must have at most %(max_length)s characters"),
    "string_pattern_mismatch": _("does not have the right form"),
    "string_unicode": _("must be valid Unicode text"),
    "int_type": _("must be a whole number"),
    "int_parsing": _("must be a whole number"),
    "int_parsing_size": _("is too large"),
    "int_from_float": _("must be a whole number"),
    "float_type": _("must be a number"),
    "float_parsing": _("must be a number"),
    "finite_number": _("must be a finite number"),
    "bool_type": _("must be true or false"),
    "bool_parsing": _("must be true or false"),
    "decimal_type": _("must be a decimal number such as “12.30”"),
    "decimal_parsing": _("must be a decimal number such as “12.30”"),
    "decimal_max_digits": _("must have at most %(max_digits)s digits"),
    "decimal_max_places": _("must have at most %(decimal_places)s decimal places"),
    "decimal_whole_digits": _("must have at most %(whole_digits)s digits before the point"),
    "greater_than": _("must be greater than %(gt)s"),
    "greater_than_equal": _("must be at least %(ge)s"),
    "less_than": _("must be less than %(lt)s"),
    "less_than_equal": _("must be at most %(le)s"),
    "multiple_of": _("must be a multiple of %(multiple_of)s"),
    "list_type": _("must be a list"),
    "tuple_type": _("must be a list"),
    "set_type": _("must be a list"),
    "too_short": _("must have at least %(min_length)s entries"),
    "too_long": _("must have at most %(max_length)s entries"),
    "dict_type": _("must be an object"),
    "model_type": _("must be an object"),
    "model_attributes_type": _("must be an object"),
    "enum": _("must be one of %(expected)s"),
    "literal_error": _("must be one of %(expected)s"),
    "none_required": _("must be empty"),
    "date_type": _("must be a date such as 2026-11-21"),
    "date_parsing": _("must be a date such as 2026-11-21"),
    "date_from_datetime_parsing": _("must be a date such as 2026-11-21"),
    "date_from_datetime_inexact": _("must be a date without a time"),
    "datetime_type": _("must be a time such as 2026-11-21T09:30:00+08:00"),
    "datetime_parsing": _("must be a time such as 2026-11-21T09:30:00+08:00"),
    "datetime_from_date_parsing": _("must be a time such as 2026-11-21T09:30:00+08:00"),
    "datetime_object_invalid": _("must be a time such as 2026-11-21T09:30:00+08:00"),
    "timezone_aware": _("must have an offset such as +08:00"),
    "timezone_naive": _("must have no offset"),
    "uuid_parsing": _("must be a UUID"),
    "uuid_type": _("must be a UUID"),
    "url_parsing": _("must be a web address"),
    "json_invalid": _("must be valid JSON"),
    "union_tag_invalid": _("has an unknown type"),
    "union_tag_not_found": _("has no type"),
    "bytes_type": _("must be a file"),
}
_FALLBACK = _("breaks a rule")


def field_errors(findings: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    seen: dict[tuple[str, str], FieldError] = {}
    for finding in findings:
        error = FieldError(field_path(finding.get("loc", ())), str(finding.get("type", "invalid")), _sentence(finding))
        seen.setdefault((error.field, error.code), error)
    return list(seen.values())


def field_path(location: Sequence[str | int]) -> str:
    """Turn `("body", "payload", "lines", 0, "quantity")` into `lines.0.quantity`; the body itself is `body`."""
    parts = [str(part) for part in location]
    if parts and parts[0] in _SOURCES:
        source = parts.pop(0)
        if source in _WRAPPERS and len(parts) > 1:
            parts.pop(0)
        elif source == "body":
            return source
    return ".".join(parts)


def _sentence(finding: Mapping[str, Any]) -> str:
    """Return the rule in the user's language. Pydantic's own text quotes input and is English only."""
    context = dict(finding.get("ctx") or {})
    detail = context.pop("detail", None) or SENTENCES.get(str(finding.get("type")), _FALLBACK)
    try:
        return str(detail) % context if context else str(detail)
    except (KeyError, ValueError, TypeError):
        return str(_FALLBACK)
