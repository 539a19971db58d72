"""Write a full export of one snapshot of the brand: a ZIP, streamed to disk."""

import hashlib
import os
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from django.conf import settings
from psycopg2 import extensions

from kernel.files import storage as files
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import archive_files, export_shared, snapshots
from shared_apps.tenants.services.export_readme import Contents, render_readme
from shared_apps.tenants.services.export_tables import LEFT_OUT_TABLES, Table, copy_table, list_tables

FOLDER: Final = "exports"
BYTE_ORDER_MARK: Final = "\ufeff".encode()  # without it Excel takes UTF-8 for the machine's old encoding
READMES: Final = (("README.txt", "en"), ("README.zh-CN.txt", "zh-hans"))
_CHUNK_BYTES: Final = 1 << 16
_UNFINISHED: Final = ".part"


@dataclass(frozen=True)
class WrittenExport:
    """The finished file. `name` is its name in the brand's storage."""

    name: str
    size_bytes: int
    sha256: str
    row_counts: dict[str, int]


def write_export(brand: Brand, *, session: extensions.connection, now: datetime) -> WrittenExport:
    """Write the current brand's export in constant memory, and remove partial files of killed workers.

    Raises DecryptionFailed, OSError, and database errors.
    """
    name = f"{brand.schema_name}/{FOLDER}/{secrets.token_hex(16)}.zip"
    path = Path(files.path_of(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f"*{_UNFINISHED}"):  # we are alone with this brand
        left.unlink()
    unfinished = path.with_suffix(_UNFINISHED)
    try:
        row_counts = _write(unfinished, brand, session, now)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    with path.open("rb") as written:
        sha256 = hashlib.file_digest(written, "sha256").hexdigest()
    return WrittenExport(name, path.stat().st_size, sha256, row_counts)


def _write(path: Path, brand: Brand, session: extensions.connection, now: datetime) -> dict[str, int]:
    with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        parcel = _Parcel(archive, now)
        with snapshots.read_only_snapshot(session) as cursor:
            cursor.execute("SELECT pg_catalog.set_config('TimeZone', %s, true)", [brand.time_zone])
            tables = list_tables(cursor, brand.schema_name)
            row_counts = {table.name: _add_table(parcel, cursor, brand.schema_name, table) for table in tables}
            present = snapshots.tables_of(cursor, brand.schema_name)
            shared, enclosed = _add_shared(parcel, cursor, brand)
        count = sum(
            parcel.add_file(place, f"files/{name}") for place, name in archive_files.uploads_of(brand.schema_name)
        )
        shared_files = sum(parcel.add_file(place, f"platform/files/{name}") for place, name in enclosed)
        contents = Contents(
            brand=brand.name,
            host=f"{brand.slug}.{settings.BASE_DOMAIN}",
            taken_at=now,
            time_zone=brand.time_zone,
            tables=tables,
            row_counts=row_counts,
            left_out=[name for name in present if name in LEFT_OUT_TABLES],
            files=count,
            shared=shared,
            shared_files=shared_files,
        )
        for name, language in READMES:
            with parcel.member(name) as page:
                page.write(BYTE_ORDER_MARK + render_readme(contents, language=language).encode())
        parcel.close()
    path.chmod(0o600)
    return row_counts


def _add_table(parcel: "_Parcel", cursor: extensions.cursor, schema: str, table: Table) -> int:
    with parcel.member(f"tables/{table.name}.csv") as member:
        member.write(BYTE_ORDER_MARK)
        return copy_table(cursor, schema, table, member)


def _add_shared(
    parcel: "_Parcel", cursor: extensions.cursor, brand: Brand
) -> tuple[list[tuple[Table, int]], list[tuple[Path, str]]]:
    """Add the platform's rows about the brand, and the files they name."""
    tables: list[tuple[Table, int]] = []
    enclosed: list[tuple[Path, str]] = []
    for shared in export_shared.list_shared():
        table = export_shared.describe_shared(cursor, shared)
        with parcel.member(f"platform/{table.name}.csv") as member:
            member.write(BYTE_ORDER_MARK)
            rows = export_shared.copy_shared(cursor, shared, table, brand.pk, member)
        tables.append((table, rows))
        enclosed += export_shared.list_files(cursor, shared, brand.pk)
    return tables, enclosed


class _Member:
    """One file of the ZIP: buffers small writes, and computes size and checksum."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._pieces = [b""]
        self._length = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._pieces.append(data)
        self._length += len(data)
        if self._length >= _CHUNK_BYTES:
            self.flush()
        return len(data)

    def flush(self) -> None:
        piece = b"".join(self._pieces)
        self.digest.update(piece)
        self._target.write(piece)
        self._pieces = []
        self._length = 0


class _Parcel:
    """The ZIP being written; the checksums of its files come last."""

    def __init__(self, archive: zipfile.ZipFile, moment: datetime) -> None:
        self._archive = archive
        self._moment = moment
        self._sums: list[str] = []

    @contextmanager
    def member(self, name: str) -> Iterator[_Member]:
        information = zipfile.ZipInfo(name, self._moment.timetuple()[:6])
        information.compress_type = zipfile.ZIP_DEFLATED
        information.external_attr = 0o600 << 16
        with self._archive.open(information, "w", force_zip64=True) as target:
            member = _Member(target)
            yield member
            member.flush()
        self._sums.append(f"{member.digest.hexdigest()}  {name}\n")

    def add_file(self, path: Path, name: str) -> bool:
        """Copy a file in; return False if it was deleted meanwhile."""
        try:
            source = path.open("rb")
        except FileNotFoundError:
            return False
        with source, self.member(name) as member:
            while piece := source.read(_CHUNK_BYTES):
                member.write(piece)
        return True

    def close(self) -> None:
        self._archive.writestr("SHA256SUMS", "".join(self._sums))
