"""Validate and quote names of schemas."""

import re
from functools import lru_cache

from django.core.exceptions import ImproperlyConfigured

PUBLIC = "public"
MAX_NAME_LENGTH = 63

_NAME = re.compile(r"(?!pg_|information_schema\Z)[a-z_][a-z0-9_]{0,62}\Z")


class SchemaNotChosen(ImproperlyConfigured):
    """A statement without a valid schema; nothing was sent."""


@lru_cache(maxsize=4096)
def quote_schema(name: str) -> str:
    """Return the name as an SQL identifier.

    Raises SchemaNotChosen unless it is one lower-case name of letters, digits and underscores, at most 63 characters.
    """
    if not isinstance(name, str) or not _NAME.match(name):
        raise SchemaNotChosen(f"{name!r} is no schema's name; no statement was sent.")
    return f'"{name}"'
