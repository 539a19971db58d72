"""Origin of the current work: the request's id and network address, for logs, audit and tasks."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """`request_id` is "" outside a request and its tasks; `ip_address` is None without a remote caller."""

    request_id: str = ""
    ip_address: str | None = None


NOWHERE = Origin()
_current: ContextVar[Origin] = ContextVar("kernel_origin", default=NOWHERE)


def current_origin() -> Origin:
    return _current.get()


@contextmanager
def coming_from(origin: Origin) -> Iterator[Origin]:
    token = _current.set(origin)
    try:
        yield origin
    finally:
        _current.reset(token)
