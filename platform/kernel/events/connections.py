"""Keep a worker's database connections between tasks.

Celery's fix-up for Django closes them around every task, which costs two new Postgres sessions per message. Here they
live as those of requests do, for CONN_MAX_AGE at most.
"""

import os
from importlib import import_module
from typing import Any

from django.db import connections

celery_django: Any = import_module("celery.fixups.django")  # its type stubs are older than it


class KeepingWorkerFixup(celery_django.DjangoWorkerFixup):  # type: ignore[misc]
    def close_database(self, **_: object) -> None:
        """Close broken and expired connections; called before and after each task."""
        for connection in connections.all(initialized_only=True):
            connection.close_if_unusable_or_obsolete()


class KeepingFixup(celery_django.DjangoFixup):  # type: ignore[misc]
    _worker_fixup: Any = None

    @property
    def worker_fixup(self) -> Any:
        if self._worker_fixup is None:  # not before a worker starts: it reads the settings
            self._worker_fixup = KeepingWorkerFixup(self.app)
        return self._worker_fixup


def fixup(app: Any) -> Any:
    return KeepingFixup(app).install() if os.environ.get("DJANGO_SETTINGS_MODULE") else None
