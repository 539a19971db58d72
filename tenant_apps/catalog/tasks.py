"""Run imports, and look after those whose worker died."""

from datetime import datetime

from kernel.core import clock
from kernel.events import queue
from kernel.events.due import due_work
from kernel.tenancy.tasks import brand_task
from tenant_apps.catalog.services.sheets import running


@brand_task(name="catalog.run_import", queue=queue.LONG)
def run_import(job_id: int) -> None:
    """Do the dry run or the commit that the job's state asks for."""
    running.run(job_id=job_id, now=clock.now())


@due_work("catalog.resume_imports", queue=queue.HOUSEKEEPING, find=running.next_look)
def resume_imports(now: datetime) -> datetime | None:
    """Queue the imports again whose worker died: every minute while one runs."""
    for job_id in running.stalled_imports(now=now):
        queue.after_commit("catalog.run_import", job_id)
    return running.next_look(now)
