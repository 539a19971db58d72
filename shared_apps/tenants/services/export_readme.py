"""Write the README of an export: each file's purpose, in the owner's language."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils import translation
from django.utils.translation import gettext

from shared_apps.tenants.services.export_tables import LEFT_OUT_TABLES, Column, Table

MAX_CHOICES = 30


@dataclass(frozen=True)
class Contents:
    brand: str
    host: str
    taken_at: datetime
    time_zone: str
    tables: list[Table]
    shared: list[tuple[Table, int]]
    row_counts: dict[str, int]
    left_out: list[str]
    files: int
    shared_files: int


def render_readme(contents: Contents, *, language: str) -> str:
    with translation.override(language):
        return "\n".join([*_opening(contents), *_tables(contents), *_shared(contents), *_left_out(contents)]) + "\n"


def _opening(contents: Contents) -> Iterator[str]:
    yield gettext("Everything %(brand)s keeps in Banyan (%(host)s)") % {"brand": contents.brand, "host": contents.host}
    yield "=" * 72
    yield ""
    yield gettext("Taken at %(moment)s; every table shows that very moment.") % {
        "moment": contents.taken_at.isoformat()
    }
    yield gettext("tables/: %(tables)d tables with %(rows)d rows, one CSV file each.") % {
        "tables": len(contents.tables),
        "rows": sum(contents.row_counts.values()),
    }
    yield gettext("files/: %(files)d uploaded files, under the names the tables give them.") % {"files": contents.files}
    yield gettext("platform/: %(tables)d tables Banyan keeps about the brand, and %(files)d files they name.") % {
        "tables": len(contents.shared),
        "files": contents.shared_files,
    }
    yield gettext("SHA256SUMS: the checksum of every file here.")
    yield ""
    yield gettext(
        "CSV is UTF-8 with a byte order mark; the first line names the columns; fields are separated by commas."
    )
    yield gettext(
        "Times are ISO 8601 in the zone %(zone)s. true and false are written out. An empty field holds nothing."
    ) % {"zone": contents.time_zone}
    yield gettext(
        "Text that a spreadsheet program would run as a formula begins with an apostrophe, which is not part of it."
    )
    yield gettext(
        "What is stored encrypted (ID numbers, bank accounts) is readable here: keep this file in a safe place."
    )
    yield ""


def _tables(contents: Contents) -> Iterator[str]:
    yield gettext("Tables")
    yield "-" * 72
    for table in contents.tables:
        yield from _table("tables", table, contents.row_counts[table.name])


def _shared(contents: Contents) -> Iterator[str]:
    yield ""
    yield gettext("What Banyan keeps about the brand")
    yield "-" * 72
    for table, rows in contents.shared:
        yield from _table("platform", table, rows)


def _table(folder: str, table: Table, rows: int) -> Iterator[str]:
    yield ""
    yield f"{folder}/{table.name}.csv – {_title(table)} ({gettext('%(rows)d rows') % {'rows': rows}})"
    yield from _purpose(table)
    for column in table.columns:
        yield f"    {column.name}: {_meaning(table, column)}"
    if table.secrets:
        left_out = gettext("left out, because it opens doors: %(columns)s") % {"columns": ", ".join(table.secrets)}
        yield f"    ({left_out})"


def _left_out(contents: Contents) -> Iterator[str]:
    yield ""
    yield gettext("Tables that are left out")
    yield "-" * 72
    for name in contents.left_out:
        yield f"{name}: {LEFT_OUT_TABLES[name]}"


def _title(table: Table) -> str:
    return str(table.model._meta.verbose_name_plural) if table.model is not None else table.name


def _purpose(table: Table) -> Iterator[str]:
    """Return the model's docstring in English; other languages have only the names."""
    if table.model is None or not (translation.get_language() or "").startswith("en"):
        return
    sentence = (table.model.__doc__ or "").strip().partition("\n")[0]
    if sentence and not sentence.startswith(f"{table.model.__name__}("):  # Django's own, where nobody wrote one
        yield f"    {sentence}"


def _meaning(table: Table, column: Column) -> str:
    field = _field(table, column.name)
    if field is None:
        return column.type
    parts = [f"{field.verbose_name} ({column.type})"]
    if field.remote_field is not None and isinstance(field.remote_field.model, type):
        parts.append(f"→ {field.remote_field.model._meta.db_table}")
    choices = list(field.flatchoices or ())
    if 0 < len(choices) <= MAX_CHOICES:
        parts.append("; ".join(f"{value} = {label}" for value, label in choices if value not in {"", None}))
    return " ".join(parts)


def _field(table: Table, column: str) -> "models.Field[object, object] | None":
    fields = table.model._meta.local_fields if table.model is not None else []
    return next((field for field in fields if field.column == column), None)
