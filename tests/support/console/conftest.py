"""People of Banyan's own, signed in on the platform's host."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from kernel.tenancy.context import public_schema
from shared_apps.accounts.models import User

StaffClient = Callable[..., Client]


@pytest.fixture
def person() -> Callable[..., User]:
    """`person("billing", name="Li")`: a member of the staff with that role."""

    def make(role: str, **given: Any) -> User:
        number = User.objects.count()
        return User.objects.create(**{"name": "Sun", "email": f"{role}-{number}@banyan.example", "role": role} | given)

    def in_public(role: str, **given: Any) -> User:
        with public_schema():
            return make(role, **given)

    return in_public


@pytest.fixture
def staff(person: Callable[..., User]) -> StaffClient:
    """`staff("support")`: a browser in which somebody with that role is signed in; or `staff(user=…)`."""

    def sign_in(role: str = "", *, user: User | None = None) -> Client:
        client = Client(headers={"host": "localhost", "accept-language": "en"})
        with public_schema():
            client.force_login(user or person(role), backend="shared_apps.accounts.services.backend.AccountsBackend")
        return client

    return sign_in
