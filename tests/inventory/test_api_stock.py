"""Stock over HTTP."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from shared_apps.accounts.services.api_keys import issue_api_key
from shared_apps.tenants.models import Brand
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.inventory.models import Stock, StockMovement
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop, open_shop, sell

pytestmark = pytest.mark.django_db

ONE = {"sku": "G-01", "quantity": 1, "unit_cost": "1"}


@pytest.fixture
def shop(db: None) -> Shop:
    """Three goods with 100 pieces each."""
    return open_shop()


def test_receiving_and_correcting(shop: Shop, api: ApiClient) -> None:
    body = {"reference": "D-1", "lines": [{"sku": "g-01", "quantity": 5, "unit_cost": "4.1234"}]}
    answer = api.post("/api/v1/stock/receipts", body)
    assert answer.status_code == 201, answer.content
    (movement,) = answer.json()["items"]
    assert (movement["sku"], movement["quantity"], movement["balance_after"], movement["value"]) == (
        "G-01",
        5,
        105,
        "20.62",
    )
    again = api.post("/api/v1/stock/receipts", body)
    assert (again.status_code, again.json()["code"]) == (409, "already_booked")
    answer = api.post("/api/v1/stock/adjustments", {"reference": "C-1", "lines": [{"sku": "G-01", "change": -5}]})
    assert answer.json()["items"][0]["balance_after"] == 100


def test_refusals_after_an_idempotency_key_are_answered_too(shop: Shop, api: ApiClient) -> None:
    body = {"reference": "C-2", "lines": [{"sku": "G-01", "change": -101}]}
    for _attempt in range(2):
        answer = api.post("/api/v1/stock/adjustments", body, key="k")
        assert (answer.status_code, answer.json()["code"]) == (409, "below_reserved"), answer.content


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("receipts", {"lines": [{"sku": "NIX", "quantity": 1, "unit_cost": "1"}]}, 422, "lines.0.sku"),
        ("receipts", {"lines": [{"sku": "POST", "quantity": 1, "unit_cost": "1"}]}, 422, "lines.0.sku"),
        ("receipts", {"lines": [{"sku": "G-01", "quantity": 0, "unit_cost": "1"}]}, 422, "lines.0.quantity"),
        ("receipts", {"lines": [{"sku": "G-01", "quantity": 1, "unit_cost": "1.00001"}]}, 422, "lines.0.unit_cost"),
        ("receipts", {"lines": []}, 422, "lines"),
        ("receipts", {"lines": [ONE], "reference": ""}, 422, "reference"),
        ("receipts", {"lines": [ONE], "warehouse_id": 9**9}, 422, "warehouse_id"),
        ("adjustments", {"lines": [{"sku": "G-01", "change": 0}]}, 422, "lines"),
        ("adjustments", {"lines": [{"sku": "G-01", "change": -101}]}, 409, "lines.0.change"),
        ("adjustments", {"lines": [{"sku": "G-01", "change": 1.5}]}, 422, "lines.0.change"),
    ],
)
def test_bad_input_is_named(
    shop: Shop, api: ApiClient, path: str, body: dict[str, Any], status: int, field: str
) -> None:
    count = StockMovement.objects.count()
    answer = api.post(f"/api/v1/stock/{path}", {"reference": "R", **body})
    assert answer.status_code == status, answer.content
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert StockMovement.objects.count() == count


def test_lists_and_thresholds(shop: Shop, api: ApiClient) -> None:
    sell(("G-02", 3))
    (row,) = api.get("/api/v1/stock?sku=g-02").json()["items"]
    assert (row["on_hand"], row["reserved"], row["available"], row["is_low"]) == (100, 3, 97, False)
    patched = api.patch(f"/api/v1/stock/{row['id']}", {"low_stock_threshold": 98}).json()
    assert patched["is_low"] is True
    assert [one["sku"] for one in api.get("/api/v1/stock?low=true").json()["items"]] == ["G-02"]
    assert len(api.get("/api/v1/stock/movements?limit=2").json()["items"]) == 2
    assert len(api.get("/api/v1/stock/movements?sku=G-03").json()["items"]) == 1
    assert api.get("/api/v1/warehouses").json()["items"][0]["code"] == "MAIN"
    assert api.post("/api/v1/warehouses", {"code": "EAST", "name": "华东仓"}).status_code == 201
    assert api.patch("/api/v1/stock/999999999", {"low_stock_threshold": 1}).status_code == 404


def test_roles(shop: Shop, api_as: Callable[[str], ApiClient]) -> None:
    stock = Stock.objects.first()
    assert stock is not None
    assert api_as("sales").post("/api/v1/stock/adjustments", {"reference": "x", "lines": []}).status_code in {403, 422}
    body = {"reference": "x", "lines": [{"sku": "G-01", "change": 1}]}
    assert api_as("sales").post("/api/v1/stock/adjustments", body).status_code == 403
    assert api_as("warehouse").post("/api/v1/stock/adjustments", body).status_code == 201


LARGEST = {"sku": "G-01", "quantity": 1_000_000, "unit_cost": "9999999999.9999"}


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([LARGEST], "lines"),
        ([{**LARGEST, "quantity": 99}] * 2, "lines"),
        ([{**LARGEST, "unit_cost": "10000000000"}], "lines.0.unit_cost"),
    ],
)
def test_a_receipt_no_account_could_hold_is_refused(
    shop: Shop, api: ApiClient, lines: list[dict[str, Any]], field: str
) -> None:
    moved = StockMovement.objects.count()
    answer = api.post("/api/v1/stock/receipts", {"reference": "D-9", "lines": lines})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert StockMovement.objects.count() == moved


def test_stock_that_outgrows_its_column_is_refused(shop: Shop, api: ApiClient) -> None:
    body = {"reference": "D-1", "lines": [{**LARGEST, "quantity": 99}]}
    assert api.post("/api/v1/stock/receipts", body).status_code == 201
    answer = api.post("/api/v1/stock/receipts", {**body, "reference": "D-2"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body")
    assert Stock.objects.get(variant_id=shop.variant_ids[0]).on_hand == 199


def test_a_sku_as_long_as_the_catalogue_allows_is_received(shop: Shop, api: ApiClient) -> None:
    product = create_product(name="长")
    add_variant(product_id=product.pk, sku="L" * 64, retail_price=Decimal(1))
    body = {"reference": "D-1", "lines": [{**ONE, "sku": "l" * 64}]}
    assert api.post("/api/v1/stock/receipts", body).status_code == 201


@pytest.mark.parametrize("role", ["sales", "warehouse", "manager"])
def test_what_stock_is_worth_needs_the_permission_of_costs(
    shop: Shop, brand: Brand, console_as: Callable[[str], Client], role: str
) -> None:
    _key, token = issue_api_key(name=role, role=role)
    mine = ApiClient(host=f"{brand.slug}.localhost", token=token)
    sees = role == "manager"
    (stock, *_rest), (movement, *_others) = (
        mine.get(f"/api/v1/{path}").json()["items"] for path in ("stock", "stock/movements")
    )
    assert ("value" in stock, "value" in movement, "value_after" in movement) == (sees, sees, sees)
    if role != "sales":
        body = {"reference": "D-9", "lines": [{"sku": "G-01", "quantity": 1, "unit_cost": "4"}]}
        (booked,) = mine.post("/api/v1/stock/receipts", body).json()["items"]
        changed = mine.patch(f"/api/v1/stock/{stock['id']}", {"low_stock_threshold": 3})
        assert (changed.status_code, "value" in changed.json(), "value_after" in booked) == (200, sees, sees)
    page = console_as(role)
    worth = {f"{Stock.objects.get(pk=stock['id']).value}", f"{StockMovement.objects.get(pk=movement['id']).value}"}
    for path in ("stock", "stockmovement", f"stock/{stock['id']}/change", f"stockmovement/{movement['id']}/change"):
        answer = page.get(f"/console/inventory/{path}/")
        text = answer.content.decode().replace(",", "")
        assert (answer.status_code, any(money in text for money in worth)) == (200, sees), path


def test_a_filter_by_address_does_not_tell_what_stock_is_worth(shop: Shop, console_as: Callable[[str], Client]) -> None:
    page = console_as("sales")
    for path in ("stock/?value__gt=1", "stockmovement/?value_after__gt=1", "stock/?variant__cost_price__gt=1"):
        assert page.get(f"/console/inventory/{path}").status_code == 400, path
    assert page.get("/console/catalog/variant/?cost_price__gt=1").status_code == 400
    assert console_as("owner").get("/console/inventory/stock/?value__gt=1").status_code == 200
