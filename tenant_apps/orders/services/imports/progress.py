"""How far an import is: kept in the cache, since the work itself is one transaction that nobody sees into."""

from django.core.cache import cache

HEARTBEAT_SECONDS = 90


def beat(job_id: int, lines_read: int) -> None:
    """Note how far the work is, outside its transaction, and that the worker is alive."""
    cache.set(f"import:{job_id}", lines_read, HEARTBEAT_SECONDS)


def lines_read(job_id: int) -> int | None:
    """How many lines the worker has read, or None when no worker was heard of for 90 seconds."""
    progress: int | None = cache.get(f"import:{job_id}")
    return progress


def claim(job_id: int) -> bool:
    """Take the job for this worker; False when another one has it. Given up after 90 seconds without `hold`."""
    return bool(cache.add(f"import-run:{job_id}", 1, HEARTBEAT_SECONDS))


def hold(job_id: int) -> None:
    """Keep the claim, and say that the worker is alive."""
    beat(job_id, lines_read(job_id) or 0)
    cache.touch(f"import-run:{job_id}", HEARTBEAT_SECONDS)


def let_go(job_id: int) -> None:
    """Give the claim up."""
    cache.delete(f"import-run:{job_id}")
