"""Restore archived brands."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, Unavailable
from kernel.core.states import compare_and_set
from kernel.database import grants
from kernel.events import outbox, queue
from kernel.tenancy.context import brand_schema, public_schema
from shared_apps.entitlements.services import quotas
from shared_apps.tenants.events import BillingFactsChanged
from shared_apps.tenants.models import Brand, BrandArchive
from shared_apps.tenants.services import archive_files, archiving, lifecycle, loading, migrations, snapshots
from shared_apps.tenants.services.archives import BrandNotArchived
from shared_apps.tenants.services.lifecycle import BrandStatus
from shared_apps.tenants.services.migrations import Result
from shared_apps.tenants.states import ArchiveState, BrandState, SuspensionCause


class NothingToRestore(Conflict):
    code = "nothing_to_restore"
    title = _("There is no proved archive of this brand")


class RestoreFailed(Unavailable):
    code = "restore_failed"
    title = _("The brand could not be restored; the archive is as it was")


@transaction.atomic
def request_restore(*, brand_id: int, now: datetime) -> None:
    """Queue the restore. Raises BrandNotFound, BrandNotArchived."""
    with public_schema():
        _archived(brand_id)
        audit.record(action="tenants.restore_requested", subject=f"brand:{brand_id}")
    queue.after_commit("tenants.restore_brand", brand_id, now.isoformat())


def restore_brand(*, brand_id: int, now: datetime) -> Brand:
    """Restore an archived brand: its schema and uploads if dropped, pending migrations, its state.

    The brand is then suspended and open to its owner: until support resumes it if support had suspended it, else until
    billing has recomputed its status (BillingFactsChanged). Takes seconds to minutes; not inside a transaction; can be
    repeated after a crash. Raises BrandNotFound, BrandNotArchived, NothingToRestore, ArchiveFileMissing,
    ArchiveTampered, RestoreFailed, BrandBusy.
    """
    with public_schema():
        brand = _archived(brand_id)
        with snapshots.exclusive_session(brand.schema_name, purpose=archiving.PURPOSE):
            archive = _latest_archive(brand)
            if brand.schema_dropped_at is not None:
                _bring_back(brand, archive, now)
            _migrate(brand)
            return _open(brand, archive, now)


def _bring_back(brand: Brand, archive: BrandArchive | None, now: datetime) -> None:
    """Load schema and uploads from the archive, and compare every table before the commit."""
    if archive is None:
        raise NothingToRestore
    archive_files.ensure_untouched(archive.path, archive.sha256)
    manifest = archive_files.read_manifest(archive.path)
    try:
        with snapshots.own_session() as session, session.cursor() as cursor:
            cursor.execute("BEGIN")
            with archive_files.opened_script(archive.path) as script:
                loading.load_script(script, cursor=cursor, schema=manifest.schema, into=brand.schema_name)
            found = snapshots.content_of(cursor, brand.schema_name)
            if differing := snapshots.differences(manifest.tables, found):
                raise archiving.NotWhatWasDumped("; ".join(differing))
            grants.grant(cursor, brand.schema_name)
            archive_files.unpack_files(archive.path, into=archive_files.brand_folder(brand.schema_name))
            # In the same transaction as the schema: there is never one that the brand does not know of.
            cursor.execute(
                "UPDATE public.tenants_brand SET schema_dropped_at = NULL, schema_fingerprint = %s WHERE id = %s",
                [manifest.fingerprint, brand.pk],
            )
            cursor.execute("COMMIT")
    except Exception as error:
        archiving.record_failure(archive, error)
        raise RestoreFailed(str(error)) from error


def _migrate(brand: Brand) -> None:
    for outcome in migrations.migrate_brands(slugs=[brand.slug]):
        if outcome.result is Result.FAILED:
            raise RestoreFailed(outcome.error)


@transaction.atomic
def _open(brand: Brand, archive: BrandArchive | None, now: datetime) -> Brand:
    locked = lifecycle.lock_brand(brand_id=brand.pk)
    with brand_schema(brand.schema_name):  # the dump's limits and counts may be those of another plan, or none at all
        quotas.recount_brand(now=now)
    explanation: dict[str, object] = {"restored": True}
    because = SuspensionCause.UNPAID
    if locked.archived_because == SuspensionCause.STAFF:
        because = SuspensionCause.STAFF
        explanation["reason"] = locked.suspension_reason
    lifecycle.set_brand_status(
        brand=locked, status=BrandStatus(BrandState.SUSPENDED, because, now), explanation=explanation
    )
    Brand.objects.filter(pk=brand.pk).update(archived_at=None)
    locked.archived_at = None
    if archive is not None:
        compare_and_set(
            BrandArchive.objects.filter(pk=archive.pk),
            expected=ArchiveState.VERIFIED,
            wanted=ArchiveState.RESTORED,
            restored_at=now,
            last_error="",
        )
    audit.record(
        action="tenants.restored",
        subject=f"brand:{brand.pk}",
        before={"state": BrandState.ARCHIVED, "archived_at": brand.archived_at, "dropped_at": brand.schema_dropped_at},
        after={"archive": archive.pk if archive else None},
    )
    outbox.publish(BillingFactsChanged(brand_id=brand.pk))
    return locked


def _archived(brand_id: int) -> Brand:
    brand: Brand | None = Brand.objects.filter(pk=brand_id).first()
    if brand is None:
        raise lifecycle.BrandNotFound
    if brand.state != BrandState.ARCHIVED:
        raise BrandNotArchived
    return brand


def _latest_archive(brand: Brand) -> BrandArchive | None:
    return BrandArchive.objects.filter(brand=brand, state=ArchiveState.VERIFIED).order_by("-id").first()
