"""An import from upload to committed orders: a job's states, and what the user may do with it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path, PurePath
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Invalid, NotFound, TooLarge
from kernel.core.states import Transitions, compare_and_set, ensure_allowed
from kernel.events import due, queue
from kernel.files import storage as files
from kernel.tenancy.actors import current_actor
from shared_apps.entitlements.services import features
from tenant_apps.orders.models import Channel, ImportJob, ImportProfile
from tenant_apps.orders.models.imports import RUNNING, ImportMode, ImportState
from tenant_apps.orders.services.imports import progress
from tenant_apps.orders.services.imports.collecting import read_heading
from tenant_apps.orders.services.imports.mapping import map_columns, match_columns

MAX_SERVICES = 500
LOOKED_AFTER_EVERY = timedelta(seconds=60)
OPTION_NAMES = frozenset({"cancellation_prefix", "adjustment_prefix", "service_skus", "time_zone"})

IMPORT_TRANSITIONS: Transitions[ImportState] = {
    ImportState.UPLOADED: frozenset({ImportState.CHECKING, ImportState.CANCELLED}),
    ImportState.CHECKING: frozenset({ImportState.CHECKED, ImportState.FAILED}),
    ImportState.CHECKED: frozenset({ImportState.COMMITTING, ImportState.CHECKING, ImportState.CANCELLED}),
    ImportState.COMMITTING: frozenset({ImportState.COMMITTED, ImportState.FAILED}),
    ImportState.COMMITTED: frozenset(),
    ImportState.FAILED: frozenset({ImportState.CHECKING, ImportState.CANCELLED}),
    ImportState.CANCELLED: frozenset(),
}


class ImportNotFound(NotFound):
    code = "import_not_found"
    title = _("There is no such import")


class UnknownChannel(Invalid):
    code = "unknown_channel"
    title = _("There is no such channel")


class UploadTooLarge(TooLarge):
    code = "upload_too_large"
    title = _("The file is too large")


class InvalidOption(Invalid):
    code = "invalid_option"
    title = _("The rule is not valid")


@dataclass(frozen=True)
class Meaning:
    """What the file's columns and numbers mean; what is not given is taken from the channel's profile.

    With `may_be_incomplete` columns that cannot be found are left for the user to name (`change_meaning`).
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] | None = None
    may_be_incomplete: bool = False


def create_import(*, channel: str, mode: str, upload: File[Any], meaning: Meaning) -> ImportJob:
    """Keep the uploaded file and open a job for it; the heading is read at once, the rest by the dry run.

    What is used is remembered in the channel's profile.
    Raises UnknownChannel, UploadTooLarge, UnmappedColumns, UnreadableFile, HarmfulWorkbook, InvalidOption,
    FeatureNotInPlan.
    """
    features.ensure_feature("order_import")
    owner = Channel.objects.filter(code=channel).first()
    if owner is None:
        raise UnknownChannel(field="channel")
    if (upload.size or 0) > settings.IMPORT_MAX_BYTES:
        raise UploadTooLarge(
            _("A file may have %(size)d MB at most.") % {"size": settings.IMPORT_MAX_BYTES // 1_048_576}, field="file"
        )
    profile = ImportProfile.objects.filter(channel=owner).first()
    rules = dict(meaning.options) if meaning.options is not None else (dict(profile.options) if profile else {})
    _check_options(rules)
    stored = files.store(upload, folder="imports", suffix=".upload")
    try:
        named = _name_columns(stored, meaning, profile)
        return _open_job(owner, ImportMode(mode), stored, PurePath(upload.name or "file").name, (dict(named), rules))
    except Exception:
        files.delete_file(stored)
        raise


def _name_columns(stored: str, meaning: Meaning, profile: ImportProfile | None) -> Mapping[str, str]:
    """Field → heading. A profile whose columns this file does not have is no reason to refuse it."""
    heading, _rows = read_heading(Path(files.path_of(stored)))
    if not meaning.mapping and profile:
        remembered, errors = match_columns(heading, profile.mapping)
        if not errors:
            return remembered.named
    if meaning.may_be_incomplete:
        return match_columns(heading, meaning.mapping)[0].named
    return map_columns(heading, meaning.mapping).named


@transaction.atomic
def change_meaning(*, job_id: int, mapping: Mapping[str, str], options: Mapping[str, Any]) -> ImportJob:
    """Correct what the columns mean before the orders are written, and remember it for the channel.

    Raises ImportNotFound, IllegalTransition, UnmappedColumns, InvalidOption.
    """
    job = get_import(job_id=job_id)
    ensure_allowed(IMPORT_TRANSITIONS, now=ImportState(job.state), wanted=ImportState.CHECKING)
    _check_options(options)
    named = dict(map_columns(headings_of(job), mapping).named)
    job.mapping = named
    job.options = dict(options)
    job.save(update_fields=["mapping", "options"])
    ImportProfile.objects.update_or_create(channel=job.channel, defaults={"mapping": named, "options": dict(options)})
    return job


@transaction.atomic
def _open_job(
    channel: Channel, mode: ImportMode, stored: str, file_name: str, meaning: tuple[dict[str, str], dict[str, Any]]
) -> ImportJob:
    named, rules = meaning
    with files.open_file(stored) as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    ImportProfile.objects.update_or_create(channel=channel, defaults={"mapping": named, "options": rules})
    job = ImportJob.objects.create(
        channel=channel,
        mode=mode,
        file_name=file_name[:200],
        stored_as=stored,
        file_digest=digest,
        mapping=named,
        options=rules,
        created_by=current_actor().label,
        created_at=clock.now(),
    )
    audit.record(
        action="orders.import_uploaded", subject=f"import:{job.pk}", after={"file": file_name, "sha256": digest}
    )
    return job


def _check_options(options: Mapping[str, Any]) -> None:
    unknown = sorted(set(options) - OPTION_NAMES)
    if unknown:
        raise InvalidOption(_("There is no rule of this name."), field=f"options.{unknown[0]}"[:100])
    for name in ("cancellation_prefix", "adjustment_prefix"):
        if not _is_word(options.get(name, "")):
            raise InvalidOption(_("This must be a text of at most 64 characters."), field=f"options.{name}")
    words = options.get("service_skus", ())
    if not isinstance(words, list | tuple) or len(words) > MAX_SERVICES or not all(map(_is_word, words)):
        raise InvalidOption(_("This must be a list of SKUs."), field="options.service_skus")
    zone = options.get("time_zone") or "UTC"
    try:
        ZoneInfo(zone if _is_word(zone) else "")
    except (KeyError, ValueError, OSError) as error:
        raise InvalidOption(_("This is not a time zone."), field="options.time_zone") from error


def _is_word(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 64 and "\x00" not in value


def get_import(*, job_id: int) -> ImportJob:
    """The job. Raises ImportNotFound."""
    job = ImportJob.objects.select_related("channel").filter(pk=job_id).first()
    if job is None:
        raise ImportNotFound
    return job


def list_imports() -> QuerySet[ImportJob]:
    """All imports, for paging."""
    return ImportJob.objects.select_related("channel")


def start_check(*, job_id: int) -> ImportJob:
    """Ask for the dry run: nothing but the job changes. Raises ImportNotFound, IllegalTransition."""
    return _start(job_id, ImportState.CHECKING)


def start_commit(*, job_id: int) -> ImportJob:
    """Ask for the orders to be written, after a dry run. Raises ImportNotFound, IllegalTransition."""
    return _start(job_id, ImportState.COMMITTING)


@transaction.atomic
def _start(job_id: int, wanted: ImportState) -> ImportJob:
    job = get_import(job_id=job_id)
    state = ImportState(job.state)
    ensure_allowed(IMPORT_TRANSITIONS, now=state, wanted=wanted)
    compare_and_set(
        ImportJob.objects.filter(pk=job_id), expected=state, wanted=wanted, started_at=clock.now(), message=""
    )
    audit.record(action=f"orders.import_{wanted.value}", subject=f"import:{job_id}")
    progress.beat(job_id, 0)
    queue.after_commit("orders.run_import", job_id)
    due.note("orders.resume_imports", at=clock.now() + LOOKED_AFTER_EVERY)
    return get_import(job_id=job_id)


@transaction.atomic
def cancel_import(*, job_id: int) -> ImportJob:
    """Give the upload up. Raises ImportNotFound, IllegalTransition."""
    job = get_import(job_id=job_id)
    state = ImportState(job.state)
    ensure_allowed(IMPORT_TRANSITIONS, now=state, wanted=ImportState.CANCELLED)
    compare_and_set(
        ImportJob.objects.filter(pk=job_id), expected=state, wanted=ImportState.CANCELLED, finished_at=clock.now()
    )
    audit.record(action="orders.import_cancelled", subject=f"import:{job_id}")
    return get_import(job_id=job_id)


def summary_of(job: ImportJob) -> dict[str, Any]:
    """The counts and sums of a job, as they go into the audit log and the API."""
    return {
        "total_lines": job.total_lines,
        "imported_lines": job.imported_lines,
        "refused_lines": job.refused_lines,
        "order_count": job.order_count,
        "sales_amount": str(job.sales_amount),
        "returns_amount": str(job.returns_amount),
        "exact_amount": str(job.exact_amount),
        "reasons": job.reasons,
    }


def describe(job: ImportJob) -> dict[str, Any]:
    """The job as the API and the console's progress page show it."""
    running = progress.lines_read(job.pk) if job.state in RUNNING else None
    return {
        "id": job.pk,
        "channel": job.channel.code,
        "mode": job.mode,
        "state": job.state,
        "file_name": job.file_name,
        "mapping": job.mapping,
        "options": job.options,
        "processed_lines": job.total_lines if running is None else running,
        **summary_of(job),
        "message": job.message,
        "created_by": job.created_by,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


def headings_of(job: ImportJob) -> list[str]:
    """The first row of the job's file."""
    heading, _rows = read_heading(Path(files.path_of(job.stored_as)))
    return heading
