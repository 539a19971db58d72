"""Fixtures for tests in a browser's place. A folder's conftest imports those it needs."""

from collections.abc import Callable

import pytest
from django.test import Client

from shared_apps.tenants.models import Brand

ConsoleAs = Callable[[str], Client]


@pytest.fixture
def console_as(brand: Brand) -> ConsoleAs:
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
