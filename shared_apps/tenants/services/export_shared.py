"""Export the platform's public rows about a brand.

Apps above register theirs (`@register_shared`), since this one may not import them. Rows are read in the same snapshot
as the brand's own, by the same statements.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from django.db.models import Model
from psycopg2 import extensions, sql

from kernel.files import storage as files
from kernel.tenancy.context import public_schema
from shared_apps.tenants.models import BrandExport, Domain, DomainClaim
from shared_apps.tenants.services.export_tables import Sink, Table, copy_query, describe_table

SCHEMA: Final = "public"


@dataclass(frozen=True)
class SharedTable:
    """A table of the public schema. `condition` selects the brand's rows: SQL about `this_row`, with %(brand)s once.

    `left_out` are internal columns of the platform; `file_column` holds file names in its storage.
    """

    model: type[Model]
    condition: str
    left_out: frozenset[str] = field(default_factory=frozenset)
    file_column: str = ""

    @property
    def name(self) -> str:
        return self.model._meta.db_table


Provider = Callable[[], Iterable[SharedTable]]
_providers: list[Provider] = []


def register_shared(provider: Provider) -> Provider:
    """Register a public table with rows about brands; apps call it in `ready()`."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def list_shared() -> list[SharedTable]:
    return sorted((table for provider in _providers for table in provider()), key=lambda table: table.name)


def describe_shared(cursor: extensions.cursor, shared: SharedTable) -> Table:
    table = describe_table(cursor, SCHEMA, shared.name, shared.model)
    shown = tuple(column for column in table.columns if column.name not in shared.left_out)
    return replace(table, columns=shown)


def copy_shared(cursor: extensions.cursor, shared: SharedTable, table: Table, brand_id: int, sink: Sink) -> int:
    """Write the brand's rows as CSV with a heading; return their number."""
    cursor.copy_expert(copy_query(SCHEMA, table, where=_where(shared, brand_id)), sink)
    return cursor.rowcount


def list_files(cursor: extensions.cursor, shared: SharedTable, brand_id: int) -> list[tuple[Path, str]]:
    """Return the files that the brand's rows name: (path, name in the platform's storage)."""
    if not shared.file_column:
        return []
    query = sql.SQL("SELECT DISTINCT this_row.{column} FROM {table} AS this_row WHERE {where} ORDER BY 1").format(
        column=sql.Identifier(shared.file_column),
        table=sql.Identifier(SCHEMA, shared.name),
        where=_where(shared, brand_id),
    )
    cursor.execute(query)
    with public_schema():  # where the storage lets nobody out of the platform's own folder
        return [(Path(files.path_of(str(name))), str(name)) for (name,) in cursor.fetchall() if name]


def _where(shared: SharedTable, brand_id: int) -> sql.Composable:
    before, _placeholder, after = shared.condition.partition("%(brand)s")
    return sql.SQL("{}{}{}").format(sql.SQL(before), sql.Literal(brand_id), sql.SQL(after))


@register_shared
def _own() -> list[SharedTable]:
    return [
        SharedTable(Domain, "this_row.tenant_id = %(brand)s"),
        SharedTable(DomainClaim, "this_row.brand_id = %(brand)s"),
        SharedTable(BrandExport, "this_row.brand_id = %(brand)s", frozenset({"path", "last_error", "attempts"})),
    ]
