"""Brands, their people, and Banyan's staff, each at a browser."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.test import Client

from kernel.core import clock
from kernel.tenancy.actors import SYSTEM, Actor, acting_as
from kernel.tenancy.context import public_schema
from shared_apps.accounts import selectors as accounts
from shared_apps.accounts.services import entry_links, users
from shared_apps.support.models import AccessGrant
from shared_apps.support.services import grants
from shared_apps.tenants.models import Brand


@dataclass(frozen=True)
class Person:
    """Somebody with a browser."""

    id: int
    actor: Actor
    browser: Client


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
def people() -> Callable[[str], Person]:
    """`people("owner")`: somebody of the brand `acme`, signed in there. The same role is the same person."""
    known: dict[str, Person] = {}

    def find(role: str) -> Person:
        if role not in known:
            known[role] = _person(role, "acme.localhost")
        return known[role]

    return find


@pytest.fixture
def staff() -> Callable[..., Person]:
    """`staff("support")`: somebody of Banyan, signed in on the platform's host; a second name is a second person."""
    known: dict[tuple[str, str], Person] = {}

    def find(role: str, name: str = "") -> Person:
        key = (role, name)
        if key not in known:
            with public_schema():
                known[key] = _person(role, "localhost", name)
        return known[key]

    return find


def _person(role: str, host: str, name: str = "") -> Person:
    with acting_as(SYSTEM):
        user = users.create_user(
            name=name or f"the {role}", role=role, email=f"{role}{name.lower()}@support.example", language="en"
        )
        token = entry_links.issue_entry_link_token(user_id=user.pk)
    browser = Client(headers={"host": host})
    browser.cookies["django_language"] = "en"
    browser.get("/console/enter/", {"token": token})
    return Person(user.pk, accounts.actor_for_user(user), browser)


@pytest.fixture
def grant(brand: Brand, people: Callable[[str], Person]) -> Callable[..., AccessGrant]:
    """The owner lets support in: `grant(may_write=True)`; `begun` is how long ago."""

    def make(*, begun: timedelta = timedelta(0), hours: int = 4, may_write: bool = False) -> AccessGrant:
        with acting_as(people("owner").actor):
            return grants.grant_access(
                brand_id=brand.pk,
                hours=hours,
                reason="An import fails",
                may_write=may_write,
                now=clock.now() - begun,
            )

    return make


@pytest.fixture
def enter(staff: Callable[..., Person]) -> Callable[..., Client]:
    """A member of the staff goes in by a grant; the browser on the brand's host."""

    def go(grant: AccessGrant, *, role: str = "support", name: str = "", now: datetime | None = None) -> Client:
        with public_schema(), acting_as(staff(role, name).actor):
            address = grants.issue_pass(grant_id=grant.pk, now=now or clock.now())
        browser = Client(headers={"host": "acme.localhost"})
        browser.get(address)
        browser.cookies["django_language"] = "en"
        return browser

    return go
