"""Work done by several real connections at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection


@pytest.fixture
def at_once(live_brand: Any) -> Iterator[Callable[..., list[Any]]]:
    """Run functions in threads of their own, each with its own connection to the live brand; returns their results."""

    def run(*functions: Callable[[], Any]) -> list[Any]:
        def work(function: Callable[[], Any]) -> Any:
            connection.set_tenant(live_brand)
            try:
                return function()
            finally:
                connection.close()

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(work, functions))

    yield run
