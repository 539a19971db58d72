"""The frame around the pages: navigation, badge, columns, figures, and who is let in."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.utils import translation

from console import branding
from console.dashboard import Series, Step, chart
from console.display import facts_html, money, state_label
from console.navigation import Entry, Link, Section, list_links, list_pages, list_tabs
from console.sites import brand_site, platform_site
from console.templatetags.console import done_steps
from kernel.tenancy.context import enter_brand
from shared_apps.tenants.models import Brand
from tests.factories.html import squeeze

EMPTY: tuple[object, ...] = ({}, [], None)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def make_request(*permissions: str, **attributes: Any) -> Any:
    request: Any = RequestFactory().get("/console/")
    request.user = SimpleNamespace(has_perm=lambda permission: permission in permissions, **attributes)
    return request


SECTIONS = (
    Section("Home", "x", (Entry("Home", "index"),)),
    Section(
        "Trade",
        "x",
        (
            Entry(
                "Products",
                tabs=(
                    Entry("Secret", "accounts_user_changelist", "accounts.manage"),
                    Entry("Products", "catalog_product_changelist", also=("catalog/variant/",)),
                    Entry("On shelf", "catalog_product_changelist", query="state=on_shelf"),
                    Entry("Gone", "nowhere_nothing_changelist"),
                ),
            ),
            Entry("Categories", "catalog_category_changelist"),
        ),
    ),
    Section("Staff", "x", (Entry("Staff", "accounts_user_changelist"),)),
    Section("Missing", "x", (Entry("Gone", "nowhere:gone"),)),
)


def see(path: str = "/console/", *permissions: str) -> list[Link]:
    request = make_request(*permissions)
    request.path, _mark, query = path.partition("?")
    request.GET = QueryDict(query)
    return list_links("brand", SECTIONS, request)


def test_the_navigation_shows_what_one_may_open() -> None:
    home, trade = see("/console/", "catalog.view")
    assert [page.title for page in trade.items] == ["Products", "Categories"]
    assert [tab.title for tab in trade.items[0].items] == ["Products", "On shelf"]
    # A section and a page lead to the first place that this person may open.
    assert home.link == "/console/"
    assert trade.link == trade.items[0].link == "/console/catalog/product/"
    assert [section.title for section in see("/console/", "accounts.manage")] == ["Home", "Trade", "Staff"]
    assert [section.title for section in see()] == ["Home"]


@pytest.mark.parametrize(
    ("path", "section", "page", "tab"),
    [
        ("/console/", "Home", "Home", None),
        ("/console/catalog/product/", "Trade", "Products", "Products"),
        ("/console/catalog/product/?state=on_shelf&q=a", "Trade", "Products", "On shelf"),
        ("/console/catalog/product/7/change/", "Trade", "Products", "Products"),
        ("/console/catalog/variant/7/change/", "Trade", "Products", "Products"),
        ("/console/catalog/category/", "Trade", "Categories", None),
        ("/console/finance/account/", None, None, None),
    ],
)
def test_the_open_page_is_marked(path: str, section: str | None, page: str | None, tab: str | None) -> None:
    links = see(path, "catalog.view")
    active = [link for link in links if link.active]
    pages = [link for one in links for link in one.items if link.active]
    tabs = [link for one in links for place in one.items for link in place.items if link.active]
    assert [[one.title for one in found] for found in (active, pages, tabs)] == [
        [one] if one else [] for one in (section, page, tab)
    ]


def test_tabs_stand_on_the_pages_they_name_and_not_on_the_page_of_one_thing() -> None:
    path = "/console/catalog/product/"
    assert [tab.title for tab in list_tabs(see(path, "catalog.view"), path)] == ["Products", "On shelf"]
    for other in ("/console/catalog/product/7/change/", "/console/catalog/category/"):
        assert list_tabs(see(other, "catalog.view"), other) == ()


def test_every_place_is_listed_once_with_its_section() -> None:
    places = [(section.title, place.title) for section, place in list_pages(see("/", "catalog.view"))]
    assert places == [("Home", "Home"), ("Trade", "Products"), ("Trade", "On shelf"), ("Trade", "Categories")]


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=15), 15),
        (timedelta(days=14, seconds=1), 15),
        (timedelta(seconds=1), 1),
        (timedelta(0), 0),
        (timedelta(days=-3), 0),
    ],
)
def test_a_begun_day_counts_whole(left: timedelta, days: int) -> None:
    assert branding.days_left(NOW + left, NOW) == days


@pytest.mark.parametrize(
    ("state", "left", "tone"),
    [
        ("trialing", timedelta(days=10), "info"),
        ("trialing", timedelta(days=2), "warning"),
        ("trial_expired", timedelta(days=-1), "danger"),
        ("active", timedelta(days=10), None),
    ],
)
def test_the_badge_tells_how_long_the_trial_lasts(
    monkeypatch: pytest.MonkeyPatch, state: str, left: timedelta, tone: str | None
) -> None:
    brand = SimpleNamespace(state=state, trial_ends_at=datetime.now(UTC) + left, name="Qinghe")
    monkeypatch.setattr(branding, "current_brand", lambda: brand)
    monkeypatch.setattr(branding, "is_public", lambda: False)
    badge = branding.trial_badge(make_request())
    assert (badge[1] if badge else None) == tone
    assert branding.brand_title(make_request()) == "Qinghe"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_amounts_have_two_places_and_thousands(language: str) -> None:
    column = money("total", "Total")
    with translation.override(language):
        assert column(SimpleNamespace(total=Decimal("1234567.5"))) == '<span class="bn-amount">1,234,567.50</span>'
        assert "bn-negative" in column(SimpleNamespace(total=Decimal("-0.10")))
        assert column(SimpleNamespace(total=None)) is None


def test_a_state_without_a_tone_is_grey_and_keeps_its_word() -> None:
    column = state_label("state", "State", {"paid": "success"})
    tones: dict[str, str] = column.label  # type: ignore[attr-defined]
    assert (tones["paid"], tones["odd"]) == ("success", "")
    assert column(SimpleNamespace(state="odd", get_state_display=lambda: "Odd")) == ("odd", "Odd")


def test_json_is_shown_as_names_and_values() -> None:
    with translation.override("zh-hans"):
        shown = squeeze(
            facts_html({"name": "<b>王芳</b>", "lines": [{"quantity": 2}, None], "closed": True, "note": ""})
        )
    assert "<dt>名称</dt><dd>&lt;b&gt;王芳&lt;/b&gt;</dd>" in shown
    assert "<dt>数量</dt><dd>2</dd>" in shown
    assert "<li>–</li>" in shown
    assert {str(facts_html(one)).strip() for one in EMPTY} == {"–"}


def test_a_chart_is_plain_json() -> None:
    drawn = json.loads(
        chart(["1", "2"], [Series("Sales", [Decimal("1.10"), None]), Series("Before", [1, 2], kind="line")])
    )
    assert drawn["labels"] == ["1", "2"]
    assert [one["data"] for one in drawn["datasets"]] == [[1.1, None], [1.0, 2.0]]


def test_steps_are_counted() -> None:
    assert done_steps([Step("a", "", done=True), Step("b", "", done=False), Step("c", "", done=True)]) == 2


@pytest.mark.django_db
def test_each_site_lets_in_its_own_people_only(public: None, brand: Brand) -> None:
    support = make_request(is_authenticated=True, is_active=True, role="support", is_platform_staff=True)
    owner = make_request(is_authenticated=True, is_active=True, role="owner", is_staff=True)
    agent = make_request(is_authenticated=True, is_active=True, role="agent", is_staff=False)
    gone = make_request(is_authenticated=True, is_active=False, role="support", is_platform_staff=True)
    assert platform_site.has_permission(support)
    assert not platform_site.has_permission(owner)
    assert not platform_site.has_permission(gone)
    assert not brand_site.has_permission(owner)
    enter_brand(brand)  # the project's own backend has it
    assert brand_site.has_permission(owner)
    assert not brand_site.has_permission(agent)
    assert not brand_site.has_permission(make_request(is_authenticated=False, is_active=False))
    assert not platform_site.has_permission(support)


@pytest.mark.django_db
def test_the_icon_is_found_where_browsers_look_for_one(brand: Brand) -> None:
    for host in (f"{brand.slug}.localhost", "localhost"):
        answer = Client(headers={"host": host}).get("/favicon.ico")
        assert answer.status_code == 302
        assert answer["location"].endswith(".svg")
