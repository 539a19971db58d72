"""Work done by several real connections at once. A folder's conftest imports the fixture `at_once`."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from kernel.tenancy.context import enter_brand
from shared_apps.tenants.models import Brand

Work = Callable[[], Any]


class AtOnce:
    """Runs functions at the same moment, each on a connection of its own to the brand."""

    def __init__(self, brand: Brand) -> None:
        self._brand = brand

    def __call__(self, *functions: Work) -> list[Any]:
        """Return the results. Raises the first exception, when all have ended."""
        found = self.outcomes(functions)
        for outcome in found:
            if isinstance(outcome, Exception):
                raise outcome
        return found

    def outcomes(self, functions: Sequence[Work]) -> list[Any]:
        """Return the results; in place of one the exception that was raised."""
        barrier = Barrier(len(functions))

        def work(function: Work) -> Any:
            enter_brand(self._brand)
            try:
                barrier.wait(60)
                return function()
            except Exception as error:  # the test looks at it
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(work, functions))


@pytest.fixture
def at_once(live_brand: Brand) -> AtOnce:
    """Run functions at the same moment in the live brand."""
    return AtOnce(live_brand)
