"""Celery: the broker is a hint, the outbox in Postgres is the truth."""

from urllib.parse import parse_qsl, urlsplit

from celery.schedules import crontab

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
CELERY_TASK_DEFAULT_QUEUE = "banyan"
CELERY_BEAT_SCHEDULE = {
    "sweep-outboxes": {"task": "kernel.events.tasks.sweep_outboxes", "schedule": 30.0},
    "forget-old-messages-and-answers": {"task": "kernel.events.tasks.forget_everywhere", "schedule": 3_600.0},
    "forget-expired-sessions-and-tokens": {"task": "accounts.forget_expired_everywhere", "schedule": 21_600.0},
    "recount-quotas": {
        "task": "entitlements.recount_everywhere",
        "schedule": crontab(hour="18", minute="40"),
    },
    "look-after-attribution": {
        "task": "attribution.look_after_everywhere",
        "schedule": crontab(hour="16", minute="10"),
    },
    "note-ending-contracts": {"task": "agents.note_endings_everywhere", "schedule": crontab(hour="0", minute="20")},
    "evaluate-levels": {"task": "ranks.evaluate_levels_everywhere", "schedule": crontab(hour="17", minute="10")},
    "push-figures": {"task": "insights.push_figures_everywhere", "schedule": 3_600.0},
    "resume-imports": {"task": "orders.resume_imports_everywhere", "schedule": 60.0},
    "resume-catalog-imports": {"task": "catalog.resume_imports_everywhere", "schedule": 60.0},
    "settle-brands": {"task": "billing.settle_everyone", "schedule": 3_600.0},
    "sweep-stripe-inbox": {"task": "billing.sweep_stripe_inbox", "schedule": 60.0},
    "forget-handled-webhooks": {"task": "billing.prune_stripe_inbox", "schedule": 21_600.0},
    "compare-with-stripe": {"task": "billing.compare_with_stripe", "schedule": crontab(hour="19", minute="10")},
    "archive-due-brands": {"task": "billing.archive_due_brands", "schedule": 86_400.0},
    "resume-exports": {"task": "tenants.resume_exports", "schedule": 60.0},
    "delete-expired-exports": {"task": "tenants.delete_expired_exports", "schedule": 3_600.0},
    "drop-retained-schemas": {"task": "tenants.drop_retained_schemas", "schedule": crontab(hour="19", minute="20")},
    "look-after-own-domains": {"task": "tenants.look_after_domains", "schedule": 86_400.0},
}
