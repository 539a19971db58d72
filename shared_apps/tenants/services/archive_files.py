"""Archive files: one tar with the schema's dump, the brand's uploads, and a manifest of their contents.

`<ARCHIVE_ROOT>/<schema>/<moment>-<random>.tar` holds `schema.sql.gz` (pg_dump's plain script, readable by `psql`),
`files/…` as in the brand's folder, and `manifest.json`.
"""

import gzip
import hashlib
import os
import secrets
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

import orjson
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from psycopg2 import extensions

from kernel.core.errors import Conflict
from kernel.database.schemas import quote_schema
from shared_apps.tenants.services import dumps, snapshots
from shared_apps.tenants.services.snapshots import Content, TableContent

SCRIPT = "schema.sql.gz"
MANIFEST = "manifest.json"
FILES = "files"
# Exports are copies of what is archived anyway, and are gone after a week.
LEFT_OUT = frozenset({"exports"})
_UNFINISHED = "unfinished-"


class ArchiveFileMissing(Conflict):
    code = "archive_file_missing"
    title = _("The archive's file is not where it was put")


class ArchiveTampered(Conflict):
    code = "archive_tampered"
    title = _("The archive's file is not the one that was written: its checksum differs")


@dataclass(frozen=True)
class Manifest:
    """Contents of an archive. `schema` is the name used in its script, `files` the number of uploads."""

    schema: str
    slug: str
    fingerprint: str
    made_at: str
    files: int
    file_bytes: int
    tables: Content

    @property
    def row_counts(self) -> dict[str, int]:
        return {table: content.rows for table, content in self.tables.items()}


@dataclass(frozen=True)
class Written:
    """An archive on disk. `path` is relative to ARCHIVE_ROOT."""

    path: str
    sha256: str
    size_bytes: int
    manifest: Manifest


@dataclass(frozen=True)
class Source:
    """Brand to archive."""

    schema: str
    slug: str
    fingerprint: str


def write_archive(source: Source, *, session: extensions.connection, now: datetime) -> Written:
    """Dump the schema and its files, and count the rows in the same snapshot.

    Raises DumpImpossibleError, CalledProcessError, OSError; no partial file remains.
    """
    folder = Path(settings.ARCHIVE_ROOT) / source.schema
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob(f"{_UNFINISHED}*"):  # of a process that was killed: nobody else works on this brand now
        shutil.rmtree(left)
    name = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}.tar"
    with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=folder) as work:
        script = Path(work) / SCRIPT
        tables = _dump(source.schema, script, session)
        manifest = _pack(Path(work) / name, script, source, tables, now)
        os.replace(Path(work) / name, folder / name)
    _make_durable(folder)
    path = f"{source.schema}/{name}"
    return Written(path, checksum_of(path), (folder / name).stat().st_size, manifest)


def checksum_of(path: str) -> str:
    """Return the SHA-256 of an archive. Raises ArchiveFileMissing."""
    with _opened(path) as archive:
        return hashlib.file_digest(archive, "sha256").hexdigest()  # type: ignore[arg-type]


def ensure_untouched(path: str, sha256: str) -> None:
    """Raise ArchiveFileMissing or ArchiveTampered unless the checksum matches."""
    if checksum_of(path) != sha256:
        raise ArchiveTampered


def read_manifest(path: str) -> Manifest:
    """Raises ArchiveFileMissing."""
    with _opened(path) as archive, tarfile.open(fileobj=archive) as tar:
        values = orjson.loads(_member(tar, MANIFEST).read())
    tables = {table: TableContent(**content) for table, content in values.pop("tables").items()}
    return Manifest(**values, tables=tables)


@contextmanager
def opened_script(path: str) -> Iterator[IO[bytes]]:
    """Open the dump as plain SQL. Raises ArchiveFileMissing."""
    with (
        _opened(path) as archive,
        tarfile.open(fileobj=archive) as tar,
        gzip.GzipFile(fileobj=_member(tar, SCRIPT)) as script,
    ):
        yield script  # type: ignore[misc]  # GzipFile reads bytes like any other file


def unpack_files(path: str, *, into: Path) -> int:
    """Extract the uploads below `into` and return their number. Raises ArchiveFileMissing."""
    count = 0
    with _opened(path) as archive, tarfile.open(fileobj=archive) as tar:
        for member in tar:
            place = PurePosixPath(member.name)
            if place.parts[0] != FILES or not member.isfile():
                continue
            member = member.replace(name=str(place.relative_to(FILES)))
            tar.extract(member, into, filter="data")
            count += 1
    return count


def count_files(path: str) -> int:
    """Read all uploads and return their number. Raises ArchiveFileMissing."""
    with _opened(path) as archive, tarfile.open(fileobj=archive) as tar:
        return sum(member.isfile() and member.name.startswith(f"{FILES}/") for member in tar)


def brand_folder(schema: str) -> Path:
    quote_schema(schema)  # refuses what is no schema of ours: this path is removed as a whole when a schema is dropped
    return Path(settings.MEDIA_ROOT) / schema


def uploads_of(schema: str) -> Iterator[tuple[Path, str]]:
    """Yield each upload of a brand: its path, and its name below the brand's folder."""
    root = brand_folder(schema)
    for folder, names, files in os.walk(root):
        names.sort()
        if Path(folder) == root:
            names[:] = [name for name in names if name not in LEFT_OUT]
        for name in sorted(files):
            path = Path(folder) / name
            if path.is_file() and not path.is_symlink():
                yield path, path.relative_to(root).as_posix()


def _dump(schema: str, script: Path, session: extensions.connection) -> dict[str, TableContent]:
    with snapshots.read_only_snapshot(session) as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone() or ("",)
        subprocess.run(  # noqa: S603 - our own program, no shell
            [*dumps.dump_command(schema), f"--snapshot={snapshot}", "--compress=6", f"--file={script}"],
            env=dumps.dump_environment(),
            check=True,
            capture_output=True,
            text=True,
        )
        return snapshots.content_of(cursor, schema)


def _pack(archive: Path, script: Path, source: Source, tables: dict[str, TableContent], now: datetime) -> Manifest:
    count = size = 0
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
        tar.add(script, SCRIPT)
        for path, name in uploads_of(source.schema):
            try:
                tar.add(path, f"{FILES}/{name}", recursive=False)
            except FileNotFoundError:  # deleted since the folder was listed; no row of the snapshot misses it for long
                continue
            count = count + 1
            size = size + path.stat().st_size
        manifest = Manifest(
            schema=source.schema,
            slug=source.slug,
            fingerprint=source.fingerprint,
            made_at=now.isoformat(),
            files=count,
            file_bytes=size,
            tables=tables,
        )
        listing = archive.with_name(MANIFEST)
        listing.write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
        tar.add(listing, MANIFEST)
    archive.chmod(0o600)
    return manifest


def _make_durable(folder: Path) -> None:
    """Sync the file and its folder to disk before the database refers to it."""
    for path in (*folder.glob("*.tar"), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    try:
        archive = (Path(settings.ARCHIVE_ROOT) / path).open("rb")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise ArchiveFileMissing(_("There is no file %(path)s.") % {"path": path}) from None
    with archive:
        yield archive


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    member = tar.extractfile(name)
    if member is None:
        raise ArchiveTampered
    return member
