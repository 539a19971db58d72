"""Fixtures for tests that work with several connections at once, or in a browser's place.

A folder's conftest imports those it needs: `from tests.factories.hands import at_once, console`.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from kernel.tenancy.context import enter_brand

AtOnce = Callable[..., list[Any]]
ConsoleAs = Callable[[str], Client]


@pytest.fixture
def at_once(live_brand: Any) -> AtOnce:
    """Run functions in threads of their own, each with its own connection to the live brand; returns their results."""

    def run(*functions: Callable[[], Any]) -> list[Any]:
        def work(function: Callable[[], Any]) -> Any:
            enter_brand(live_brand)
            try:
                return function()
            finally:
                connection.close()

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(work, functions))

    return run


@pytest.fixture
def console_as(brand: Any) -> ConsoleAs:
    """A browser signed in to the brand's console as a person of the given role."""
    from shared_apps.accounts.services import users

    def make(role: str) -> Client:
        person = users.create_user(
            name=f"Test {role}", role=role, email=f"{role}@hands.example", password="qing-he-2026"
        )
        client = Client(headers={"host": f"{brand.slug}.localhost"})
        client.force_login(person, backend="shared_apps.accounts.services.backend.AccountsBackend")
        return client

    return make


@pytest.fixture
def console(console_as: ConsoleAs) -> Client:
    """A browser signed in to the brand's console as its owner."""
    return console_as("owner")
