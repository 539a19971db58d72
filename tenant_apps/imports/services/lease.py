"""Leases and progress of jobs at work, in the cache: the work is one transaction that nobody sees into."""

import secrets
from typing import Final

from django.core.cache import cache

LEASE_SECONDS: Final = 90


def note_progress(job_id: int, rows_read: int) -> None:
    """Note how far the work is. Also says for 90 seconds that somebody is at it, or will be."""
    cache.set(f"import:{job_id}", rows_read, LEASE_SECONDS)


def find_progress(job_id: int) -> int | None:
    """The number of rows read; None when no worker was heard of for 90 seconds."""
    progress: int | None = cache.get(f"import:{job_id}")
    return progress


def take_lease(job_id: int) -> str:
    """A token for this worker; "" while another one has the job. Ends 90 seconds after it was renewed last."""
    token = secrets.token_hex(8)
    return token if cache.add(f"import-lease:{job_id}", token, LEASE_SECONDS) else ""


def renew_lease(job_id: int, rows_read: int) -> None:
    """Keep the lease, and note the progress."""
    note_progress(job_id, rows_read)
    cache.touch(f"import-lease:{job_id}", LEASE_SECONDS)


def release(job_id: int, token: str) -> None:
    """Give the lease back, unless it ended and is another worker's by now."""
    if cache.get(f"import-lease:{job_id}") == token:
        cache.delete(f"import-lease:{job_id}")
