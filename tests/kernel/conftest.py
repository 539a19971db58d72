"""Real threads on real connections for what must hold under concurrency, and an outbox of the test's own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.db import connections

from kernel.core import counters
from kernel.events import due, outbox
from kernel.events.registry import Registry
from kernel.tenancy.context import enter_brand
from shared_apps.tenants.models import Brand
from tests.factories.due_work import kinds, later, sent

__all__ = ["kinds", "later", "sent"]

ResultT = TypeVar("ResultT")
InThreads = Callable[[Any, int, Callable[[int], Any]], list[Any]]


@pytest.fixture
def in_threads() -> InThreads:
    """`in_threads(brand, 8, work)` runs `work(0)` … `work(7)` at once, each on a connection of its own to `brand`."""

    def run(brand: Brand, how_many: int, work: Callable[[int], ResultT]) -> list[ResultT]:
        start = Barrier(how_many)

        def one(number: int) -> ResultT:
            enter_brand(brand)
            try:
                start.wait(timeout=30)
                return work(number)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(how_many) as pool:
            return list(pool.map(one, range(how_many)))

    return run


@pytest.fixture
def fresh_registry(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An outbox registry of the test's own, so that no app's handlers listen."""
    registry = Registry()
    monkeypatch.setattr(outbox, "registry", registry)
    return registry


@dataclass(frozen=True)
class ThingHappened:
    thing_id: int
    amount: Decimal = Decimal("0.00")
    at: datetime = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    day: date = date(2026, 11, 21)
    note: str | None = None
    numbers: tuple[int, ...] = ()


@pytest.fixture
def listen(fresh_registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Registers ThingHappened, and handlers by name; returns the list of what they were told."""
    monkeypatch.setattr(due, "send", lambda *_: True)
    outbox.event("test.thing_happened")(ThingHappened)

    def register(name: str, handler: Callable[[ThingHappened], None] | None = None) -> list[Any]:
        told: list[Any] = []

        def remember(fact: ThingHappened) -> None:
            if handler:
                handler(fact)
            told.append(fact)

        outbox.handles(ThingHappened, name=name)(remember)
        return told

    return register


@pytest.fixture
def thing() -> type[ThingHappened]:
    """The event that `listen` registers: `thing(1)` is one."""
    return ThingHappened


@pytest.fixture
def empty_set() -> None:
    """Forget what is due, and every counter."""
    counters.client().flushdb()
