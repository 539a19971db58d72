"""Celery entry of shipping."""

from datetime import datetime

from kernel.events import queue
from kernel.events.due import due_work
from kernel.tenancy.tasks import brand_task
from tenant_apps.shipping.services import jobs, tracking


@brand_task(name="shipping.run_job", queue=queue.LONG)
def run_job(job_id: int) -> None:
    jobs.run_job(job_id=job_id)


@due_work(jobs.RESUME_WORK, queue=queue.HOUSEKEEPING, find=jobs.next_look)
def resume_jobs(now: datetime) -> datetime | None:
    """Queue the jobs again whose worker died: every two minutes while one runs."""
    jobs.resume_jobs(now=now)
    return jobs.next_look(now)


@due_work(tracking.POLL_WORK, queue=queue.LONG, find=tracking.next_poll)
def poll_tracks(now: datetime) -> datetime | None:
    """Ask carriers for the parcels on their way, each every two hours."""
    tracking.poll_tracks(now=now)
    return tracking.next_poll(now)
