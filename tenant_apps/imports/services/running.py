"""Doing a job: dry run, commit and undo, by a worker that may be killed at any moment."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, DomainError
from kernel.core.states import compare_and_set
from kernel.files import storage as files
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.selectors import list_running_ids
from tenant_apps.imports.services import jobs, lease
from tenant_apps.imports.services.importer import (
    Importer,
    JobFacts,
    Outcome,
    Run,
    get_importer,
    rows_again,
)
from tenant_apps.imports.services.issues import FOLDER, IssueWriter, issue_list
from tenant_apps.imports.states import RUNNING, ImportState

BROKEN: Final = _("The import stopped by a fault of ours. Please try again; nothing is imported twice.")


class ImportCancelled(Conflict):
    """The user gave the job up while a worker was at it."""

    code = "import_cancelled"
    title = _("Cancelled")


class RowsRefused(Conflict):
    """Rows that were good in the dry run are not any more."""

    code = "rows_refused"
    title = _("Rows that could be imported before cannot now. Nothing was imported; see the list.")


@dataclass
class _Work:
    """One step at work: job, importer, run and outcome."""

    job: ImportJob
    importer: Importer[Any, Any]
    run: Run
    outcome: Outcome = field(default_factory=Outcome)


def run(*, job_id: int, now: datetime, raises: bool = False) -> None:
    """Do what the job's state asks for. A job that waits for nothing, or that another worker has, is left alone.

    A worker killed in the middle leaves the state as it was; the sweeper queues the job again. Should two work on one
    job all the same, the later finds the state changed and takes back what it wrote. A refusal is noted in the job;
    with `raises` it is raised besides, for who does the work within a request.
    """
    job = ImportJob.objects.filter(pk=job_id, state__in=RUNNING).first()
    if job is None or not (token := lease.take_lease(job_id)):
        return
    state = ImportState(job.state)
    step = {ImportState.CHECKING: _check, ImportState.COMMITTING: _commit, ImportState.UNDOING: _undo}[state]
    try:
        with issue_list() as issues, _collector_paused():
            work = _work(job, issues, now)
            try:
                step(work)
            except RowsRefused as refusal:
                _note_refusals(work)
                _leave(job_id, state, ImportState.FAILED, str(refusal))
                if raises:
                    raise
    except ImportCancelled:
        _leave(job_id, state, ImportState.CANCELLED, "")
    except DomainError as refusal:
        following = ImportState.COMMITTED if state == ImportState.UNDOING else ImportState.FAILED
        details = "; ".join(dict.fromkeys(str(error.detail) for error in refusal.errors))
        _leave(job_id, state, following, details or str(refusal))
        if raises:
            raise
    except Exception:
        following = ImportState.COMMITTED if state == ImportState.UNDOING else ImportState.FAILED
        _leave(job_id, state, following, str(BROKEN))
        raise
    finally:
        lease.release(job_id, token)


def _work(job: ImportJob, issues: IssueWriter, now: datetime) -> _Work:
    state = ImportState(job.state)
    undoing = state == ImportState.UNDOING
    attachment = job.attachment_stored_as
    facts = JobFacts(job.pk, job.mode, job.channel, job.options, job.result)
    return _Work(
        job,
        get_importer(job.kind),
        Run(
            job=facts,
            now=now,
            zone=clock.brand_zone(),
            is_dry_run=state == ImportState.CHECKING,
            issues=issues,
            heartbeat=lambda rows: _heartbeat(job.pk, rows),
            attachment=Path(files.path_of(attachment)) if attachment else None,
            source=None if undoing else jobs.open_source(job),
        ),
    )


def _check(work: _Work) -> None:
    """Plan, and write into a transaction that is rolled back: what passes here can be written."""
    importer = work.importer
    run = work.run
    stored = b""
    is_atomic = importer.is_atomic(run.job)
    with transaction.atomic() if is_atomic else nullcontext():
        plan = importer.plan(importer.read(run), run)
        work.outcome = importer.summarise(plan, run)
        if not importer.dry_run_writes(run.job):
            stored = importer.dump_plan(plan, run)
        elif not (importer.is_whole and run.issues.lines):
            work.outcome = importer.write(plan, run)
        if is_atomic:
            transaction.set_rollback(True)
    _forget(work.job.plan_stored_as)
    work.job.plan_stored_as = files.store(File(BytesIO(stored)), folder=FOLDER, suffix=".plan") if stored else ""
    _finish(work, ImportState.CHECKED)


def _commit(work: _Work) -> None:
    if work.importer.is_atomic(work.run.job):
        with transaction.atomic():
            _write(work)
    else:
        _write(work)


def _write(work: _Work) -> None:
    importer = work.importer
    run = work.run
    if work.job.plan_stored_as:
        with files.open_file(work.job.plan_stored_as) as stream:
            plan = importer.load_plan(stream.read(), run)
    else:
        plan = importer.plan(importer.read(run), run)
    if importer.is_whole and run.issues.lines:
        raise RowsRefused
    work.outcome = importer.write(plan, run)
    _finish(work, ImportState.COMMITTED)


def _undo(work: _Work) -> None:
    with transaction.atomic():
        work.importer.undo(work.run)
        _move(work.job, ImportState.UNDONE, result={})


def _finish(work: _Work, wanted: ImportState) -> None:
    """Write the result into the job and move it on."""
    job = work.job
    run = work.run
    total = run.source.total_rows if run.source else 0
    imported = work.outcome.imported_rows
    with transaction.atomic():
        _forget(job.issues_stored_as)
        _move(
            job,
            wanted,
            total_rows=total,
            skipped_rows=run.source.skipped_rows if run.source else 0,
            imported_rows=total - run.issues.count if imported is None else imported,
            refused_rows=run.issues.count,
            reasons=dict(run.issues.reasons.most_common()),
            figures=dict(work.outcome.figures),
            result=dict(work.outcome.result) if wanted == ImportState.COMMITTED else {},
            preview=run.preview if wanted == ImportState.CHECKED else job.preview,
            issues_stored_as=_store_issues(job, run.issues),
            plan_stored_as=job.plan_stored_as if wanted == ImportState.CHECKED else "",
        )
        if wanted == ImportState.COMMITTED:
            _forget(job.plan_stored_as)


def _move(job: ImportJob, wanted: ImportState, **updates: Any) -> None:
    of_one = ImportJob.objects.filter(pk=job.pk)
    now = clock.now()
    compare_and_set(of_one, expected=job.state, wanted=wanted, finished_at=now, message="", **updates)
    job.refresh_from_db()
    audit.record(action=f"imports.{wanted.value}", subject=jobs.subject_of(job), after=jobs.summary_of(job))


def _note_refusals(work: _Work) -> None:
    """Keep the list of rows that were refused at the commit; everything else was rolled back."""
    issues = work.run.issues
    ImportJob.objects.filter(pk=work.job.pk).update(
        issues_stored_as=_store_issues(work.job, issues),
        reasons=dict(issues.reasons.most_common()),
        refused_rows=issues.count,
    )


def _store_issues(job: ImportJob, issues: IssueWriter) -> str:
    return issues.store(lambda: rows_again(jobs.open_source(job)))


def _forget(stored_as: str) -> None:
    """Delete a file that the job no longer names, once it is certain that it does not."""
    if stored_as:
        transaction.on_commit(lambda: files.delete_file(stored_as))


def _leave(job_id: int, state: ImportState, wanted: ImportState, message: str) -> None:
    """Move a job on that did not come to its end. Another worker may have been faster."""
    moved = ImportJob.objects.filter(pk=job_id, state=state).update(
        state=wanted, message=message[:2_000], finished_at=clock.now(), is_cancel_requested=False
    )
    if moved:
        audit.record(action=f"imports.{wanted.value}", subject=f"import:{job_id}", after={"message": message[:500]})


def _heartbeat(job_id: int, rows: int) -> None:
    lease.renew_lease(job_id, rows)
    if ImportJob.objects.filter(pk=job_id, is_cancel_requested=True).exists():
        raise ImportCancelled


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Half a million lines hold no cycles; looking through them again and again took half of the reading's time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def find_stalled() -> list[int]:
    """Return the jobs that wait for a worker which is no more."""
    return [job_id for job_id in list_running_ids() if lease.find_progress(job_id) is None]


def next_look(now: datetime) -> datetime | None:
    """Return when to look after jobs that run; None when none does."""
    return now + jobs.LOOK_AFTER if list_running_ids() else None


def next_forgetting(now: datetime) -> datetime | None:
    """Return a day from now while any job keeps files; None when none does."""
    keeps_files = ImportJob.objects.exclude(stored_as="", issues_stored_as="").exists()
    return now + timedelta(days=1) if keeps_files else None


def forget_uploads(*, now: datetime) -> int:
    """Delete the files of jobs that nobody touched for IMPORT_RETENTION_DAYS; the jobs' figures stay.

    Returns how many jobs lost their files. A cancelled upload goes at once.
    """
    before = now - timedelta(days=settings.IMPORT_RETENTION_DAYS)
    stale = ImportJob.objects.exclude(state__in=RUNNING).exclude(stored_as="", issues_stored_as="")
    count = 0
    for job in stale.order_by("id"):
        touched = job.finished_at or job.created_at
        if touched > before and job.state != ImportState.CANCELLED:
            continue
        names = (job.stored_as, job.attachment_stored_as, job.plan_stored_as, job.issues_stored_as)
        with transaction.atomic():
            ImportJob.objects.filter(pk=job.pk, state=job.state).update(
                stored_as="", attachment_stored_as="", plan_stored_as="", issues_stored_as="", preview=[]
            )
            for name in names:
                _forget(name)
        count += 1
    return count
