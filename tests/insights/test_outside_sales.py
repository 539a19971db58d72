"""Retail sales beside the suggested retail price: listed, never refused."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from kernel.core import clock
from tenant_apps.orders.services.close_order import cancel_order
from tenant_apps.orders.services.place_order import Buyer, NewLine, place_retail_order
from tenant_apps.pricing.services.ranges import set_range
from tests.factories.api_client import ApiClient
from tests.factories.hands import console, console_as
from tests.factories.trade import PHONE, Shop, open_shop

__all__ = ["console", "console_as"]

pytestmark = pytest.mark.django_db

PATH = "/api/v1/insights/outside-sales"


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def sold(sku: str, price: str, *, quantity: int = 3, agent: str | None = "LING") -> int:
    lines = [NewLine(sku, quantity, Decimal(price))]
    return place_retail_order(
        lines=lines, buyer=Buyer(phone=PHONE if agent else ""), agent_code=agent, now=clock.now()
    ).pk


def test_what_lies_outside_is_listed_and_nothing_refused(api: ApiClient, console: Client, shop: Shop) -> None:
    first, second = shop.variant_ids[:2]
    now = clock.now() - timedelta(hours=1)
    set_range(level_id=None, variant_id=first, lowest=Decimal(9), highest=Decimal(12), now=now)
    set_range(level_id=None, variant_id=second, lowest=Decimal(1), highest=Decimal(2), now=now)
    set_range(level_id=shop.ling.level_id, variant_id=second, lowest=Decimal(18), highest=Decimal(22), now=now)
    for price in ("9.00", "12.00", "10.00"):
        sold("G-01", price)
    below = sold("G-01", "8.9966")
    above = sold("G-01", "12.01")
    sold("G-01", "1.00", agent=None)  # the brand's own sale to a passer-by
    sold("G-02", "20.00")  # within what is suggested to the level
    own = sold("G-02", "2.00")
    cancel_order(order_id=sold("G-01", "1.00"), now=clock.now())
    answer = api.get(PATH)
    assert answer.status_code == 200, answer.content
    found = [(one["order_id"], one["price"], one["is_below"]) for one in answer.json()["items"]]
    assert found == [(own, "2.00", True), (above, "12.01", False), (below, "9.00", True)]
    page = api.get(f"{PATH}?limit=1&agent_id={shop.ling.pk}").json()
    assert page["next_before"] == page["items"][0]["line_id"]
    assert len(api.get(f"{PATH}?before={page['next_before']}").json()["items"]) == len(found) - 1
    assert api.get(f"{PATH}?agent_id={shop.hua.pk}").json() == {"items": [], "next_before": None}
    assert api.get(f"{PATH}?until=2020-01-01").json()["items"] == []
    text = console.get("/console/insights/outside-sales/?before=x").content.decode()
    assert "12.01" in text
    assert "LING" in text


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "since=yesterday", "agent_id=0", "before=x", "enforce=1"])
def test_bad_questions(api: ApiClient, query: str) -> None:
    answer = api.get(f"{PATH}?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, query.split("=")[0])


def test_who_may(api_as: Callable[[str], ApiClient], console_as: Any) -> None:
    assert api_as("warehouse").get(PATH).status_code == 403
    assert console_as("warehouse").get("/console/insights/outside-sales/").status_code == 403
