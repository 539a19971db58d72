"""The public price list: from the database, in both languages, for both intervals, with whatever it is asked."""

import pytest
from django.test import Client

from shared_apps.billing.models import PlanVersion
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(public: None) -> Client:
    return Client(headers={"host": "localhost", "accept-language": "en"})


def words(visitor: Client, address: str = "/pricing/", **headers: str) -> str:
    answer = visitor.get(address, headers=headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_three_plans_stand_with_their_prices_and_limits(visitor: Client) -> None:
    page = words(visitor)
    for text in ("Basic", "Standard", "Premium", "¥3,600", "¥8,800", "¥19,800", "a year", "That is ¥300 a month."):
        assert text in page, text
    assert "Agents: 500" in page
    assert "Agents: unlimited" in page
    assert page.count('aria-label="Included"') >= 11  # whatever Premium has, and what the smaller plans have


def test_the_switch_shows_monthly_prices(visitor: Client) -> None:
    page = words(visitor, "/pricing/?interval=month")
    for text in ("¥360", "¥880", "¥1,980", "a month"):
        assert text in page, text
    assert "¥3,600" not in page


def test_paying_yearly_says_what_it_saves(visitor: Client) -> None:
    assert "−16 %" in words(visitor)  # 1 − 3,600 / (12 × 360), rounded down


def test_the_page_speaks_chinese(visitor: Client) -> None:
    page = words(visitor, **{"accept-language": "zh-CN"})
    for text in ("基础版", "标准版", "高级版"):
        assert text in page, text


@pytest.mark.parametrize("interval", ["", "week", "%00", "month%27--", "🙂", "a" * 5_000])
def test_any_other_interval_is_the_yearly_one(visitor: Client, interval: str) -> None:
    assert "¥3,600" in words(visitor, f"/pricing/?interval={interval}")


def test_a_price_that_is_withdrawn_is_not_shown(visitor: Client) -> None:
    PlanVersion.objects.filter(plan__code="premium").update(published_at=None)
    page = words(visitor)
    assert "¥19,800" not in page
    assert "¥8,800" in page


def test_it_is_read_only_and_within_the_strict_policy(visitor: Client) -> None:
    answer = visitor.get("/pricing/")
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "stripe" not in policy
    assert visitor.post("/pricing/").status_code == 405


def test_landing_and_sign_up_lead_there(visitor: Client) -> None:
    for address in ("/", "/signup/"):
        assert 'href="/pricing/"' in words(visitor, address)


def test_a_brands_host_has_no_price_list(visitor: Client, brand: Brand) -> None:
    assert visitor.get("/pricing/", headers={"host": "acme.localhost"}).status_code == 404
