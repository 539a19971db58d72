"""Run work on many parcels: started in a request, done by a worker, taken up again where one died."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Final

from django.core.files.base import File
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import DomainError, Invalid, NotFound, Text
from kernel.events import due, queue
from kernel.files import storage as files
from tenant_apps.shipping.models import ShippingJob
from tenant_apps.shipping.states import JobState

logger = logging.getLogger(__name__)

RESUME_WORK: Final = "shipping.resume_jobs"
STALLED_AFTER: Final = timedelta(minutes=2)
MAX_ITEMS: Final = 2_000
Item = Mapping[str, object]


class InvalidJob(Invalid):
    code = "invalid_job"
    title = _("A job works on 1 to 2,000 items")


class JobNotFound(NotFound):
    code = "job_not_found"
    title = _("No such job")


class JobTakenOver(Exception):
    """Another worker goes on with the job."""


@dataclass(frozen=True)
class Runner:
    """A kind of job. `work` does one item inside a transaction; `finish` may return a file to download.

    A DomainError of `work` is noted as the item's refusal. `label` names an item for people.
    """

    kind: str
    title: Text
    permission: str
    label: Callable[[Item], str]
    work: Callable[[Item, datetime], None] | None = None
    finish: Callable[[Sequence[Item], Mapping[str, object], Callable[[int], None]], bytes] | None = None
    suffix: str = ".pdf"


_runners: dict[str, Runner] = {}


def register(runner: Runner) -> None:
    _runners[runner.kind] = runner


def get_runner(kind: str) -> Runner:
    return _runners[kind]


@transaction.atomic
def start_job(*, kind: str, items: Sequence[Item], options: Mapping[str, object] | None = None, now: datetime) -> int:
    """Start a job of a registered kind and return its id. Raises InvalidJob."""
    if not 1 <= len(items) <= MAX_ITEMS:
        raise InvalidJob(field="items")
    given = {"language": translation.get_language() or "en", **(options or {})}
    rows = [dict(item) for item in items]
    job = ShippingJob.objects.create(kind=kind, items=rows, options=given, created_at=now, heartbeat_at=now)
    queue.after_commit("shipping.run_job", job.pk)
    due.note(RESUME_WORK, at=now + STALLED_AFTER)
    return job.pk


def get_job(*, job_id: int) -> ShippingJob:
    job = ShippingJob.objects.filter(pk=job_id).first()
    if job is None:
        raise JobNotFound
    return job


def open_result(*, job: ShippingJob) -> "File[bytes]":
    """Open the file that the job made. Raises JobNotFound where it made none, or not yet."""
    if not job.stored_as:
        raise JobNotFound(_("The job has made no file"))
    return files.open_file(job.stored_as)


def run_job(*, job_id: int) -> None:
    """Do what is left of a job. One that is over, or that another worker goes on with, is left alone."""
    job = ShippingJob.objects.filter(pk=job_id, state=JobState.RUNNING).first()
    if job is None:
        return
    runner = get_runner(job.kind)
    try:
        with translation.override(str(job.options.get("language") or "en")):
            if runner.work is not None:
                for index in range(job.done, job.total):
                    _do_item(job, runner, index)
            content = runner.finish(job.items, job.options, _heart(job)) if runner.finish else None
        _end(job, JobState.DONE, content, runner.suffix)
    except JobTakenOver:
        return
    except DomainError as refusal:
        _note_refusal(job, {}, "", str(refusal))
        _end(job, JobState.FAILED, None, "")
    except Exception:
        _end(job, JobState.FAILED, None, "")
        raise


def _do_item(job: ShippingJob, runner: Runner, index: int) -> None:
    """Do one item and note that it is done, in one transaction: a worker that dies does neither or both."""
    item = job.items[index]
    now = clock.now()
    try:
        with transaction.atomic():
            _step(job, index, now)
            if runner.work is not None:
                runner.work(item, now)
    except DomainError as refusal:
        details = "; ".join(dict.fromkeys(str(error.detail) for error in refusal.errors))
        with transaction.atomic():
            _step(job, index, now)
            _note_refusal(job, item, runner.label(item), details or str(refusal))


def _step(job: ShippingJob, index: int, now: datetime) -> None:
    """Count one item. Raises JobTakenOver when another worker did."""
    at_work = ShippingJob.objects.filter(pk=job.pk, state=JobState.RUNNING, done=index)
    if not at_work.update(done=F("done") + 1, heartbeat_at=now):
        raise JobTakenOver


def _note_refusal(job: ShippingJob, item: Item, label: str, detail: str) -> None:
    job.refusals.append({"item": dict(item), "label": label, "detail": detail})
    ShippingJob.objects.filter(pk=job.pk).update(refusals=job.refusals)


def _heart(job: ShippingJob) -> Callable[[int], None]:
    def beat(done: int) -> None:
        alive = ShippingJob.objects.filter(pk=job.pk, state=JobState.RUNNING)
        if not alive.update(done=done, heartbeat_at=clock.now()):
            raise JobTakenOver

    return beat


def _end(job: ShippingJob, state: JobState, content: bytes | None, suffix: str) -> None:
    stored = files.store(File(BytesIO(content)), folder="shipping", suffix=suffix) if content else ""
    ShippingJob.objects.filter(pk=job.pk, state=JobState.RUNNING).update(
        state=state, stored_as=stored, finished_at=clock.now(), heartbeat_at=clock.now()
    )


def resume_jobs(*, now: datetime) -> None:
    """Queue the jobs again whose worker died."""
    stalled = ShippingJob.objects.filter(state=JobState.RUNNING, heartbeat_at__lte=now - STALLED_AFTER)
    for job_id in stalled.order_by("id").values_list("id", flat=True):
        queue.after_commit("shipping.run_job", job_id)


def next_look(now: datetime) -> datetime | None:
    """Return when to look for stalled jobs; None while none runs."""
    running = ShippingJob.objects.filter(state=JobState.RUNNING).exists()
    return now + STALLED_AFTER if running else None
