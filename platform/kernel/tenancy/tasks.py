"""Run background tasks in the schema of the brand that their message names.

A task that belongs to a brand and does not know which one fails: it never runs in public.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import uniform
from typing import Any, ClassVar, ParamSpec, TypeVar, overload

from celery import Task, shared_task
from celery.contrib.django.task import DjangoTask
from celery.signals import before_task_publish, task_postrun, task_prerun
from django_tenants.utils import get_tenant_model

from kernel.tenancy.actors import SYSTEM, Actor, current_actor, set_current_actor
from kernel.tenancy.context import (
    current_brand,
    current_schema,
    enter_brand,
    find_brand,
    is_public,
    leave_brand,
    may_write,
    public_schema,
    public_schema_name,
    ready_schemas,
)
from kernel.tenancy.origin import Origin, coming_from, current_origin

logger = logging.getLogger(__name__)

P = ParamSpec("P")
ResultT = TypeVar("ResultT")

SCHEMA_HEADER = "brand_schema"
ORIGIN_HEADER = "brand_origin"
ACTOR_HEADER = "brand_actor"


class BrandTaskRefused(RuntimeError):
    """A brand's task without a brand to run for: no schema header, or the brand is gone."""


class BrandTask(DjangoTask[..., Any]):
    """A task that works for one brand. It fails, and touches nothing, when it does not know which one.

    One that `writes` (all do unless they say why not) is skipped while its brand may not write: the sweep that comes
    round after a payment finds the work where it was left.
    """

    abstract = True
    writes: ClassVar[bool] = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run in the brand's schema. Raises BrandTaskRefused; an exception in a signal would only be logged."""
        refusal = getattr(self.request, "brand_refusal", "")
        if not refusal and is_public():
            refusal = "it carries no brand and must not run in public"
        wanted = _header(self, SCHEMA_HEADER)
        if not refusal and wanted and wanted != current_schema():
            refusal = f"it belongs to {wanted} and found itself in {current_schema()}"
        if refusal:
            raise BrandTaskRefused(f"{self.name}: {refusal}")
        if self.writes and not may_write():
            logger.info("%s skipped: %s may not write now", self.name, current_schema())
            return None
        return super().__call__(*args, **kwargs)


class PublicTask(DjangoTask[..., Any]):
    """A task of the platform itself. It runs in public wherever it was sent from."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with public_schema():
            return super().__call__(*args, **kwargs)


@overload
def brand_task(function: Callable[P, ResultT], /) -> "Task[P, ResultT]": ...
@overload
def brand_task(**options: Any) -> "Callable[[Callable[P, ResultT]], Task[P, ResultT]]": ...
def brand_task(*args: Any, **options: Any) -> Any:
    """`@brand_task` or `@brand_task(name=…, …)`: a shared Celery task that runs for one brand.

    `writes=False` lets it run in a brand that may only read: what reads, keeps house, or finishes what was promised.
    """
    return shared_task(*args, **{"base": BrandTask, **options})


@overload
def public_task(function: Callable[P, ResultT], /) -> "Task[P, ResultT]": ...
@overload
def public_task(**options: Any) -> "Callable[[Callable[P, ResultT]], Task[P, ResultT]]": ...
def public_task(*args: Any, **options: Any) -> Any:
    """`@public_task` or `@public_task(…)`: a shared Celery task of the platform."""
    return shared_task(*args, **{"base": PublicTask, **options})


def send_to_brand(task: Any, schema: str, *args: Any, countdown: float | None = None) -> None:
    """Queue `task` for the brand that owns `schema`, whoever sends it."""
    task.apply_async(args=args, headers={SCHEMA_HEADER: schema}, countdown=countdown)


def for_each_ready_brand(task: Any, *args: Any, spread_seconds: float = 0) -> int:
    """Queue `task` once for every ready brand, spread at random over some seconds; returns how many.

    A task that writes goes only to brands that may write.
    """
    schemas = ready_schemas(writing=getattr(task, "writes", True))
    for schema in schemas:
        send_to_brand(task, schema, *args, countdown=uniform(0, spread_seconds) if spread_seconds else None)  # noqa: S311
    return len(schemas)


def _header(task: Any, name: str) -> Any:
    request = task.request
    return request.get(name) or (request.get("headers") or {}).get(name)


@before_task_publish.connect(weak=False)
def _stamp(headers: dict[str, Any] | None = None, **_: object) -> None:
    """Write brand, origin and actor on every message, including links of chains and retries."""
    if headers is None:
        return
    actor = current_actor()
    origin = current_origin()
    headers.setdefault(SCHEMA_HEADER, current_schema())
    headers.setdefault(ORIGIN_HEADER, [origin.request_id, origin.ip_address])
    # Permissions stay behind: what is queued has been authorised already.
    headers.setdefault(ACTOR_HEADER, [actor.kind, actor.id, actor.label, actor.role])


@contextmanager
def _frame(task: Any) -> Iterator[None]:
    """Enter what the message says, and put everything back. Eager tasks stay where their caller is."""
    schema = _header(task, SCHEMA_HEADER)
    former_tenant = current_brand()
    former_actor = current_actor()
    request_id, ip_address = _header(task, ORIGIN_HEADER) or ("", None)
    kind, identity, label, role = _header(task, ACTOR_HEADER) or (SYSTEM.kind, None, SYSTEM.label, SYSTEM.role)
    try:
        if not task.request.is_eager:
            leave_brand()
            set_current_actor(Actor(kind=kind, id=identity, label=label, role=role))
        if schema and schema != public_schema_name() and not isinstance(task, PublicTask):
            _enter(task, schema)
        with coming_from(Origin(request_id, ip_address) if request_id else current_origin()):
            yield
    finally:
        set_current_actor(former_actor)
        if former_tenant is None:
            leave_brand()
        else:
            enter_brand(former_tenant)


def _enter(task: Any, schema: str) -> None:
    brands = get_tenant_model()
    try:
        enter_brand(find_brand(schema))
    except brands.DoesNotExist:
        leave_brand()
        task.request.brand_refusal = f"no brand owns the schema {schema}"


@task_prerun.connect(weak=False)
def _enter_task(task: Any = None, **_: object) -> None:
    frame = _frame(task)
    frame.__enter__()
    task.request.brand_frame = frame


@task_postrun.connect(weak=False)
def _leave_task(task: Any = None, **_: object) -> None:
    frame = getattr(task.request, "brand_frame", None)
    if frame is not None:
        task.request.brand_frame = None
        frame.__exit__(None, None, None)
