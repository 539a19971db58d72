"""Every address of both consoles that names an object, asked for one that is not there."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern, RoutePattern
from django.views.generic import RedirectView

from kernel.tenancy.context import public_schema
from shared_apps.accounts.services import agent_logins, users
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db

BACKEND = "shared_apps.accounts.services.backend.AccountsBackend"

# Parameters that choose among known words.
CHOICES = {"size": "thumbnail", "content_type_id": "999999"}
# No id: Django's fallback for addresses that are none, its list per app, a plan's code (refusals lead to the plans).
EXEMPT = {"url", "app_label", "code"}


def patterns_of(resolver: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            yield from patterns_of(pattern, route)
        else:
            yield route, pattern


def unknown_addresses(urlconf: str) -> list[str]:
    """Return the console's addresses with parameters, filled with an id that nothing has."""
    resolver = get_resolver(urlconf)
    found: set[str] = set()
    for route, pattern in patterns_of(resolver):
        if not route.startswith("console/") or not pattern.pattern.regex.groupindex:
            continue
        if getattr(pattern.callback, "view_class", None) is RedirectView:
            continue
        if EXEMPT & pattern.pattern.regex.groupindex.keys():
            continue
        found.add("/" + fill(resolver, route))
    return sorted(found)


def fill(resolver: Any, route: str) -> str:
    """Return the route with its parameters replaced."""
    if "(?P<" in route:
        whole = RegexPattern(route)
        names = whole.regex.groupindex
        text = route.rstrip("$/")
        for name in names:
            start = text.index(f"(?P<{name}>")
            end = text.index(")", start)
            text = text[:start] + CHOICES.get(name, "999999") + text[end + 1 :]
        return text + "/"
    text = route
    for name, converter in RoutePattern(route).converters.items():
        value = CHOICES.get(name, "999999")
        for written in (f"<{converter_name(converter)}:{name}>", f"<{name}>"):
            text = text.replace(written, value)
    return text


def converter_name(converter: Any) -> str:
    return type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")


def browser(person: Any, host: str) -> Client:
    client = Client(headers={"host": host, "accept-language": "en"}, raise_request_exception=False)
    client.force_login(person, backend=BACKEND)
    return client


def wrong_answers(client: Client, addresses: list[str]) -> list[tuple[str, str, int]]:
    """(method, address, status) of what is not answered as missing. A page may refuse the method, or the act at all."""
    wrong = []
    for address in addresses:
        for method in ("get", "post"):
            status = getattr(client, method)(address, follow=True).status_code
            if status not in {403, 404, 405}:
                wrong.append((method, address, status))
    return wrong


def test_no_page_of_a_brand_breaks_on_an_unknown_id(brand: Brand) -> None:
    owner = users.create_user(name="Lin", role="owner", email="owner@unknown.example", password="qing-he-2026")
    addresses = unknown_addresses("config.urls_brand")
    assert {"/console/imports/999999/", "/console/pricing/changes/999999/"} <= set(addresses)
    assert wrong_answers(browser(owner, f"{brand.slug}.localhost"), addresses) == []


def test_an_agents_login_opens_no_page_below_the_console(brand: Brand) -> None:
    """Every address leads to the agent's own page, but those that need no login; none shows the console's frame."""
    agent = agent_logins.open_login(name="王小明", phone="13911112222")
    client = browser(agent, f"{brand.slug}.localhost")
    stranger = Client(headers={"host": f"{brand.slug}.localhost"})
    resolver = get_resolver("config.urls_brand")
    plain = {"/" + route for route, pattern in patterns_of(resolver) if not pattern.pattern.regex.groupindex}
    addresses = {address for address in plain if address.startswith("/console/")} | set(
        unknown_addresses("config.urls_brand")
    )
    assert len(addresses) > 100
    opened = set()
    for address in sorted(addresses | {"/console/", "/console/nothing/here/", "/console"}):
        answer = client.get(address)
        if (answer.status_code, answer.headers.get("Location")) != (302, "/agent/"):
            opened.add(address)
            assert answer.status_code == stranger.get(address).status_code, address
    assert opened == {"/console", "/console/enter/", "/console/email/confirm/", "/console/password/reset/"}
    home = client.get("/agent/")
    assert home.status_code == 200
    assert brand.name in home.content.decode()
    assert '"/console/' not in home.content.decode()
    for address in ("/agent/password/", "/agent/two-step/"):
        shown = client.get(address)
        assert shown.status_code == 200
        assert '"/console/' not in shown.content.decode()
        assert brand.name in shown.content.decode()
    assert client.post("/agent/sign-out/").status_code == 302
    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("kind", ["staff", "stranger"])
def test_the_agents_page_is_for_agents(brand: Brand, kind: str) -> None:
    client = Client(headers={"host": f"{brand.slug}.localhost"})
    if kind == "staff":
        client.force_login(users.create_user(name="L", role="sales", email="l@unknown.example"), backend=BACKEND)
    assert client.get("/agent/").headers["Location"] == "/console/"


def test_no_page_of_the_platform_breaks_on_an_unknown_id(db: None) -> None:
    with public_schema():
        admin = users.create_user(
            name="Sun", role="platform_admin", email="admin@unknown.example", password="qing-he-2026"
        )
        client = browser(admin, "localhost")
    addresses = unknown_addresses("config.urls_public")
    assert "/console/support/sessions/999999/" in addresses
    assert wrong_answers(client, addresses) == []
