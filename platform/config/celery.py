"""The Celery application: `celery -A config.celery worker`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

# A task that nobody marked as the platform's own belongs to a brand, and refuses to run without one.
app = Celery("banyan", task_cls="kernel.tenancy.tasks:BrandTask", fixups=["kernel.events.connections:fixup"])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
