"""Every registered page, asked for as each role asks for it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.admin import ServiceModelAdmin
from console.navigation import Entry, list_pages
from console.sites import brand_site, platform_site
from kernel.tenancy.context import public_schema
from shared_apps.accounts.rules import rights
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.imports.services.importer import list_importers

BRAND_PAGES = sorted(brand_site._registry.items(), key=lambda entry: entry[0]._meta.label)
PLATFORM_PAGES = sorted(platform_site._registry.items(), key=lambda entry: entry[0]._meta.label)
ROLES = ("owner", "manager", "sales", "warehouse", "finance")
MAX_QUERIES = 30

SignIn = Callable[[str], Client]


@pytest.fixture
def sign_in(brand: Brand) -> SignIn:
    """A browser signed in to the brand's console as a person of the role."""

    def make(role: str) -> Client:
        person = users.create_user(
            name=f"Test {role}", role=role, email=f"{role}@console.example", password="qing-he-2026"
        )
        client = Client(headers={"host": f"{brand.slug}.localhost"})
        client.force_login(person, backend="shared_apps.accounts.services.backend.AccountsBackend")
        return client

    return make


@pytest.fixture
def supporter(public: None) -> Client:
    """A browser signed in to the platform console as its administrator."""
    person = users.create_user(
        name="Support", role="platform_admin", email="support@console.example", password="qing-he-2026"
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(person, backend="shared_apps.accounts.services.backend.AccountsBackend")
    return client


def label(value: Any) -> str:
    return str(value._meta.label) if hasattr(value, "_meta") else ""


def list_address(page: ModelAdmin[Any]) -> str:
    return reverse(f"{page.admin_site.name}:{page.opts.app_label}_{page.opts.model_name}_changelist")


@pytest.mark.parametrize(("model", "page"), BRAND_PAGES + PLATFORM_PAGES, ids=label)
def test_each_page_names_permissions_that_exist(model: Any, page: ModelAdmin[Any]) -> None:
    assert isinstance(page, ServiceModelAdmin)
    known = rights.vocabulary(public=page.admin_site is platform_site)
    assert page.view_permission in known
    assert {page.edit_permission, page.add_permission} <= known | {""}


@pytest.mark.parametrize(("model", "page"), BRAND_PAGES + PLATFORM_PAGES, ids=label)
def test_each_button_names_a_permission_that_exists(model: Any, page: Any) -> None:
    known = rights.vocabulary(public=page.admin_site is platform_site)
    for name in (*page.actions_detail, *page.actions_list, *page.actions_row):
        assert page._get_instance_method(name).required_permission in known, name
    for name in page.actions or ():
        # Taking along what one sees anyway needs no permission of its own.
        assert name.startswith("export_") or getattr(page, name).required_permission in known, name


def entries_of(site: str) -> list[Entry]:
    sections = settings.BRAND_NAVIGATION if site == "brand" else settings.PLATFORM_NAVIGATION
    acts = settings.BRAND_ACTS if site == "brand" else settings.PLATFORM_ACTS
    return [place for section in sections for entry in section.entries for place in entry.tabs or (entry,)] + [*acts]


@pytest.mark.parametrize("site", ["brand", "platform"])
def test_every_entry_of_the_navigation_leads_somewhere(site: str) -> None:
    urlconf = settings.ROOT_URLCONF if site == "brand" else settings.PUBLIC_SCHEMA_URLCONF
    for entry in entries_of(site):
        name = entry.page if ":" in entry.page else f"{site}:{entry.page}"
        assert reverse(name, urlconf=urlconf, args=entry.arguments)


@pytest.mark.parametrize(("site", "pages"), [("brand", BRAND_PAGES), ("platform", PLATFORM_PAGES)])
def test_every_list_is_reached_by_the_navigation(site: str, pages: Any) -> None:
    reached = {entry.page for entry in entries_of(site)}
    lists = {f"{page.opts.app_label}_{page.opts.model_name}_changelist" for _model, page in pages}
    # A variant is reached by its product, the movements of a batch by the batch.
    by_another = {"catalog_variant_changelist", "inventory_batchmovement_changelist"}
    assert lists - reached == (by_another if site == "brand" else set())


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_every_place_of_its_navigation(role: str, sign_in: SignIn) -> None:
    browser = sign_in(role)
    page = browser.get("/console/")
    links = [group["section"] for group in page.context["sidebar_navigation"]]
    assert len(links) <= 7
    places = [place for _section, place in list_pages(links)]
    for place in [*places, *page.context["quick_acts"]]:
        assert browser.get(place.link).status_code in {200, 302}, f"{role} {place.link}"
    # Whoever imports anything finds the imports.
    reaches = any(place.link == "/console/imports/importjob/" for place in places)
    assert reaches == bool(rights.permissions_for(role) & {one.permission for one in list_importers()})


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_what_it_may_and_nothing_else(role: str, sign_in: SignIn) -> None:
    browser = sign_in(role)
    held = rights.permissions_for(role)
    for _model, page in BRAND_PAGES:
        answer = browser.get(list_address(page))
        assert isinstance(page, ServiceModelAdmin)
        opening = getattr(page, "view_permissions", {page.view_permission, page.edit_permission})
        assert answer.status_code == (200 if held & opening else 403), f"{role} {page}"
    assert browser.get("/console/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_lists_search_and_filter_in_both_languages(language: str, sign_in: SignIn) -> None:
    browser = sign_in("owner")
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    for _model, page in BRAND_PAGES:
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(list_address(page), {"q": "a"} if page.search_fields else {})
        assert answer.status_code == 200, page
        assert len(queries) <= MAX_QUERIES, page


@pytest.mark.django_db
def test_forms_for_new_things_open(sign_in: SignIn) -> None:
    browser = sign_in("owner")
    for _model, page in BRAND_PAGES:
        assert isinstance(page, ServiceModelAdmin)
        address = reverse(f"brand:{page.opts.app_label}_{page.opts.model_name}_add")
        assert browser.get(address).status_code in ({200, 302} if page.add_permission else {200, 403}), page


@pytest.mark.django_db
def test_the_platform_console_opens(supporter: Client) -> None:
    assert supporter.get("/console/").status_code == 200
    for _model, page in PLATFORM_PAGES:
        with public_schema():
            address = reverse(
                f"platform:{page.opts.app_label}_{page.opts.model_name}_changelist",
                urlconf=settings.PUBLIC_SCHEMA_URLCONF,
            )
        assert supporter.get(address).status_code == 200, page


@pytest.mark.django_db
def test_a_stranger_is_sent_to_sign_in(brand: Brand) -> None:
    browser = Client(headers={"host": f"{brand.slug}.localhost"})
    for _model, page in BRAND_PAGES:
        answer = browser.get(list_address(page))
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/console/login/")


@pytest.mark.django_db
def test_only_console_pages_have_the_relaxed_policy(sign_in: SignIn, brand: Brand) -> None:
    browser = sign_in("owner")
    console = browser.get("/console/")["Content-Security-Policy"]
    sign_in_page = Client(headers={"host": f"{brand.slug}.localhost"}).get("/console/login/")["Content-Security-Policy"]
    outside = Client(headers={"host": "localhost"}).get("/")["Content-Security-Policy"]
    for policy in (console, sign_in_page):
        assert "'unsafe-eval'" in policy
        assert "style-src 'self' 'unsafe-inline'" in policy
        assert "script-src 'self' 'unsafe-inline'" not in policy
    assert "unsafe" not in outside
    assert "default-src 'none'" in outside


@pytest.mark.django_db
def test_passwords_are_changed_on_the_one_page_for_it(sign_in: SignIn) -> None:
    answer = sign_in("owner").get("/console/password_change/")
    assert (answer.status_code, answer["Location"]) == (302, "/console/password/change/")


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "word"), [("zh-hans", "页面不存在"), ("en", "Nothing here")])
def test_a_missing_page_speaks_both_languages(language: str, word: str, sign_in: SignIn) -> None:
    browser = sign_in("owner")
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    answer = browser.get("/console/nowhere/")
    assert answer.status_code == 404
    assert word in answer.content.decode()


@pytest.mark.django_db
def test_chinese_is_what_an_unknown_browser_gets(brand: Brand) -> None:
    for accepted, word in (("zh-CN,zh;q=0.9", "登录"), ("fr", "登录"), ("en-GB", "Sign in")):
        browser = Client(headers={"host": f"{brand.slug}.localhost", "accept-language": accepted})
        assert word in browser.get("/console/login/").content.decode()
