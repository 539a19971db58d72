"""Make and verify archives."""

import logging
import secrets
import subprocess
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from psycopg2 import extensions

from kernel.core import clock
from kernel.core.errors import Unavailable
from kernel.core.states import compare_and_set
from kernel.tenancy.context import public_schema
from shared_apps.tenants.models import Brand, BrandArchive
from shared_apps.tenants.services import archive_files, loading, snapshots
from shared_apps.tenants.services.archive_files import Source, Written
from shared_apps.tenants.states import ArchiveState

logger = logging.getLogger(__name__)

PURPOSE: Final = "archive"
SCRATCH_PREFIX: Final = "zz_verify_"
MAX_ERROR_LENGTH: Final = 2_000


class ArchiveFailed(Unavailable):
    code = "archive_failed"
    title = _("The archive could not be made; nothing was changed")


class NotWhatWasDumped(RuntimeError):
    """The restored content differs from the archived content."""


def make_archive(*, brand: Brand, retained_until: datetime, now: datetime) -> BrandArchive:
    """Dump the brand and verify the dump by restoring it. The brand itself does not change.

    Returns a verified archive. Raises BrandBusy, ArchiveFailed; a failed archive records why.
    """
    source = Source(brand.schema_name, brand.slug, brand.schema_fingerprint)
    with public_schema(), snapshots.exclusive_session(brand.schema_name, purpose=PURPOSE) as session:
        try:
            written = archive_files.write_archive(source, session=session, now=now)
        except Exception as error:
            _note_failure(brand, retained_until, now, error)
            raise ArchiveFailed(_say(error)) from error
        archive = _note(brand, written, retained_until, now)
        verify_archive(archive, session=session)
    return archive


def verify_archive(archive: BrandArchive, *, session: extensions.connection) -> None:
    """Restore the archive into a temporary schema and compare every table.

    Raises ArchiveFailed after recording why in the archive.
    """
    try:
        restore_on_trial(archive.path, archive.sha256, session=session)
    except Exception as error:
        logger.exception("The archive %s cannot be read back", archive.path)
        _move_on(archive, ArchiveState.FAILED, last_error=_say(error))
        raise ArchiveFailed(_say(error)) from error
    _move_on(archive, ArchiveState.VERIFIED, verified_at=clock.now(), last_error="")


def restore_on_trial(path: str, sha256: str, *, session: extensions.connection) -> None:
    """Restore into a temporary schema inside a transaction that is rolled back, so a crash leaves nothing.

    Raises NotWhatWasDumped, ArchiveTampered, ArchiveFileMissing, and database errors.
    """
    archive_files.ensure_untouched(path, sha256)
    manifest = archive_files.read_manifest(path)
    scratch = f"{SCRATCH_PREFIX}{secrets.token_hex(8)}"
    with archive_files.opened_script(path) as script, snapshots.rolled_back(session) as cursor:
        loading.load_script(script, cursor=cursor, schema=manifest.schema, into=scratch)
        found = snapshots.content_of(cursor, scratch)
    differing = snapshots.differences(manifest.tables, found)
    files = archive_files.count_files(path)
    if files != manifest.files:
        differing.append(f"{files} files, not {manifest.files}")
    if differing:
        raise NotWhatWasDumped("; ".join(differing))


def record_failure(archive: BrandArchive, error: Exception) -> None:
    BrandArchive.objects.filter(pk=archive.pk).update(last_error=_say(error))


def _note(brand: Brand, written: Written, retained_until: datetime, now: datetime) -> BrandArchive:
    return BrandArchive.objects.create(
        brand=brand,
        path=written.path,
        sha256=written.sha256,
        size_bytes=written.size_bytes,
        row_counts=written.manifest.row_counts,
        schema_fingerprint=written.manifest.fingerprint,
        made_at=now,
        retained_until=retained_until,
    )


def _note_failure(brand: Brand, retained_until: datetime, now: datetime, error: Exception) -> None:
    logger.error("Archiving %s failed", brand.schema_name, exc_info=error)
    BrandArchive.objects.create(
        brand=brand,
        state=ArchiveState.FAILED,
        path="",
        sha256="",
        size_bytes=0,
        row_counts={},
        schema_fingerprint=brand.schema_fingerprint,
        made_at=now,
        retained_until=retained_until,
        last_error=_say(error),
    )


def _move_on(archive: BrandArchive, wanted: ArchiveState, **updates: Any) -> None:
    compare_and_set(BrandArchive.objects.filter(pk=archive.pk), expected=archive.state, wanted=wanted, **updates)
    archive.state = wanted
    for field, value in updates.items():
        setattr(archive, field, value)


def _say(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return f"pg_dump: {error.stderr}".strip()[:MAX_ERROR_LENGTH]
    return f"{type(error).__name__}: {error}".strip()[:MAX_ERROR_LENGTH]
