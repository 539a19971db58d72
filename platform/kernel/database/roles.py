"""Name the database role of each brand and put it in front of statements.

A brand's statements run under a role that cannot log in, uses one schema only and may not change append-only rows.
Roles belong to the whole server and grants to one database, so two installations on one server take different
DATABASE_ROLE_PREFIXes; otherwise each could enter the roles of the other's brands.
"""

from functools import lru_cache

from django.conf import settings

from kernel.database.schemas import PUBLIC, SchemaNotChosen, quote_schema

MAX_LENGTH = 55


def quote_role(schema: str) -> str:
    """Return the role of a brand's schema as an SQL identifier.

    Raises SchemaNotChosen for a name that is no schema's, and for one of more than 55 characters with the prefix.
    """
    return _quote_role(schema, settings.DATABASE_ROLE_PREFIX)


def statement_prefix(schema: str, *, as_owner: bool) -> str:
    """Return `SET LOCAL ROLE …; SET LOCAL search_path = …; ` for one schema. Raises SchemaNotChosen.

    Public and owners' statements run as the login role. Names are checked to have no character that `%` formatting
    would touch.
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
