"""Test the plan banners on a brand's console pages: times, audience, prices."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console import banners
from console.banners import Banner
from kernel.core import clock
from shared_apps.entitlements.models import Quota
from shared_apps.tenants.models import Brand
from tests.billing.page_visitors import DAY, change, sign_in, source, subscribe, words
from tests.factories.api_client import ApiClient
from tests.factories.html import squeeze

pytestmark = pytest.mark.django_db
PAGE = "/console/catalog/product/"


@pytest.fixture
def owner(brand: Brand) -> Client:
    return sign_in(brand, "owner")


def shown(browser: Client, address: str = PAGE) -> str:
    """The banners of a page, as words."""
    markup = source(browser.get(address))
    if "bn-banners" not in markup:
        return ""
    return squeeze(markup.split('bn-banners">', 1)[1].split("</ul>", 1)[0])


@pytest.mark.parametrize(
    ("left", "said", "severity"),
    [
        (timedelta(days=9), "", ""),
        (timedelta(days=7, seconds=5), "", ""),
        (timedelta(days=6, hours=23), "The trial ends in 7 days.", "info"),
        (timedelta(days=2, hours=1), "The trial ends in 3 days.", "warning"),
        (timedelta(hours=5), "The trial ends in 1 day.", "warning"),
        (timedelta(seconds=-1), "The trial is over.", "danger"),
    ],
)
def test_the_end_of_the_trial_is_said_in_its_last_week(
    owner: Client, brand: Brand, left: timedelta, said: str, severity: str
) -> None:
    change(brand, trial_ends_at=clock.now() + left)
    text = shown(owner)
    assert said in text
    assert "trial" in text or not said
    assert f"bn-banner-{severity}" in text or not said


@pytest.mark.parametrize(
    ("overdue", "said"),
    [
        (1, "A payment is overdue. From"),
        (15, "This brand can only be read"),
        (60, "This brand is suspended, because nothing was paid"),
    ],
)
def test_what_is_not_paid_is_said_with_the_way_out(owner: Client, brand: Brand, overdue: int, said: str) -> None:
    change(brand, trial_ends_at=clock.now() - 100 * DAY)
    subscribe(brand, status="past_due", past_due_since=clock.now() - overdue * DAY)
    text = shown(owner, "/console/billing/")
    assert said in text
    assert 'href="/console/billing/' in text


def test_an_active_brand_is_left_in_peace(owner: Client, brand: Brand) -> None:
    subscribe(brand)
    assert shown(owner) == ""


def test_a_limit_that_is_near_is_shown_as_a_meter(owner: Client, brand: Brand) -> None:
    subscribe(brand, "basic")
    Quota.objects.filter(name="agents").update(used=39)
    assert shown(owner) == ""
    Quota.objects.filter(name="agents").update(used=40)
    text = shown(owner)
    assert "Agents: 40 of 50." in text
    assert 'max="50" value="40"' in text
    assert "bn-banner-warning" in text
    Quota.objects.filter(name="agents").update(used=61)
    text = shown(owner)
    assert "Nothing can be added with this plan." in text
    assert 'max="50" value="50"' in text
    assert "bn-banner-danger" in text


def test_the_only_warehouse_of_a_small_plan_is_no_news(owner: Client, brand: Brand) -> None:
    subscribe(brand, "basic")
    Quota.objects.filter(name="warehouses").update(used=1)
    assert shown(owner) == ""
    Quota.objects.filter(name="warehouses").update(used=2)
    assert "Warehouses: 2 of 1." in shown(owner)


def test_two_meters_are_enough(owner: Client, brand: Brand) -> None:
    subscribe(brand, "basic")
    Quota.objects.exclude(limit=None).update(used=10_000)
    assert shown(owner).count("<progress") == 2


def test_each_role_is_told_what_concerns_it(brand: Brand) -> None:
    subscribe(brand, "standard")
    Quota.objects.filter(name="agents").update(used=500)
    assert "/console/billing/plans/" in shown(sign_in(brand, "owner"))
    manager = shown(sign_in(brand, "manager"))
    assert "/console/billing/plans/" not in manager
    assert "See what is used" in manager
    assert shown(sign_in(brand, "sales")) == ""


def test_everybody_learns_that_the_trial_ends_but_only_the_owner_can_choose(brand: Brand) -> None:
    change(brand, trial_ends_at=clock.now() + 2 * DAY)
    for role in ("manager", "sales", "warehouse"):
        text = shown(sign_in(brand, role), "/console/")
        assert "The trial ends in 2 days." in text
        assert "href" not in text
    assert "Choose a plan" in shown(sign_in(brand, "owner"), "/console/")


def test_a_closing_account_says_until_when(owner: Client, brand: Brand) -> None:
    change(brand, closing_at=clock.now() + 3 * DAY)
    assert "The owner closes this account on" in shown(owner)
    assert "/console/billing/close/" in shown(owner)


def test_they_cost_two_queries_at_most(owner: Client, brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    subscribe(brand, "basic")
    Quota.objects.filter(name="agents").update(used=50)
    owner.get(PAGE)
    with CaptureQueriesContext(connection) as with_banners:
        assert "Agents" in shown(owner)
    monkeypatch.setattr(banners, "_providers", [])
    with CaptureQueriesContext(connection) as without:
        assert shown(owner) == ""
    own = [query["sql"] for query in with_banners if "entitlements_quota" in query["sql"]]
    assert len(own) == 1
    # In a transaction, as tests run, announcements are read on every page; otherwise once in half a minute.
    extra = len(with_banners) - len(without) - sum("announcement" in query["sql"] for query in with_banners)
    assert extra <= 2, [query["sql"] for query in with_banners]


def test_the_api_and_the_sign_in_page_say_nothing(api: ApiClient, brand: Brand) -> None:
    change(brand, trial_ends_at=clock.now() + 2 * DAY)
    with CaptureQueriesContext(connection) as queries:
        assert api.get("/api/v1/me").status_code == 200
    assert not any("entitlements_quota" in query["sql"] for query in queries)
    visitor = Client(headers={"host": f"{brand.slug}.localhost"})
    assert "bn-banners" not in source(visitor.get("/console/login/"))


def test_they_stand_on_lists_forms_and_pages_of_ones_own(owner: Client, brand: Brand) -> None:
    change(brand, trial_ends_at=clock.now() + 2 * DAY)
    for address in ("/console/", PAGE, "/console/catalog/category/add/", "/console/imports/new/", "/console/billing/"):
        assert "The trial ends in 2 days." in words(owner.get(address)), address


def test_the_gravest_comes_first_and_text_is_escaped(
    owner: Client, brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def provider(request: Any) -> list[Banner]:
        return [Banner("info", "calm"), Banner("danger", "<b>grave</b>", "/x?a=1&b=2", "<i>"), Banner("warning", "odd")]

    monkeypatch.setattr(banners, "_providers", [])
    banners.register(provider)
    banners.register(provider)
    text = shown(owner)
    assert text.index("grave") < text.index("odd") < text.index("calm")
    assert text.count("odd") == 1
    assert "&lt;b&gt;grave" in text
    assert "/x?a=1&amp;b=2" in text


def test_they_speak_chinese(brand: Brand) -> None:
    change(brand, trial_ends_at=clock.now() + 2 * DAY)
    assert "bn-banner-warning" in shown(sign_in(brand, "owner", language="zh-CN"))


def test_the_platforms_console_has_none_of_a_brands(public: None) -> None:
    from shared_apps.accounts.services import users

    person = users.create_user(name="Staff", role="platform_admin", email="s@banyan.example", password="qing-he-26!")
    client = Client(headers={"host": "localhost"})
    client.force_login(person, backend="shared_apps.accounts.services.backend.AccountsBackend")
    assert "bn-banners" not in source(client.get("/console/"))
