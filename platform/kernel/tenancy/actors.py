"""The current actor (a person, an API key, or the system), for the audit log and permissions."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

ActorKind = Literal["user", "api_key", "system"]
EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Actor:
    """The acting party and its permissions: words such as `orders.ship`; `*` means all.

    `withheld` are permissions of the role that the brand's plan excludes, each with the feature it needs.
    """

    kind: ActorKind
    id: int | None
    label: str
    role: str = ""
    permissions: frozenset[str] = field(default_factory=frozenset)
    withheld: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    def may(self, permission: str) -> bool:
        return permission in self.permissions or EVERYTHING in self.permissions


SYSTEM = Actor(kind="system", id=None, label="system", role="system", permissions=frozenset({EVERYTHING}))
ANONYMOUS = Actor(kind="system", id=None, label="anonymous")

_current: ContextVar[Actor] = ContextVar("kernel_actor", default=SYSTEM)


def current_actor() -> Actor:
    """Return the actor: SYSTEM in tasks and commands, ANONYMOUS in an unauthenticated request."""
    return _current.get()


def set_current_actor(actor: Actor) -> None:
    """Set the actor until the frame of this request or task (`acting_as`) ends."""
    _current.set(actor)


@contextmanager
def acting_as(actor: Actor) -> Iterator[Actor]:
    token = _current.set(actor)
    try:
        yield actor
    finally:
        _current.reset(token)
