"""Run imports, look after those whose worker died, delete uploads after their time."""

from datetime import datetime

from kernel.core import clock
from kernel.events import queue
from kernel.events.due import due_work
from kernel.tenancy.tasks import brand_task
from tenant_apps.imports.services import running


@brand_task(name="imports.run", queue=queue.LONG)
def run_import(job_id: int) -> None:
    """Do what the job's state asks for."""
    running.run(job_id=job_id, now=clock.now())


@due_work("imports.resume", queue=queue.HOUSEKEEPING, find=running.next_look)
def resume_imports(now: datetime) -> datetime | None:
    """Queue the jobs again whose worker died: every minute while one runs."""
    for job_id in running.find_stalled():
        queue.after_commit("imports.run", job_id)
    return running.next_look(now)


@due_work("imports.forget_uploads", queue=queue.HOUSEKEEPING, find=running.next_forgetting, writes=False)
def forget_uploads(now: datetime) -> datetime | None:
    """Delete the files of jobs that nobody touched for a month: daily while there are any."""
    running.forget_uploads(now=now)
    return running.next_forgetting(now)
