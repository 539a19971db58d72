"""Background work of billing. Celery imports this package, and by it every file with tasks."""

from shared_apps.billing.tasks import lifecycle, stripe

__all__ = ["lifecycle", "stripe"]
