"""Name the database role of each brand and prefix statements with it.

A brand's role cannot log in, uses one schema only and may not change append-only rows. Roles belong to the whole server
and grants to one database, so installations on one server need different DATABASE_ROLE_PREFIXes; otherwise each could
use the other's roles.
"""

from functools import lru_cache

from django.conf import settings

from kernel.database.schemas import PUBLIC, SchemaNotChosen, quote_schema

MAX_LENGTH = 55


def quote_role(schema: str) -> str:
    """Return the role of a brand's schema as an SQL identifier.

    Raises SchemaNotChosen for an invalid schema name, or one of more than 55 characters with the prefix.
    """
    return _quote_role(schema, settings.DATABASE_ROLE_PREFIX)


def statement_prefix(schema: str, *, as_owner: bool) -> str:
    """Return `SET LOCAL ROLE …; SET LOCAL search_path = …; ` for one schema. Raises SchemaNotChosen.

    Public and owners' statements run as the login role. Validated names contain no character that `%` formatting
    interprets.
    """
    plain = as_owner or schema == PUBLIC or not settings.DATABASE_BRAND_ROLES
    return _statement_prefix(schema, None if plain else settings.DATABASE_ROLE_PREFIX)


@lru_cache(maxsize=4096)
def _statement_prefix(schema: str, role_prefix: str | None) -> str:
    # NONE is said and not left out: an earlier statement of the transaction may have entered a brand's role.
    role = "NONE" if role_prefix is None else _quote_role(schema, role_prefix)
    return f"SET LOCAL ROLE {role}; SET LOCAL search_path = {quote_schema(schema)}; "


@lru_cache(maxsize=4096)
def _quote_role(schema: str, prefix: str) -> str:
    quote_schema(schema)
    role = f"{prefix}{schema}"
    if len(role) > MAX_LENGTH:
        raise SchemaNotChosen(f"{role!r} has more than {MAX_LENGTH} characters, too many for a role.")
    return quote_schema(role)
