"""Work done by several real connections at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from kernel.tenancy.context import enter_brand

AtOnce = Callable[[Sequence[Callable[[], Any]]], list[Any]]


@pytest.fixture(name="at_once")
def run_at_once(live_brand: Any) -> AtOnce:
    """Run functions at the same moment, each on a connection of its own to the live brand; results or exceptions."""

    def run(functions: Sequence[Callable[[], Any]]) -> list[Any]:
        barrier = Barrier(len(functions))

        def work(function: Callable[[], Any]) -> Any:
            enter_brand(live_brand)
            try:
                barrier.wait(60)
                return function()
            except Exception as error:  # the test looks at it
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(work, functions))

    return run
