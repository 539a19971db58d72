"""Real threads on real connections, for what must hold under concurrency."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.db import connections

from kernel.tenancy import enter_brand

ResultT = TypeVar("ResultT")
InThreads = Callable[[Any, int, Callable[[int], Any]], list[Any]]


@pytest.fixture
def in_threads() -> InThreads:
    """`in_threads(brand, 8, work)` runs `work(0)` … `work(7)` at once, each on a connection of its own to `brand`."""

    def run(brand: Any, how_many: int, work: Callable[[int], ResultT]) -> list[ResultT]:
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
    from kernel import outbox

    registry = outbox.Registry()
    monkeypatch.setattr(outbox, "registry", registry)
    return registry
