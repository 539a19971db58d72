"""The product's Celery application with a counter: how many messages its workers took, how many statements they sent.

Workers are started with it (`celery -A tests.benchmarks.counting_worker worker`) and write into a hash in Redis.
"""

from typing import Any

from celery.signals import task_postrun, task_prerun
from django.db import connections
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from config.celery import app
from kernel.core import counters

__all__ = ["app"]

HASH = "bench:idle"
_statements = 0


def _count(execute: Any, *given: Any) -> Any:
    global _statements
    _statements += 1
    return execute(*given)


@receiver(connection_created, weak=False)
def _watch(connection: Any, **_: Any) -> None:
    if _count not in connection.execute_wrappers:
        connection.execute_wrappers.append(_count)


@task_prerun.connect(weak=False)
def _begin(**_: Any) -> None:
    global _statements
    for connection in connections.all(initialized_only=True):
        _watch(connection)
    _statements = 0


@task_postrun.connect(weak=False)
def _end(**_: Any) -> None:
    pipeline = counters.client().pipeline(transaction=False)
    pipeline.hincrby(HASH, "messages", 1)
    pipeline.hincrby(HASH, "statements", _statements)
    pipeline.execute()
