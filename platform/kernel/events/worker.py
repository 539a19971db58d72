"""Enter the brand, origin and actor of a message around its task."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery.signals import task_postrun, task_prerun
from django.core.exceptions import ObjectDoesNotExist

from kernel.events.brands import find_brand
from kernel.tenancy.actors import SYSTEM, Actor, current_actor, set_current_actor
from kernel.tenancy.context import current_brand, enter_brand, leave_brand, public_schema_name
from kernel.tenancy.origin import Origin, coming_from, current_origin
from kernel.tenancy.tasks import ACTOR_HEADER, ORIGIN_HEADER, SCHEMA_HEADER, PublicTask, header_of


@contextmanager
def _frame(task: Any) -> Iterator[None]:
    """Enter the message's context, and restore the former one. Eager tasks keep their caller's."""
    schema = header_of(task, SCHEMA_HEADER)
    former_tenant = current_brand()
    former_actor = current_actor()
    request_id, ip_address = header_of(task, ORIGIN_HEADER) or ("", None)
    kind, identity, label, role = header_of(task, ACTOR_HEADER) or (SYSTEM.kind, None, SYSTEM.label, SYSTEM.role)
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
    try:
        enter_brand(find_brand(schema))
    except ObjectDoesNotExist:
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
