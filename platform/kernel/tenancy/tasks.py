"""Run background tasks in the schema of the brand that their message names.

A brand's task without a brand fails: it never runs in public.
"""

import logging
from collections.abc import Callable
from typing import Any, ClassVar, ParamSpec, TypeVar, overload

from celery import Task, shared_task
from celery.contrib.django.task import DjangoTask
from celery.signals import before_task_publish

from kernel.tenancy.actors import current_actor
from kernel.tenancy.context import current_schema, is_public, may_write, public_schema
from kernel.tenancy.origin import current_origin

logger = logging.getLogger(__name__)

P = ParamSpec("P")
ResultT = TypeVar("ResultT")

SCHEMA_HEADER = "brand_schema"
ORIGIN_HEADER = "brand_origin"
ACTOR_HEADER = "brand_actor"


class BrandTaskRefused(RuntimeError):
    """A brand's task without a schema header, or of a deleted brand."""


class BrandTask(DjangoTask[..., Any]):
    """A task of one brand. Fails before any effect if the brand is unknown.

    Tasks that write (the default) are skipped while the brand may not write; due work is noted again once it may.
    """

    abstract = True
    writes: ClassVar[bool] = True

    def __call__(self, *args: object, **kwargs: object) -> Any:
        """Run in the brand's schema. Raises BrandTaskRefused; an exception in a signal would only be logged."""
        refusal = getattr(self.request, "brand_refusal", "")
        if not refusal and is_public():
            refusal = "it carries no brand and must not run in public"
        wanted = header_of(self, SCHEMA_HEADER)
        if not refusal and wanted and wanted != current_schema():
            refusal = f"it belongs to {wanted} and found itself in {current_schema()}"
        if refusal:
            raise BrandTaskRefused(f"{self.name}: {refusal}")
        if self.writes and not may_write():
            logger.info("%s skipped: %s may not write now", self.name, current_schema())
            return None
        return super().__call__(*args, **kwargs)


class PublicTask(DjangoTask[..., Any]):
    """A task of the platform. Runs in public regardless of the sender's schema."""

    abstract = True

    def __call__(self, *args: object, **kwargs: object) -> Any:
        with public_schema():
            return super().__call__(*args, **kwargs)


@overload
def brand_task(function: Callable[P, ResultT], /) -> "Task[P, ResultT]": ...
@overload
def brand_task(**options: Any) -> "Callable[[Callable[P, ResultT]], Task[P, ResultT]]": ...
def brand_task(*args: Any, **options: Any) -> Any:
    """Create a shared Celery task of a brand: `@brand_task(name=…, queue=…)`.

    `writes=False` lets it run in a read-only brand: reads, housekeeping, and work already promised.
    """
    return shared_task(*args, **{"base": BrandTask, **options})


@overload
def public_task(function: Callable[P, ResultT], /) -> "Task[P, ResultT]": ...
@overload
def public_task(**options: Any) -> "Callable[[Callable[P, ResultT]], Task[P, ResultT]]": ...
def public_task(*args: Any, **options: Any) -> Any:
    """Create a shared Celery task of the platform: `@public_task(name=…, queue=…)`."""
    return shared_task(*args, **{"base": PublicTask, **options})


def header_of(task: Any, name: str) -> Any:
    request = task.request
    return request.get(name) or (request.get("headers") or {}).get(name)


@before_task_publish.connect(weak=False)
def _stamp(headers: dict[str, Any] | None = None, **_: object) -> None:
    """Add brand, origin and actor to every message, including those of chains and retries."""
    if headers is None:
        return
    actor = current_actor()
    origin = current_origin()
    headers.setdefault(SCHEMA_HEADER, current_schema())
    headers.setdefault(ORIGIN_HEADER, [origin.request_id, origin.ip_address])
    # Permissions stay behind: what is queued has been authorised already.
    headers.setdefault(ACTOR_HEADER, [actor.kind, actor.id, actor.label, actor.role])
