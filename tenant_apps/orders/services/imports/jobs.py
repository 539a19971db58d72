"""An import from upload to committed orders: a job's states, its progress, and what the user may do with it."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any
from zoneinfo import ZoneInfo

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel import audit, clock, files
from kernel.actors import current_actor
from kernel.errors import DomainError, Invalid, NotFound, TooLarge
from kernel.states import Transitions, compare_and_set, ensure_allowed
from tenant_apps.orders.models import Channel, ImportJob, ImportProfile
from tenant_apps.orders.models.imports import ImportMode, ImportState
from tenant_apps.orders.services.imports import history, live
from tenant_apps.orders.services.imports.collecting import Sources, collect, read_heading
from tenant_apps.orders.services.imports.issues import IssueWriter
from tenant_apps.orders.services.imports.mapping import map_columns, rules_from

HEARTBEAT_SECONDS = 90
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
    code, title = "import_not_found", _("There is no such import")


class UnknownChannel(Invalid):
    code, title = "unknown_channel", _("There is no such channel")


class UploadTooLarge(TooLarge):
    code, title = "upload_too_large", _("The file is too large")


class InvalidOption(Invalid):
    code, title = "invalid_option", _("The rule is not valid")


def create_import(
    *, channel: str, mode: str, upload: File[Any], mapping: Mapping[str, str], options: Mapping[str, Any] | None
) -> ImportJob:
    """Keep the uploaded file and open a job for it; the heading is read at once, the rest by `check_import`.

    Mapping and options not given are taken from the channel's profile, and what is used is remembered there.
    Raises UnknownChannel, UploadTooLarge, UnmappedColumns, UnreadableFile, HarmfulWorkbook, InvalidOption.
    """
    owner = Channel.objects.filter(code=channel).first()
    if owner is None:
        raise UnknownChannel(field="channel")
    if (upload.size or 0) > settings.IMPORT_MAX_BYTES:
        raise UploadTooLarge(
            _("A file may have %(size)d MB at most.") % {"size": settings.IMPORT_MAX_BYTES // 1_048_576}, field="file"
        )
    profile = ImportProfile.objects.filter(channel=owner).first()
    wanted = dict(mapping) or (dict(profile.mapping) if profile else {})
    rules = dict(options) if options is not None else (dict(profile.options) if profile else {})
    _check_options(rules)
    stored = files.store(upload, folder="imports", suffix=".upload")
    try:
        heading, _rows = read_heading(Path(files.path_of(stored)))
        named = map_columns(heading, wanted).named
        return _open_job(owner, ImportMode(mode), stored, PurePath(upload.name or "file").name, (dict(named), rules))
    except Exception:
        files.delete_file(stored)
        raise


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
    audit.record(action="orders.import_uploaded", subject=f"import:{job.pk}", after={"file": file_name, "sha256": digest})
    return job


def _check_options(options: Mapping[str, Any]) -> None:
    unknown = sorted(set(options) - OPTION_NAMES)
    if unknown:
        raise InvalidOption(_("There is no rule of this name."), field=f"options.{unknown[0]}")
    try:
        ZoneInfo(str(options.get("time_zone") or "UTC"))
    except (KeyError, ValueError, OSError) as error:
        raise InvalidOption(_("This is not a time zone."), field="options.time_zone") from error


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
    beat(job_id, 0)
    # By name: services do not know tasks. If the broker is down, the sweeper queues the job when its heartbeat is gone.
    transaction.on_commit(lambda: current_app.send_task("orders.run_import", args=[job_id]), robust=True)
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


def run(*, job_id: int, now: datetime) -> None:
    """Do what the job's state asks for: the dry run or the commit. A job that waits for nothing is left alone.

    Two workers with the same job: the second leaves (or meets the first one's orders and skips them). A worker killed in
    the middle leaves the state as it was; the sweeper queues the job again.
    """
    try:
        if ImportJob.objects.filter(pk=job_id, mode=ImportMode.LIVE).exists():
            _run_live(job_id, now=now)
        else:
            with transaction.atomic():
                job = _waiting(job_id).select_for_update(skip_locked=True, of=("self",)).first()
                if job is not None:
                    _run_history(job, now=now)
    except DomainError as error:
        _fail(job_id, str(error))
    except Exception:
        _fail(job_id, str(_("The import stopped by a fault of ours. Please try again; nothing is imported twice.")))
        raise


def _waiting(job_id: int) -> QuerySet[ImportJob]:
    states = [ImportState.CHECKING, ImportState.COMMITTING]
    return ImportJob.objects.select_related("channel").filter(pk=job_id, state__in=states)


def _run_live(job_id: int, *, now: datetime) -> None:
    """Each order is a transaction of its own, so that hours of orders hold no locks. A dry run rolls each one back."""
    job = _waiting(job_id).first()
    if job is None or not cache.add(f"import-run:{job_id}", 1, HEARTBEAT_SECONDS):
        return
    rehearsal = job.state == ImportState.CHECKING
    try:
        with IssueWriter() as issues:
            collected = collect(_sources(job), issues=issues, progress=lambda read: beat(job_id, read))
            outcome = live.place_orders(
                collected, job=job, issues=issues, now=now, rehearsal=rehearsal, alive=lambda: _hold(job_id)
            )
            finish(job, issues=issues, total_lines=collected.total_lines, outcome=outcome)
    finally:
        cache.delete(f"import-run:{job_id}")


def _hold(job_id: int) -> None:
    beat(job_id, lines_read(job_id) or 0)
    cache.touch(f"import-run:{job_id}", HEARTBEAT_SECONDS)


def _run_history(job: ImportJob, *, now: datetime) -> None:
    """Dry run and commit differ in one call: what the first shows is what the second does."""
    commits = job.state == ImportState.COMMITTING
    if commits:
        # Two files of one channel at once would race for the same order numbers.
        Channel.objects.select_for_update().get(pk=job.channel.pk)
    sources = _sources(job)
    with IssueWriter() as issues:
        collected = collect(sources, issues=issues, progress=lambda read: beat(job.pk, read))
        history.drop_already_imported(collected, channel=job.channel.code, issues=issues)
        outcome = history.summarise(collected)
        if commits:
            history.commit_orders(
                collected, channel=job.channel, rules=sources.rules, job_id=job.pk, zone=clock.brand_zone(), now=now
            )
        finish(job, issues=issues, total_lines=collected.total_lines, outcome=outcome)


@transaction.atomic
def finish(job: ImportJob, *, issues: IssueWriter, total_lines: int, outcome: history.Outcome) -> None:
    """Write the result into the job and move it on."""
    wanted = ImportState.CHECKED if job.state == ImportState.CHECKING else ImportState.COMMITTED
    for name, value in asdict(outcome).items():
        setattr(job, name, value)
    job.total_lines = total_lines
    job.refused_lines = issues.count
    job.reasons = dict(issues.reasons.most_common())
    job.issues_stored_as = issues.store()
    job.state, job.finished_at, job.message = wanted, clock.now(), ""
    job.save()
    audit.record(action=f"orders.import_{job.state}", subject=f"import:{job.pk}", after=summary_of(job))


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


def headings_of(job: ImportJob) -> list[str]:
    """The first row of the job's file."""
    heading, _rows = read_heading(Path(files.path_of(job.stored_as)))
    return heading


def _sources(job: ImportJob) -> Sources:
    return Sources(
        path=Path(files.path_of(job.stored_as)),
        wanted=job.mapping,
        rules=rules_from(job.options),
        brand_zone=str(clock.brand_zone()),
        with_receivers=job.mode == ImportMode.LIVE,
    )


def _fail(job_id: int, message: str) -> None:
    ImportJob.objects.filter(pk=job_id, state__in=[ImportState.CHECKING, ImportState.COMMITTING]).update(
        state=ImportState.FAILED, message=message[:2_000], finished_at=clock.now()
    )


def beat(job_id: int, lines_read: int) -> None:
    """Note how far the work is, outside its transaction, and that the worker is alive."""
    cache.set(f"import:{job_id}", lines_read, HEARTBEAT_SECONDS)


def lines_read(job_id: int) -> int | None:
    """How many lines the worker has read, or None when no worker was heard of for 90 seconds."""
    progress: int | None = cache.get(f"import:{job_id}")
    return progress


def stalled_imports() -> list[int]:
    """Jobs that wait for a worker which is no more."""
    waiting = ImportJob.objects.filter(state__in=[ImportState.CHECKING, ImportState.COMMITTING])
    return [job_id for job_id in waiting.order_by("id").values_list("id", flat=True) if lines_read(job_id) is None]
