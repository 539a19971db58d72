"""Archive brands, and drop the schemas of verified archives."""

import logging
import shutil
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, DomainError, NotFound
from kernel.core.states import ensure_allowed
from kernel.database.schemas import quote_schema
from kernel.events import outbox, queue
from kernel.tenancy.context import public_schema
from shared_apps.tenants.events import BillingFactsChanged
from shared_apps.tenants.models import Brand, BrandArchive, BrandExport
from shared_apps.tenants.services import archive_files, archiving, lifecycle, provisioning, snapshots
from shared_apps.tenants.services.archiving import PURPOSE
from shared_apps.tenants.services.lifecycle import BrandStatus
from shared_apps.tenants.states import (
    BRAND_TRANSITIONS,
    ArchiveState,
    BrandState,
    ExportState,
    ProvisioningState,
    SuspensionCause,
)

logger = logging.getLogger(__name__)

LOCK_TIMEOUT = "10s"


class ArchiveNotFound(NotFound):
    code = "archive_not_found"
    title = _("There is no such archive")


class BrandNotSetUp(Conflict):
    code = "brand_not_set_up"
    title = _("This brand has no data: its set-up was never finished")


class BrandNotArchived(Conflict):
    code = "brand_not_archived"
    title = _("This brand is not archived")


class SchemaDropped(Conflict):
    code = "schema_dropped"
    title = _("The data was deleted already; the archive is what there is")


class ArchiveNotVerified(Conflict):
    code = "archive_not_verified"
    title = _("This archive was not proved by restoring it")


class RetentionNotOver(Conflict):
    code = "retention_not_over"
    title = _("The data must be kept longer")


class ArchiveOutdated(Conflict):
    code = "archive_outdated"
    title = _("The brand's data changed after it was archived; a new archive is needed")


# --- archive ---------------------------------------------------------------------------------------------------------


def request_archive(*, brand_id: int, reason: str, now: datetime) -> None:
    """Queue the archiving, which takes seconds to minutes. Raises as `archive_brand`."""
    _ensure_may_be_archived(brand_id)
    queue.after_commit("tenants.archive_brand", brand_id, lifecycle.clean_reason(reason), now.isoformat())


def archive_brand(*, brand_id: int, reason: str, now: datetime) -> BrandArchive:
    """Dump the brand, verify the dump by restoring it, then close the brand; the schema is retained for a while.

    Takes seconds to minutes; not inside a transaction. Raises BrandNotFound, ReasonMissing, BrandNotSetUp, BrandBusy,
    IllegalTransition for a brand that can still write, ArchiveFailed (the failed archive records why).
    """
    reason = lifecycle.clean_reason(reason)
    with public_schema():
        brand = _ensure_may_be_archived(brand_id)
        retained_until = now + timedelta(days=settings.ARCHIVE_RETENTION_DAYS)
        archive = archiving.make_archive(brand=brand, retained_until=retained_until, now=now)
        _shut(archive, reason=reason, now=now)
    return archive


def renew_archive(*, brand_id: int, now: datetime) -> BrandArchive:
    """Archive an archived brand again after its data changed; the retention date stays.

    Raises BrandNotFound, BrandNotArchived, SchemaDropped, BrandBusy, ArchiveFailed.
    """
    with public_schema():
        brand = _brand(brand_id)
        _ensure_kept(brand)
        former = BrandArchive.objects.filter(brand=brand, state=ArchiveState.VERIFIED).order_by("-id").first()
        default = now + timedelta(days=settings.ARCHIVE_RETENTION_DAYS)
        archive = archiving.make_archive(
            brand=brand, retained_until=former.retained_until if former else default, now=now
        )
        _record("archive_renewed", brand, {"archive": archive.pk})
    return archive


@transaction.atomic
def _shut(archive: BrandArchive, *, reason: str, now: datetime) -> None:
    brand = lifecycle.lock_brand(brand_id=archive.brand_id)  # a payment may have come while it was dumped
    status = BrandStatus(BrandState.ARCHIVED, SuspensionCause.NONE, now)
    lifecycle.set_brand_status(brand=brand, status=status, explanation={"reason": reason})
    Brand.objects.filter(pk=brand.pk).update(archived_at=now)
    outbox.publish(BillingFactsChanged(brand_id=brand.pk))  # nobody goes on paying for it
    rows = sum(archive.row_counts.values())
    _record("archived", brand, {"archive": archive.pk, "rows": rows, "until": archive.retained_until, "reason": reason})


def _ensure_may_be_archived(brand_id: int) -> Brand:
    with public_schema():
        brand = _brand(brand_id)
        ensure_allowed(BRAND_TRANSITIONS, now=BrandState(brand.state), wanted=BrandState.ARCHIVED)
        if brand.provisioning_state != ProvisioningState.READY:
            raise BrandNotSetUp
        return brand


# --- drop ------------------------------------------------------------------------------------------------------------


def drop_archived_schema(*, archive_id: int, now: datetime) -> Brand:
    """Delete an archived brand's schema and uploads permanently. The archive, the brand and its domains stay.

    Requires a verified archive with an intact file, the end of its retention, and unchanged content of every table:
    tables are locked, compared, and dropped in one transaction.
    Raises ArchiveNotFound, BrandNotArchived, SchemaDropped, ArchiveNotVerified, RetentionNotOver, ArchiveFileMissing,
    ArchiveTampered, ArchiveOutdated, BrandBusy.
    """
    with public_schema():
        archive = BrandArchive.objects.select_related("brand").filter(pk=archive_id).first()
        if archive is None:
            raise ArchiveNotFound
        schema = archive.brand.schema_name
        with snapshots.exclusive_session(schema, purpose=PURPOSE):
            _ensure_droppable(archive, now)
            archive_files.ensure_untouched(archive.path, archive.sha256)
            brand = _drop(archive, now)
        remove_uploads(schema)
    return brand


@transaction.atomic
def _drop(archive: BrandArchive, now: datetime) -> Brand:
    brand = lifecycle.lock_brand(brand_id=archive.brand_id)
    _ensure_kept(brand)
    _ensure_unchanged(archive, brand.schema_name)
    provisioning.drop_schema(schema_name=brand.schema_name)
    Brand.objects.filter(pk=brand.pk).update(schema_dropped_at=now)
    brand.schema_dropped_at = now
    BrandExport.objects.filter(brand=brand).exclude(state=ExportState.DELETED).update(state=ExportState.DELETED)
    rows = sum(archive.row_counts.values())
    _record("schema_dropped", brand, {"archive": archive.pk, "sha256": archive.sha256, "rows": rows})
    return brand


def _ensure_unchanged(archive: BrandArchive, schema: str) -> None:
    expected = archive_files.read_manifest(archive.path).tables
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        tables = snapshots.tables_of(cursor.cursor, schema)
        if tables:
            names = ", ".join(f"{quote_schema(schema)}.{connection.ops.quote_name(table)}" for table in tables)
            cursor.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
        snapshots.use_text_output(cursor.cursor)
        found = snapshots.content_of(cursor.cursor, schema)
    if differing := snapshots.differences(expected, found):
        raise ArchiveOutdated(_("These tables changed: %(tables)s.") % {"tables": "; ".join(differing[:10])})


def _ensure_droppable(archive: BrandArchive, now: datetime) -> None:
    _ensure_kept(archive.brand)
    if archive.state != ArchiveState.VERIFIED:
        raise ArchiveNotVerified
    proved = BrandArchive.objects.filter(brand=archive.brand, state=ArchiveState.VERIFIED)
    if proved.filter(pk__gt=archive.pk).exists():  # a restore takes the latest, so that one has to be right
        raise ArchiveOutdated(_("There is a newer archive of this brand."))
    # Archives made for other ends, such as a move, shorten nothing.
    kept_until = max(proved.values_list("retained_until", flat=True))
    if now < kept_until:
        raise RetentionNotOver(_("They are kept until %(day)s.") % {"day": f"{kept_until:%Y-%m-%d %H:%M} UTC"})


def _ensure_kept(brand: Brand) -> None:
    if brand.state != BrandState.ARCHIVED:
        raise BrandNotArchived
    if brand.schema_dropped_at is not None:
        raise SchemaDropped


def remove_uploads(schema: str) -> None:
    folder = archive_files.brand_folder(schema)
    if folder.exists():
        shutil.rmtree(folder)


# --- every day -------------------------------------------------------------------------------------------------------


def drop_retained_schemas(*, now: datetime) -> int:
    """Drop schemas whose retention is over; archive again those changed since. Return the number dropped.

    A brand's failure is recorded in its archive and does not stop the others.
    """
    dropped = 0
    with public_schema():
        proved = BrandArchive.objects.filter(
            state=ArchiveState.VERIFIED, brand__state=BrandState.ARCHIVED, brand__schema_dropped_at__isnull=True
        )
        latest = {archive.brand_id: archive for archive in proved.order_by("id")}
        kept_until = dict(proved.values_list("brand_id").annotate(Max("retained_until")).order_by("brand_id"))
        for brand_id, archive in latest.items():
            if kept_until[brand_id] <= now:
                dropped += _drop_or_renew(archive, now)
        _sweep_uploads()
    return dropped


def _drop_or_renew(archive: BrandArchive, now: datetime) -> bool:
    try:
        drop_archived_schema(archive_id=archive.pk, now=now)
    except ArchiveOutdated as changed:
        archiving.record_failure(archive, changed)
        try:
            renew_archive(brand_id=archive.brand_id, now=now)  # dropped tomorrow, if nothing changes again
        except DomainError as trouble:
            logger.error("Brand %s could not be archived again: %s", archive.brand_id, trouble)
    except DomainError as trouble:
        logger.error("The schema of brand %s was not dropped: %s", archive.brand_id, trouble)
        archiving.record_failure(archive, trouble)
    else:
        return True
    return False


def _sweep_uploads() -> None:
    """Delete uploads that a crash left after their schema was dropped."""
    gone = Brand.objects.filter(state=BrandState.ARCHIVED, schema_dropped_at__isnull=False)
    for schema in gone.order_by("id").values_list("schema_name", flat=True):
        remove_uploads(schema)


def _brand(brand_id: int) -> Brand:
    brand: Brand | None = Brand.objects.filter(pk=brand_id).first()
    if brand is None:
        raise lifecycle.BrandNotFound
    return brand


def _record(what: str, brand: Brand, after: dict[str, object]) -> None:
    audit.record(action=f"tenants.{what}", subject=f"brand:{brand.pk}", after=after)
