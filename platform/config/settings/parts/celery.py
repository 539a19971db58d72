"""Celery: the broker is a hint, the outbox in Postgres is the truth."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from celery.schedules import crontab
from kombu import Queue

from config.settings.parts.redis import REDIS_URL


def broker_url(redis_url: str) -> str:
    """The same Redis in the form Kombu wants: a socket is `redis+socket://path?virtual_host=db`."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.path}?virtual_host={database}"


CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 1_800
CELERY_TASK_TIME_LIMIT = 2_000
# A task killed in the middle comes back after this long; it must be longer than the longest task may run.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 2_400}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
# A lost broker gives the task to somebody else later; the one at work may finish, since tasks are idempotent.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Each task declares its queue: `events` (somebody waits), `housekeeping` (nobody does), `long` (imports, archives).
# Events have workers of their own, so that no sweep and no import stands in front of an order's commission.
CELERY_TASK_QUEUES = [Queue("events"), Queue("housekeeping"), Queue("long")]  # a worker without -Q takes all
CELERY_TASK_DEFAULT_QUEUE = "housekeeping"


def _every(task: str, seconds: float) -> dict[str, Any]:
    """Return an entry whose message is worth nothing once the next one is sent."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


def _daily(task: str, hour: int, minute: int) -> dict[str, Any]:
    return {"task": task, "schedule": crontab(hour=str(hour), minute=str(minute)), "options": {"expires": 86_400}}


# None of these sends a message to each brand: what brands have to do is due work (kernel.events.due).
CELERY_BEAT_SCHEDULE = {
    "dispatch-due-work": _every("kernel.events.tasks.dispatch_due", 10.0),
    "sweep-for-lost-work": _every("kernel.events.tasks.start_sweep", 3_600.0),
    "measure-schemas": _every("insights.measure_schemas", 3_600.0),
    "sync-billing-statuses": _every("billing.sync_all_billing_statuses", 3_600.0),
    "forget-handled-webhooks": _every("billing.prune_stripe_inbox", 21_600.0),
    "compare-with-stripe": _daily("billing.compare_with_stripe", 19, 10),
    "archive-due-brands": _every("billing.archive_due_brands", 86_400.0),
    "delete-expired-exports": _every("tenants.delete_expired_exports", 3_600.0),
    "drop-retained-schemas": _daily("tenants.drop_retained_schemas", 19, 20),
    "recheck-own-domains": _every("tenants.recheck_domains", 86_400.0),
}
