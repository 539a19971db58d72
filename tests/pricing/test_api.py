"""Prices over HTTP."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tenant_apps.agents.services.levels import create_level
from tenant_apps.catalog.services.ensure import NewVariant, ensure_variants
from tenant_apps.pricing.models import LevelPrice
from tenant_apps.pricing.schemas import level_prices as schemas
from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db

PATH = "/api/v1/level-prices"


@pytest.fixture
def level_id() -> int:
    return create_level(code="GOLD", name="总代", rank=1).pk


@pytest.fixture
def variant_id() -> int:
    return ensure_variants(rows=[NewVariant(sku="red", name="口红", retail_price=Decimal("99"))])["RED"]


def test_set_list_and_remove(api: ApiClient, level_id: int, variant_id: int) -> None:
    line = {"level_id": level_id, "variant_id": variant_id, "price": "50"}
    answer = api.post(PATH, {"prices": [line]})
    assert answer.status_code == 200, answer.content
    (price_id,) = answer.json()["ids"]
    assert api.post(PATH, {"prices": [line]}).json() == {"ids": [price_id]}
    (price_id,) = api.post(PATH, {"prices": [{**line, "price": "45.5"}]}).json()["ids"]
    row, _before = api.get(f"{PATH}?level_id={level_id}&variant_id={variant_id}").json()["items"]
    assert set(row) == set(schemas.LevelPriceOut.model_fields)
    assert (row["price"], row["sku"], row["level_name"]) == ("45.50", "RED", "总代")
    assert api.get(f"{PATH}?level_id=999999").json() == {"items": [], "next_cursor": None}
    assert api.delete(f"{PATH}/{price_id}").status_code == 204
    assert api.delete(f"{PATH}/{price_id}").json()["code"] == "level_price_not_found"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price": "1.005"}, "prices.1.price"),
        ({"price": -1}, "prices.1.price"),
        ({"price": 1.5}, "prices.1.price"),
        ({"price": "free"}, "prices.1.price"),
        ({"level_id": 999_999}, "prices.1.level_id"),
        ({"level_id": "1"}, "prices.1.level_id"),
        ({"variant_id": 999_999}, "prices.1.variant_id"),
        ({"variant_id": None}, "prices.1.variant_id"),
        ({"currency": "CNY"}, "prices.1.currency"),
        ({}, "prices.1.variant_id"),  # the same pair twice
    ],
)
def test_one_bad_line_sets_nothing(
    api: ApiClient, level_id: int, variant_id: int, change: dict[str, Any], field: str
) -> None:
    line = {"level_id": level_id, "variant_id": variant_id, "price": "50"}
    answer = api.post(PATH, {"prices": [line, {**line, **change}]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.content
    assert not LevelPrice.objects.exists()


@pytest.mark.parametrize("count", [0, 501])
def test_how_many_at_once(api: ApiClient, level_id: int, variant_id: int, count: int) -> None:
    line = {"level_id": level_id, "variant_id": variant_id, "price": "50"}
    answer = api.post(PATH, {"prices": [line] * count})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "prices")


def test_who_may(api_as: Callable[[str], ApiClient], anonymous: Any) -> None:
    sales = api_as("sales")
    assert sales.get(PATH).status_code == 200
    assert sales.post(PATH, {"prices": []}).status_code in {403, 422}
    line = {"level_id": 1, "variant_id": 1, "price": "50"}
    assert sales.post(PATH, {"prices": [line]}).status_code == 403
    assert api_as("warehouse").get(PATH).status_code == 403
    assert anonymous.get(PATH).status_code == 401
