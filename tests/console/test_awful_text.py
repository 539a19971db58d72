"""Test text that no database can store, in addresses, filters and forms of both consoles: refused without a 500."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.admin import ListFilter, ModelAdmin
from django.db import DataError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from console.sites import brand_site, platform_site
from kernel.http.middleware import NulByteMiddleware
from kernel.tenancy.context import public_schema
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db
AWFUL = ("a\x00b", "9" * 40, "%'\"\U0001f642")
LOOKUPS = ("", "__exact", "__id__exact", "__isempty", "__gte")
STANDARD = ("q", "o", "p", "all", "_popup")


@pytest.fixture
def owner(brand: Brand) -> Client:
    """The owner of a brand at its console."""
    person = users.create_user(name="Lin", role="owner", email="owner@awful.example", password="qing-he-2026")
    return browser(person, f"{brand.slug}.localhost")


@pytest.fixture
def admin(db: None) -> Client:
    """An administrator of the platform at its console."""
    with public_schema():
        person = users.create_user(
            name="Sun", role="platform_admin", email="admin@awful.example", password="qing-he-2026"
        )
        return browser(person, "localhost")


def browser(person: Any, host: str) -> Client:
    client = Client(headers={"host": host, "accept-language": "en"}, raise_request_exception=False)
    client.force_login(person, backend="shared_apps.accounts.services.backend.AccountsBackend")
    return client


def filters_of(page: ModelAdmin[Any]) -> Iterator[str]:
    """Return the query parameters that a list accepts."""
    yield from STANDARD
    for entry in page.list_filter:
        if isinstance(entry, type) and issubclass(entry, ListFilter):
            yield str(getattr(entry, "parameter_name", entry.__name__))
        else:
            name: Any = entry[0] if isinstance(entry, tuple | list) else entry
            yield from (f"{name}{lookup}" for lookup in LOOKUPS)


def broken_lists(site: Any, client: Client) -> list[tuple[str, str, str]]:
    """(list, filter, text) of everything that is answered as our mistake."""
    found = []
    for model, page in site._registry.items():
        address = f"/console/{model._meta.app_label}/{model._meta.model_name}/"
        assert client.get(address).status_code == 200, address
        for name in filters_of(page):
            for text in AWFUL:
                before = transaction.savepoint()
                if client.get(f"{address}?{urlencode({name: text})}").status_code >= 500:
                    found.append((address, name, text[:8]))
                transaction.savepoint_rollback(before)  # what Postgres refused leaves none of the test's own broken
    return found


def test_every_list_of_a_brands_console(owner: Client) -> None:
    assert broken_lists(brand_site, owner) == []


def test_every_list_of_the_platforms_console(admin: Client) -> None:
    assert broken_lists(platform_site, admin) == []


@pytest.mark.parametrize("awful", ["%00", "a%00b"])
def test_an_address_with_a_nul_leads_nowhere(owner: Client, admin: Client, awful: str) -> None:
    for client in (owner, admin):
        for address in (f"/console/support/tickets/{awful}/", f"/console/{awful}/", f"/{awful}", f"/api/v1/{awful}"):
            assert client.get(address).status_code == 404, address


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("/console/billing/checkout/", {"plan": "\x00", "interval": "year"}),
        ("/console/billing/checkout/", {"plan": "basic", "interval": "\x00"}),
        ("/console/billing/plans/", {"\x00": "\x00"}),
        ("/console/support/tickets/new/", {"subject": "a\x00", "body": "\x00", "urgency": "\x00", "page": "\x00"}),
        ("/console/support/access/", {"hours": "\x00", "reason": "\x00", "may_write": "\x00"}),
        ("/console/billing/domains/", {"domain": "\x00"}),
        ("/console/billing/close/", {"name": "\x00", "password": "\x00"}),
        ("/console/billing/cancel/", {"reason": "\x00", "comment": "\x00"}),
        ("/console/login/", {"username": "\x00", "password": "\x00"}),
    ],
)
def test_a_page_that_is_sent_a_nul_says_so(owner: Client, address: str, sent: dict[str, str]) -> None:
    assert owner.post(address, sent).status_code < 500


def refused(request: HttpRequest, mistake: Exception) -> HttpResponse | None:
    def never(_request: HttpRequest) -> HttpResponse:
        raise Http404

    return NulByteMiddleware(never).process_exception(request, mistake)


NUL = ValueError("A string literal cannot contain NUL (0x00) characters.")
BUILD = RequestFactory()


@pytest.mark.parametrize(
    ("make", "mistake", "status"),
    [
        (lambda: BUILD.get("/", {"a": "\x00"}), NUL, 400),
        (lambda: BUILD.post("/", {"a": ["b", "\x00"]}), NUL, 400),
        (lambda: BUILD.get("/", {"a": "\x00"}), DataError("unsupported Unicode escape sequence"), 400),
        (lambda: BUILD.get("/", {"a": "\x00"}), ValueError("something else"), None),
        (lambda: BUILD.get("/", {"a": "b"}), DataError("value too long"), None),
        (lambda: BUILD.get("/", {"a": "b"}), NUL, None),
    ],
)
def test_only_what_the_request_brought_is_its_mistake(
    make: Callable[[], HttpRequest], mistake: Exception, status: int | None
) -> None:
    answer = refused(make(), mistake)
    assert (answer.status_code if answer else None) == status
