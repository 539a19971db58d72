"""Doing an import: the dry run and the commit, by a worker that may be killed at any moment."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import DomainError
from kernel.files import storage as files
from tenant_apps.orders.models import Channel, ImportJob
from tenant_apps.orders.models.imports import RUNNING, ImportMode, ImportState
from tenant_apps.orders.services.imports import history, jobs, live, progress
from tenant_apps.orders.services.imports.collecting import FileReader, Sources, collect
from tenant_apps.orders.services.imports.issues import IssueWriter, issue_list
from tenant_apps.orders.services.imports.lines import Line
from tenant_apps.orders.services.imports.mapping import rules_from
from tenant_apps.orders.services.imports.planning import (
    Outcome,
    Plan,
    find_imported,
    load_plan,
    make_plan,
    store_plan,
)


def run(*, job_id: int, now: datetime) -> None:
    """Do what the job's state asks for: the dry run or the commit. A job that waits for nothing is left alone.

    Two workers with the same job: the second leaves (or meets the first one's orders and skips them). A worker killed
    in the middle leaves the state as it was; the sweeper queues the job again.
    """
    try:
        if ImportJob.objects.filter(pk=job_id, mode=ImportMode.LIVE).exists():
            _run_live(job_id, now=now)
        else:
            with transaction.atomic():
                job = _waiting(job_id).select_for_update(skip_locked=True, of=("self",)).first()
                if job is not None:
                    _run_history(job)
    except DomainError as error:
        _fail(job_id, str(error))
    except Exception:
        _fail(job_id, str(_("The import stopped by a fault of ours. Please try again; nothing is imported twice.")))
        raise


def _waiting(job_id: int) -> QuerySet[ImportJob]:
    return ImportJob.objects.select_related("channel").filter(pk=job_id, state__in=RUNNING)


def _run_live(job_id: int, *, now: datetime) -> None:
    """Each order is a transaction of its own, so that hours of orders hold no locks. A dry run rolls each one back."""
    job = _waiting(job_id).first()
    if job is None or not progress.claim(job_id):
        return
    rehearsal = job.state == ImportState.CHECKING
    try:
        with issue_list() as issues:
            reader = FileReader(_sources(job), issues=issues, report=lambda read: progress.beat(job_id, read))
            outcome = live.place_orders(
                collect(reader),
                job=job,
                issues=issues,
                now=now,
                rehearsal=rehearsal,
                alive=lambda: progress.hold(job_id),
            )
            finish(job, issues=issues, total_lines=reader.total_lines, outcome=outcome)
    finally:
        progress.let_go(job_id)


def _run_history(job: ImportJob) -> None:
    """The dry run makes the plan; the commit carries it out, less what came in by another file meanwhile."""
    sources = _sources(job)
    with issue_list() as issues, _collector_paused():
        if job.state == ImportState.CHECKING:
            reader = FileReader(sources, issues=issues, report=lambda read: progress.beat(job.pk, read))
            collected = collect(reader)
            history.drop_already_imported(collected, channel=job.channel.code, issues=issues)
            plan = make_plan(collected)
            _forget(job.plan_stored_as)
            job.plan_stored_as = store_plan(plan)
        else:
            # Two files of one channel at once would race for the same order numbers.
            channel = Channel.objects.select_for_update().get(pk=job.channel.pk)
            plan = load_plan(job.plan_stored_as)
            reader = FileReader(sources, issues=issues)  # it reads in a thread, which does not know the brand
            lines = _without_known(reader, plan, channel.code, issues)
            history.commit_orders(
                plan,
                lines,
                channel=channel,
                rules=sources.rules,
                job_id=job.pk,
                report=lambda: progress.beat(job.pk, reader.total_lines),
            )
        finish(job, issues=issues, total_lines=reader.total_lines, outcome=plan.outcome())


def _without_known(reader: FileReader, plan: Plan, channel: str, issues: IssueWriter) -> Iterator[Line]:
    """The lines of planned orders. Orders the channel has leave the plan, and their lines go to the issues."""
    for number in find_imported(list(plan.orders), channel=channel):
        del plan.orders[number]

    def lines() -> Iterator[Line]:
        for line in reader.lines():
            if line.order_number in plan.orders:
                yield line
            else:
                history.write_already_imported(issues, line)

    return lines()


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


@transaction.atomic
def finish(job: ImportJob, *, issues: IssueWriter, total_lines: int, outcome: Outcome) -> None:
    """Write the result into the job and move it on."""
    wanted = ImportState.CHECKED if job.state == ImportState.CHECKING else ImportState.COMMITTED
    for name, value in asdict(outcome).items():
        setattr(job, name, value)
    job.total_lines = total_lines
    job.refused_lines = issues.count
    job.reasons = dict(issues.reasons.most_common())
    _forget(job.issues_stored_as)
    job.issues_stored_as = issues.store()
    job.state = wanted
    job.finished_at = clock.now()
    job.message = ""
    job.save()
    audit.record(action=f"orders.import_{job.state}", subject=f"import:{job.pk}", after=jobs.summary_of(job))


def _forget(stored_as: str) -> None:
    """Delete a file that the job no longer names, once it is certain that it does not."""
    if stored_as:
        transaction.on_commit(lambda: files.delete_file(stored_as))


def _sources(job: ImportJob) -> Sources:
    return Sources(
        path=Path(files.path_of(job.stored_as)),
        wanted=job.mapping,
        rules=rules_from(job.options),
        brand_zone=str(clock.brand_zone()),
        with_receivers=job.mode == ImportMode.LIVE,
    )


def _fail(job_id: int, message: str) -> None:
    ImportJob.objects.filter(pk=job_id, state__in=RUNNING).update(
        state=ImportState.FAILED, message=message[:2_000], finished_at=clock.now()
    )


def next_look(now: datetime) -> datetime | None:
    """Return when to look after imports that run; None when none does."""
    return now + jobs.LOOKED_AFTER_EVERY if ImportJob.objects.filter(state__in=RUNNING).exists() else None


def stalled_imports() -> list[int]:
    """Return the jobs that wait for a worker which is no more."""
    waiting = ImportJob.objects.filter(state__in=RUNNING)
    return [
        job_id for job_id in waiting.order_by("id").values_list("id", flat=True) if progress.lines_read(job_id) is None
    ]
