"""Full exports of a brand: requested, written by a worker, kept for a week."""

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, Gone, NotFound
from kernel.core.integrity import refine_integrity_error
from kernel.events import due, queue
from kernel.files import storage as files
from kernel.tenancy.context import brand_schema, public_schema, public_schema_name
from shared_apps.tenants.models import Brand, BrandExport
from shared_apps.tenants.services import export_writing, lifecycle, snapshots
from shared_apps.tenants.services.export_writing import WrittenExport
from shared_apps.tenants.states import READABLE, ExportState, ProvisioningState

logger = logging.getLogger(__name__)

PURPOSE: Final = "export"
MAX_ATTEMPTS: Final = 5
# After so long without being begun, or since its last beginning, an export is asked for again.
PATIENCE: Final = timedelta(seconds=60)
_WAITING: Final = (ExportState.REQUESTED, ExportState.RUNNING)


class ExportUnderWay(Conflict):
    code = "export_under_way"
    title = _("An export is being written already")


class ExportNotFound(NotFound):
    code = "export_not_found"
    title = _("There is no such export")


class ExportNotReady(Conflict):
    code = "export_not_ready"
    title = _("This export is not ready")


class ExportGone(Gone):
    code = "export_gone"
    title = _("This export was deleted; ask for a new one")


class NothingToExport(Conflict):
    code = "nothing_to_export"
    title = _("This brand's data is archived; ask our support to restore it")


@transaction.atomic
def request_export(*, brand_id: int, requested_by: str, now: datetime) -> BrandExport:
    """Queue an export of everything the brand has. The caller checks the permission.

    Raises BrandNotFound, NothingToExport, ExportUnderWay.
    """
    with public_schema():
        brand = Brand.objects.filter(pk=brand_id).first()
        if brand is None:
            raise lifecycle.BrandNotFound
        if brand.state not in READABLE or brand.provisioning_state != ProvisioningState.READY:
            raise NothingToExport
        with refine_integrity_error({"tenants_export_one_at_a_time": ExportUnderWay}), transaction.atomic():
            export = BrandExport.objects.create(brand=brand, requested_by=requested_by[:200], requested_at=now)
        _record("export_requested", brand_id, {"export": export.pk, "by": export.requested_by})
    queue.after_commit("tenants.run_export", export.pk, brand=brand.schema_name)
    due.note("tenants.resume_exports", at=now + PATIENCE, brand=public_schema_name())
    return export


def run_export(*, export_id: int, now: datetime) -> None:
    """Write the export, in its brand's schema. Does nothing if it is finished or another worker writes it.

    A killed worker leaves an unreferenced file, which the next export removes.
    """
    with public_schema():
        export = BrandExport.objects.select_related("brand").filter(pk=export_id, state__in=_WAITING).first()
    if export is None:
        return
    try:
        with snapshots.exclusive_session(export.brand.schema_name, purpose=PURPOSE) as session:
            if _begin(export, now):
                _finish(export, export_writing.write_export(export.brand, session=session, now=now))
    except snapshots.BrandBusy:
        return
    except Exception as error:
        _fail(export, f"{type(error).__name__}: {error}")
        raise


def open_export(*, export_id: int, brand_id: int) -> "File[Any]":
    """Open the finished file for reading, and record the access. The caller checks the permission.

    Raises ExportNotFound (also for another brand's), ExportNotReady, ExportGone.
    """
    with public_schema():
        export = BrandExport.objects.select_related("brand").filter(pk=export_id, brand_id=brand_id).first()
        if export is None:
            raise ExportNotFound
        if export.state == ExportState.DELETED or (export.expires_at and export.expires_at <= clock.now()):
            raise ExportGone
        if export.state != ExportState.READY:
            raise ExportNotReady
        _record("export_fetched", brand_id, {"export": export.pk})
    try:
        with brand_schema(export.brand.schema_name):
            return files.open_file(export.path)
    except FileNotFoundError:
        raise ExportGone from None


def next_look(now: datetime) -> datetime | None:
    """Return when waiting or running exports must be checked again; None without any."""
    with public_schema():
        return now + PATIENCE if BrandExport.objects.filter(state__in=_WAITING).exists() else None


def resume_exports(*, now: datetime) -> int:
    """Queue exports again that seem abandoned; a live worker refuses the duplicate. Return their number."""
    with public_schema():
        waiting = BrandExport.objects.filter(state__in=_WAITING, requested_at__lte=now - PATIENCE)
        stalled = waiting.exclude(started_at__gt=now - PATIENCE).order_by("id")
        found = list(stalled.values_list("id", "brand__schema_name"))
    for export_id, schema in found:
        queue.after_commit("tenants.run_export", export_id, brand=schema)
    return len(found)


def delete_expired_exports(*, now: datetime) -> int:
    with public_schema():
        expired = BrandExport.objects.select_related("brand").filter(state=ExportState.READY, expires_at__lte=now)
        found = list(expired.order_by("id"))
    for export in found:
        with brand_schema(export.brand.schema_name):
            files.delete_file(export.path)
        _set(export, ExportState.READY, state=ExportState.DELETED)
    return len(found)


def _begin(export: BrandExport, now: datetime) -> bool:
    """Mark the export as running. Return False after too many attempts, or if it was finished meanwhile."""
    with public_schema():
        mine = BrandExport.objects.filter(pk=export.pk, state__in=_WAITING)
        tried = mine.filter(attempts__gte=MAX_ATTEMPTS)
        if tried.update(state=ExportState.FAILED, finished_at=now, last_error="Its workers died, again and again."):
            logger.error("Export %s was given up after %s attempts", export.pk, MAX_ATTEMPTS)
            return False
        return bool(mine.update(state=ExportState.RUNNING, started_at=now, attempts=F("attempts") + 1))


def _finish(export: BrandExport, written: WrittenExport) -> None:
    moment = clock.now()
    _set(
        export,
        ExportState.RUNNING,
        state=ExportState.READY,
        finished_at=moment,
        expires_at=moment + timedelta(days=settings.EXPORT_RETENTION_DAYS),
        path=written.name,
        size_bytes=written.size_bytes,
        sha256=written.sha256,
        row_counts=written.row_counts,
        last_error="",
    )
    rows = sum(written.row_counts.values())
    with public_schema():
        _record("exported", export.brand_id, {"export": export.pk, "rows": rows, "sha256": written.sha256})


def _fail(export: BrandExport, reason: str) -> None:
    logger.error("Export %s failed: %s", export.pk, reason)
    _set(export, ExportState.RUNNING, state=ExportState.FAILED, finished_at=clock.now(), last_error=reason[:2_000])


def _set(export: BrandExport, expected: ExportState, **fields: object) -> None:
    with public_schema():
        BrandExport.objects.filter(pk=export.pk, state=expected).update(**fields)


def _record(what: str, brand_id: int, after: dict[str, object]) -> None:
    audit.record(action=f"tenants.{what}", subject=f"brand:{brand_id}", after=after)
