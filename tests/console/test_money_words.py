"""Amounts in the reader's way and the brand's currency."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import translation

from console.money import format_money
from kernel.tenancy.context import current_brand, public_schema
from shared_apps.tenants.models import Brand
from shared_apps.tenants.selectors import forget_hosts
from tenant_apps.agents.models import Agent
from tests.factories.hands import console_as
from tests.factories.trade import open_shop

__all__ = ["console_as"]
pytestmark = pytest.mark.django_db
PAGES = (
    *("/console/", "/console/level-rules/", "/console/level-proposals/", "/console/compliance/", "/console/ranking/"),
    *("/console/team/", "/console/agents/agent/", "/console/billing/"),
)


@pytest.mark.parametrize(
    ("value", "currency", "places", "text"),
    [
        (Decimal("3600"), "CNY", 2, "¥3,600.00"),
        (Decimal("3600"), "cny", None, "¥3,600"),
        (Decimal("0.50"), "CNY", None, "¥0.50"),
        (Decimal("-12.30"), "USD", 2, "−$12.30"),
        (Decimal("1234567.891"), "EUR", 0, "€1,234,568"),
        (7, "CHF", 2, "CHF 7.00"),
        (Decimal("1"), "HKD", 2, "HK$1.00"),
    ],
)
def test_amounts(value: Decimal, currency: str, places: int | None, text: str) -> None:
    with translation.override("en"):
        assert format_money(value, currency, places=places) == text


def test_without_a_currency_it_is_the_brand_s(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    assert format_money(1) == "¥1.00"
    monkeypatch.setattr(current_brand(), "currency", "EUR")
    assert format_money(1) == "€1.00"


def test_the_platform_counts_in_yuan(public: None) -> None:
    assert format_money(1) == "¥1.00"


def test_no_page_of_a_brand_in_euros_shows_yuan(brand: Brand, console_as: Callable[[str], Client]) -> None:
    with public_schema():
        Brand.objects.filter(pk=brand.pk).update(currency="EUR")
        forget_hosts()
    open_shop()
    agent = Agent.objects.get(code="LING")
    browser = console_as("owner")
    shown = []
    for page in (*PAGES, f"/console/agents/agent/{agent.pk}/change/"):
        answer = browser.get(page, follow=True)
        assert answer.status_code == 200, page
        # What the brand pays Banyan is in the plan's own currency.
        if page != "/console/billing/" and "¥" in answer.content.decode():
            shown.append(page)
    assert shown == []
    assert "€" in browser.get("/console/").content.decode()
