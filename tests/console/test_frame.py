"""The frame around the pages: navigation, badge, columns, figures, and who is let in."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import translation

from console import branding
from console.dashboard import Series, Step, chart
from console.display import facts_html, money, state_label
from console.navigation import Entry, Group, sidebar
from console.sites import brand_site, platform_site
from console.templatetags.console import done_steps
from kernel.tenancy.context import enter_brand
from tests.factories.html import squeeze

EMPTY: tuple[object, ...] = ({}, [], None)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def make_request(*permissions: str, **attributes: Any) -> Any:
    request: Any = RequestFactory().get("/console/")
    request.user = SimpleNamespace(has_perm=lambda permission: permission in permissions, **attributes)
    return request


def test_the_sidebar_shows_what_one_may_open() -> None:
    groups = (
        Group("Trade", (Entry("Goods", "x", "catalog_product_changelist", "catalog.view"),)),
        Group(
            "Money", (Entry("Index", "x", "index"), Entry("Staff", "x", "accounts_user_changelist", "accounts.manage"))
        ),
        Group("Missing", (Entry("Gone", "x", "nowhere_nothing_changelist"),)),
    )
    blocks = sidebar("brand", groups)(make_request("catalog.view"))
    assert [(block["title"], [item["title"] for item in block["items"]]) for block in blocks] == [
        ("Trade", ["Goods"]),
        ("Money", ["Index"]),
    ]
    assert blocks[0]["items"][0]["link"] == "/console/catalog/product/"


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
def test_each_site_lets_in_its_own_people_only(public: None, brand: Any) -> None:
    support = make_request(is_authenticated=True, is_active=True, role="support", is_platform_staff=True)
    owner = make_request(is_authenticated=True, is_active=True, role="owner")
    gone = make_request(is_authenticated=True, is_active=False, role="support", is_platform_staff=True)
    assert platform_site.has_permission(support)
    assert not platform_site.has_permission(owner)
    assert not platform_site.has_permission(gone)
    assert not brand_site.has_permission(owner)
    enter_brand(brand)  # the project's own backend has it
    assert brand_site.has_permission(owner)
    assert not brand_site.has_permission(make_request(is_authenticated=False, is_active=False))
    assert not platform_site.has_permission(support)
