"""The acting person, API key, or Banyan itself, for the audit log and permissions."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

ActorKind = Literal["user", "api_key", "system"]
EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Actor:
    """The acting party and its permissions: words such as `orders.ship`; `*` stands for all.

    `withheld` are those that the role has and the brand's plan does not include, each with the feature it needs.
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
    """Return the acting party: SYSTEM in tasks and commands, ANONYMOUS in a request nobody has signed in to yet."""
    return _current.get()


def set_current_actor(actor: Actor) -> None:
    """Set the actor for the rest of this request or task, whose frame (`acting_as`) puts the former one back."""
    _current.set(actor)


@contextmanager
def acting_as(actor: Actor) -> Iterator[Actor]:
    token = _current.set(actor)
    try:
        yield actor
    finally:
        _current.reset(token)
