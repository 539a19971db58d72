"""Every role of the staff on every page and every act of the platform's console."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.admin import ModelAdmin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from console.admin import ServiceModelAdmin
from console.sites import platform_site
from kernel.core import clock
from kernel.models import AuditRecord
from kernel.tenancy.context import public_schema
from shared_apps.accounts.models import User
from shared_apps.accounts.rules import rights
from shared_apps.accounts.states import PLATFORM_ROLES, Role
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db

ROLES = sorted(PLATFORM_ROLES)
READS = frozenset({"tenants.view", "billing.view", "support.view", "insights.view", "audit.view"})
ADMINS = sorted(platform_site._registry.items(), key=lambda pair: pair[0]._meta.label)


def label_of(admin: ModelAdmin[Any]) -> str:
    return f"{admin.opts.app_label}_{admin.opts.model_name}"


def acts_of(admin: Any) -> Iterator[tuple[str, str]]:
    """Each act of a page with its permission: on the object, on the list."""
    for names in (admin.actions_detail, admin.actions_list, admin.actions_row):
        for name in admin._extract_action_names(names):
            yield name, getattr(admin, name).required_permission


PAGES: list[tuple[str, Any]] = [(label_of(admin), admin) for _model, admin in ADMINS]
ACTS = [(label_of(admin), name, wanted) for _model, admin in ADMINS for name, wanted in acts_of(admin)]


def home(label: str) -> str:
    return f"/console/{label.replace('_', '/', 1)}/"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("label", "admin"), PAGES, ids=[label for label, _admin in PAGES])
def test_every_role_on_every_list(
    staff: Callable[..., Client], label: str, admin: ServiceModelAdmin[Any], role: str
) -> None:
    held = rights.permissions_for(role)
    client = staff(role)
    wanted = {admin.view_permission, admin.edit_permission} - {""}
    assert wanted, "a page without a permission is nobody's"
    assert client.get(home(label)).status_code == (200 if wanted & held else 403)
    assert client.get(f"{home(label)}?q=a").status_code == (200 if wanted & held else 403)
    adds = client.get(f"{home(label)}add/").status_code
    assert adds == (200 if admin.add_permission and admin.add_permission in held else 403)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("label", sorted({label for label, _name, _wanted in ACTS}))
def test_every_role_on_every_act(staff: Callable[..., Client], label: str, role: str) -> None:
    """Without the permission the answer is 403 before anything is looked at; with it, an object that is not there."""
    client = staff(role)
    for name, wanted in [(name, wanted) for owner, name, wanted in ACTS if owner == label]:
        expected = 404 if wanted in rights.permissions_for(role) else 403
        for method in (client.get, client.post):
            assert method(f"{home(label)}999999999/{name}/").status_code == expected, name


@pytest.mark.parametrize(("label", "name", "wanted"), ACTS, ids=[f"{label}-{name}" for label, name, _wanted in ACTS])
def test_no_act_is_the_auditors(label: str, name: str, wanted: str) -> None:
    assert wanted in rights.ALL_PLATFORM, "a word nobody can hold"
    assert wanted not in rights.permissions_for(Role.AUDITOR)
    assert wanted not in READS, "seeing is not doing"


def test_the_auditor_holds_nothing_but_reading() -> None:
    assert rights.permissions_for(Role.AUDITOR) <= READS
    for _label, admin in PAGES:
        assert admin.add_permission not in READS
        assert admin.edit_permission not in READS
        assert not any(
            getattr(entry[0], "required_permission", "") in READS
            for entry in ModelAdmin.get_actions(admin, _request_of("platform_admin")).values()
            if entry and hasattr(entry[0], "required_permission")
        )


def _request_of(role: str) -> Any:
    from django.test import RequestFactory

    request: Any = RequestFactory().get("/console/")
    request.user = User(name="x", role=role, email="x@example.com")
    return request


def own_pages() -> list[tuple[str, Any]]:
    """The pages below /console/ that are no model's, with the view class that guards each."""
    found = []
    for address, entry in _walk(get_resolver("config.urls_public").url_patterns, ""):
        view = getattr(entry.callback, "view_class", None)
        if hasattr(view, "permission"):
            found.append((re.sub(r"<[^>]+>", "1", address), view))
    return found


def _walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, prefix + str(entry.pattern))
        else:
            yield prefix + str(entry.pattern), entry


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("address", "view"), own_pages(), ids=[address for address, _view in own_pages()])
def test_every_role_on_every_page_of_its_own(staff: Callable[..., Client], address: str, view: Any, role: str) -> None:
    may = view.permission in rights.permissions_for(role)
    answer = staff(role).get(f"/{address}")
    assert answer.status_code in ({200, 404} if may else {403})


@pytest.mark.parametrize(("address", "view"), own_pages(), ids=[address for address, _view in own_pages()])
def test_a_stranger_is_led_to_the_door(address: str, view: Any) -> None:
    answer = Client(headers={"host": "localhost"}).get(f"/{address}")
    assert (answer.status_code, answer.headers["location"].startswith("/console/login/")) == (302, True)


@pytest.mark.parametrize(("label", "admin"), PAGES, ids=[label for label, _admin in PAGES])
def test_a_stranger_and_a_brands_owner_see_no_list(label: str, admin: Any, brand: Brand) -> None:
    answer = Client(headers={"host": "localhost"}).get(home(label))
    assert (answer.status_code, answer.headers["location"].startswith("/console/login/")) == (302, True)


def test_the_auditor_tries_everything_on_a_real_brand_and_changes_nothing(
    staff: Callable[..., Client], brand: Brand
) -> None:
    client = staff("auditor")
    with public_schema():
        before = AuditRecord.objects.exclude(action="accounts.signed_in").count()
    page = client.get(f"/console/tenants/brand/{brand.pk}/change/")
    assert page.status_code == 200
    assert "bn-panel-acts" not in page.content.decode()  # not one button
    for label, name, _wanted in ACTS:
        if label == "tenants_brand":
            answer = client.post(f"{home(label)}{brand.pk}/{name}/", {"reason": "x", "days": 5})
            assert answer.status_code == 403, name
    with public_schema():
        assert AuditRecord.objects.exclude(action="accounts.signed_in").count() == before


def test_the_sidebar_shows_each_role_what_it_may_open(staff: Callable[..., Client]) -> None:
    for role in ROLES:
        client = staff(role)
        page = client.get("/console/")
        assert page.status_code == 200
        links = set(re.findall(r'href="(/console/[a-z_/-]+/)"', page.content.decode()))
        for link in links - {"/console/logout/"}:
            assert client.get(link).status_code in {200, 302}, f"{role}: {link}"


def test_the_first_page_shows_each_role_its_own_work(staff: Callable[..., Client], brand: Brand) -> None:
    auditor = staff("auditor").get("/console/")
    support = staff("support").get("/console/")
    assert "follow_ups" not in auditor.context
    assert support.context["follow_ups"].rows == []
    assert len(auditor.context["work"]) == 4
    assert clock.now() > brand.created_at
