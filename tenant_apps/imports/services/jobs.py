"""A job from upload to undo: its states, and what the user may do with it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePath
from typing import Any, Final

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, Forbidden, Invalid, TooLarge
from kernel.core.states import compare_and_set, ensure_allowed
from kernel.events import due, queue
from kernel.files import storage as files
from kernel.tenancy.actors import current_actor
from shared_apps.entitlements.services.features import ensure_feature
from tenant_apps.imports.models import ImportJob, ImportProfile
from tenant_apps.imports.selectors import get_import
from tenant_apps.imports.services import lease
from tenant_apps.imports.services.importer import Importer, get_importer
from tenant_apps.imports.services.issues import FOLDER
from tenant_apps.imports.services.reading.columns import AS_USUAL, ColumnMapping, Match
from tenant_apps.imports.services.reading.source import Source
from tenant_apps.imports.states import CANCELLABLE, IMPORT_TRANSITIONS, RUNNING, ImportState

LOOK_AFTER: Final = timedelta(seconds=60)


class UnknownChannel(Invalid):
    code = "unknown_channel"
    title = _("There is no such channel")


class UnknownMode(Invalid):
    code = "literal_error"  # as of every value that is none of a list
    title = _("There is no such mode")


class UploadTooLarge(TooLarge):
    code = "upload_too_large"
    title = _("The file is too large")


class ColumnForbidden(Forbidden):
    code = "column_forbidden"
    title = _("The file holds a column that you may not change")


class ImportHasErrors(Conflict):
    code = "import_has_errors"
    title = _("Correct the rows with errors first: all of a file is imported, or nothing")


class UploadGone(Conflict):
    code = "upload_gone"
    title = _("The uploaded file was deleted after its time; please upload it again")


class CannotUndo(Conflict):
    code = "import_cannot_be_undone"
    title = _("This kind of import cannot be undone")


@dataclass(frozen=True)
class NewImport:
    """An uploaded file and how it is to be read; what is not given is taken from the profile of kind and channel.

    With `may_be_incomplete` columns that need an answer wait for it (`change_mapping`) and do not refuse the upload.
    """

    kind: str
    upload: "File[Any]"
    attachment: "File[Any] | None" = None
    channel: str = ""
    mode: str = ""
    mapping: ColumnMapping = AS_USUAL
    options: Mapping[str, Any] | None = None
    may_be_incomplete: bool = False


def create_import(*, new: NewImport) -> ImportJob:
    """Keep the uploaded file and open a job for it; the heading is read at once, the rest by the dry run.

    Mapping and rules are remembered for the kind and channel. Raises UnknownKind, UnknownChannel, UnknownMode,
    UploadTooLarge, UnmappedColumns, UnreadableFile, FileTooLarge, HarmfulWorkbook, InvalidOption, ColumnForbidden,
    FeatureNotInPlan.
    """
    importer = get_importer(new.kind)
    if importer.feature:
        ensure_feature(importer.feature)
    _ensure_channel(importer, new.channel)
    mode = new.mode or (importer.modes[0][0] if importer.modes else "")
    if mode and mode not in dict(importer.modes):
        raise UnknownMode(field="mode")
    profile = ImportProfile.objects.filter(kind=new.kind, channel=new.channel).first()
    options = dict(new.options) if new.options is not None else dict(profile.options) if profile else {}
    importer.ensure_options(options)
    stored: list[str] = []
    try:
        stored.append(_keep(new.upload, "file"))
        stored.append(_keep(new.attachment, "attachment") if new.attachment is not None else "")
        match = _match(importer, stored[0], new, profile)
        if not new.may_be_incomplete:
            match.ensure_complete()
        _ensure_columns_allowed(importer, match)
        return _open_job(new, mode, options, stored, match)
    except Exception:
        for name in filter(None, stored):
            files.delete_file(name)
        raise


@transaction.atomic
def change_mapping(*, job_id: int, mapping: ColumnMapping, options: Mapping[str, Any]) -> ImportJob:
    """Correct what the columns mean before anything is written, and remember it.

    Raises ImportNotFound, IllegalTransition, UploadGone, UnmappedColumns, InvalidOption, ColumnForbidden.
    """
    job = get_import(job_id=job_id)
    importer = get_importer(job.kind)
    ensure_allowed(IMPORT_TRANSITIONS, now=ImportState(job.state), wanted=ImportState.CHECKING)
    importer.ensure_options(options)
    match = open_source(job, mapping=mapping).match
    match.ensure_complete()
    _ensure_columns_allowed(importer, match)
    job.mapping = match.named()
    job.left_out = list(match.left_out)
    job.options = dict(options)
    job.save(update_fields=["mapping", "left_out", "options"])
    _remember(job)
    return job


def start_check(*, job_id: int) -> ImportJob:
    """Ask for the dry run. Raises ImportNotFound, IllegalTransition, UploadGone, UnmappedColumns."""
    job = get_import(job_id=job_id)
    open_source(job).match.ensure_complete()
    return _start(job, ImportState.CHECKING)


def start_commit(*, job_id: int) -> ImportJob:
    """Ask for the rows to be written. Raises ImportNotFound, IllegalTransition, ImportHasErrors, UploadGone."""
    job = get_import(job_id=job_id)
    ensure_allowed(IMPORT_TRANSITIONS, now=ImportState(job.state), wanted=ImportState.COMMITTING)
    if get_importer(job.kind).is_whole and job.refused_rows:
        raise ImportHasErrors
    if not job.stored_as:
        raise UploadGone
    return _start(job, ImportState.COMMITTING)


def start_undo(*, job_id: int) -> ImportJob:
    """Ask for what was written to be taken away. Raises ImportNotFound, IllegalTransition, CannotUndo."""
    job = get_import(job_id=job_id)
    if not get_importer(job.kind).can_undo_mode(job.mode):
        raise CannotUndo
    return _start(job, ImportState.UNDOING)


@transaction.atomic
def cancel_import(*, job_id: int) -> ImportJob:
    """Give the upload up; a worker that is at it stops soon. Raises ImportNotFound, IllegalTransition."""
    job = get_import(job_id=job_id)
    state = ImportState(job.state)
    ensure_allowed(IMPORT_TRANSITIONS, now=state, wanted=ImportState.CANCELLED)
    of_one = ImportJob.objects.filter(pk=job_id)
    if state in CANCELLABLE:
        of_one.filter(state=state).update(is_cancel_requested=True)
    else:
        compare_and_set(of_one, expected=state, wanted=ImportState.CANCELLED, finished_at=clock.now())
        audit.record(action="imports.cancelled", subject=subject_of(job))
    return get_import(job_id=job_id)


def subject_of(job: ImportJob) -> str:
    """The job in the audit log."""
    return f"import:{job.pk}"


def open_source(job: ImportJob, *, mapping: ColumnMapping | None = None) -> Source:
    """A pass over the job's file. Raises UploadGone, and what Source raises."""
    if not job.stored_as:
        raise UploadGone
    importer = get_importer(job.kind)
    return Source(
        Path(files.path_of(job.stored_as)),
        importer.columns(),
        wanted=mapping or ColumnMapping(job.mapping, tuple(job.left_out)),
        channel=job.channel,
        max_rows=importer.max_rows,
        skip_blank_rows=not importer.lists_blank_rows,
    )


def _start(job: ImportJob, wanted: ImportState) -> ImportJob:
    state = ImportState(job.state)
    ensure_allowed(IMPORT_TRANSITIONS, now=state, wanted=wanted)
    with transaction.atomic():
        compare_and_set(
            ImportJob.objects.filter(pk=job.pk),
            expected=state,
            wanted=wanted,
            started_at=clock.now(),
            is_cancel_requested=False,
            message="",
        )
        audit.record(action=f"imports.{wanted.value}", subject=subject_of(job))
        lease.note_progress(job.pk, 0)
        queue.after_commit("imports.run", job.pk)
        due.note("imports.resume", at=clock.now() + LOOK_AFTER)
    return get_import(job_id=job.pk)


def _ensure_channel(importer: Importer[Any, Any], channel: str) -> None:
    known = importer.channels()
    if (known is not None or channel) and channel not in dict(known or ()):
        raise UnknownChannel(field="channel")


def _keep(upload: "File[Any]", field: str) -> str:
    if (upload.size or 0) > settings.IMPORT_MAX_BYTES:
        most = settings.IMPORT_MAX_BYTES // 1_048_576
        raise UploadTooLarge(_("A file may have %(size)d MB at most.") % {"size": most}, field=field)
    return files.store(upload, folder=FOLDER, suffix=".upload")


def _match(importer: Importer[Any, Any], stored_as: str, new: NewImport, profile: ImportProfile | None) -> Match:
    """A profile whose columns this file does not have is no reason to refuse it."""

    def match(wanted: ColumnMapping) -> Match:
        return Source(
            Path(files.path_of(stored_as)),
            importer.columns(),
            wanted=wanted,
            channel=new.channel,
            max_rows=importer.max_rows,
        ).match

    if profile and not new.mapping.fields:
        left_out = (*new.mapping.left_out, *profile.left_out)
        remembered = match(ColumnMapping(profile.mapping, left_out))
        if remembered.is_complete:
            return remembered
        return match(ColumnMapping({}, left_out))
    return match(new.mapping)


def _ensure_columns_allowed(importer: Importer[Any, Any], match: Match) -> None:
    for column in importer.columns():
        place = match.position(column.name)
        if column.needs and place is not None and not current_actor().may(column.needs):
            raise ColumnForbidden(
                _("The column “%(column)s” needs the permission “%(permission)s”.")
                % {"column": match.headings[place], "permission": column.needs},
                field="file",
            )


@transaction.atomic
def _open_job(new: NewImport, mode: str, options: dict[str, Any], stored: list[str], match: Match) -> ImportJob:
    with files.open_file(stored[0]) as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    file_name = PurePath((new.upload.name or "file").replace("\\", "/")).name[-200:]
    job = ImportJob.objects.create(
        kind=new.kind,
        channel=new.channel,
        mode=mode,
        file_name=file_name,
        stored_as=stored[0],
        attachment_stored_as=stored[1],
        file_digest=digest,
        headings=list(match.headings),
        mapping=match.named(),
        left_out=list(match.left_out),
        options=options,
        created_by=current_actor().label[:200],
        created_at=clock.now(),
    )
    if match.is_complete:
        _remember(job)
    due.note("imports.forget_uploads", at=clock.now() + timedelta(days=1))
    audit.record(action="imports.uploaded", subject=subject_of(job), after={"file": file_name, "sha256": digest})
    return job


def _remember(job: ImportJob) -> None:
    ImportProfile.objects.update_or_create(
        kind=job.kind,
        channel=job.channel,
        defaults={"mapping": job.mapping, "left_out": job.left_out, "options": job.options},
    )


def describe(job: ImportJob) -> dict[str, Any]:
    """The job as the API and the progress page show it."""
    running = lease.find_progress(job.pk) if job.state in RUNNING else None
    return {
        "id": job.pk,
        "kind": job.kind,
        "channel": job.channel,
        "mode": job.mode,
        "state": job.state,
        "file_name": job.file_name,
        "mapping": job.mapping,
        "left_out": job.left_out,
        "options": job.options,
        "processed_lines": job.total_rows if running is None else running,
        **summary_of(job),
        "preview": job.preview,
        "message": job.message,
        "created_by": job.created_by,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


def summary_of(job: ImportJob) -> dict[str, Any]:
    """The counts and figures of a job, as they go into the audit log and the API."""
    return {
        "total_lines": job.total_rows,
        "skipped_lines": job.skipped_rows,
        "imported_lines": job.imported_rows,
        "refused_lines": job.refused_rows,
        "reasons": job.reasons,
        "figures": job.figures,
    }
