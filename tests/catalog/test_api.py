"""The catalogue over HTTP: every operation, every refusal."""

from collections.abc import Callable
from typing import Any

import pytest

from tenant_apps.catalog.models import Product, Variant
from tenant_apps.catalog.schemas.categories import CategoryOut
from tenant_apps.catalog.schemas.products import ProductRow
from tenant_apps.catalog.schemas.variants import VariantRow
from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def product_id(api: ApiClient) -> int:
    answer = api.post("/api/v1/products", {"name": "口红 💄", "tax_rate": "0.13"})
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def field_of(answer: Any) -> str:
    return str(answer.json()["errors"][0]["field"])


def test_from_category_to_the_shelf(api: ApiClient) -> None:
    category = api.post("/api/v1/categories", {"name": "彩妆"}).json()
    body = {"name": "口红 💄", "category_id": category["id"], "tax_code": "1070101010000000000"}
    product = api.post("/api/v1/products", body).json()
    assert (product["state"], product["tax_rate"], product["variants"]) == ("off_shelf", "0.130000", [])
    variant = api.post(f"/api/v1/products/{product['id']}/variants", {"sku": "red-1", "retail_price": "99.9"})
    assert variant.status_code == 201
    assert (variant.json()["sku"], variant.json()["retail_price"]) == ("RED-1", "99.90")
    shelved = api.post(f"/api/v1/products/{product['id']}/put-on-shelf")
    assert (shelved.status_code, shelved.json()["state"]) == (200, "on_shelf")
    assert [row["sku"] for row in shelved.json()["variants"]] == ["RED-1"]
    again = api.post(f"/api/v1/products/{product['id']}/put-on-shelf")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    assert api.post(f"/api/v1/products/{product['id']}/take-off-shelf").json()["state"] == "off_shelf"


def test_lists_have_the_shape_they_promise(api: ApiClient, product_id: int) -> None:
    api.post("/api/v1/categories", {"name": "彩妆"})
    api.post(f"/api/v1/products/{product_id}/variants", {"sku": "red-1", "retail_price": "99.90"})
    for path, shape in (
        ("/api/v1/categories", CategoryOut),
        ("/api/v1/products", ProductRow),
        ("/api/v1/variants", VariantRow),
    ):
        page = api.get(path).json()
        assert set(page) == {"items", "next_cursor"}
        (row,) = page["items"]
        assert set(row) == set(shape.model_fields)
        shape.model_validate(row)
    assert api.get("/api/v1/variants").json()["items"][0]["retail_price"] == "99.90"


def test_pages_follow_each_other(api: ApiClient) -> None:
    for number in range(5):
        api.post("/api/v1/products", {"name": f"Product {number}"})
    names = []
    cursor = ""
    while True:
        page = api.get(f"/api/v1/products?limit=2{cursor}").json()
        names += [row["name"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert names == [f"Product {number}" for number in reversed(range(5))]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("cursor=nonsense", "cursor"),
        ("state=lost", "state"),
        ("category_id=0", "category_id"),
        ("category_id=99999999999999999999", "category_id"),
        ("search=%00", "search"),
        ("search=" + "x" * 201, "search"),
    ],
)
def test_bad_filters_are_named(api: ApiClient, query: str, field: str) -> None:
    answer = api.get(f"/api/v1/products?{query}")
    assert (answer.status_code, field_of(answer)) == (422, field)


def test_filters(api: ApiClient, product_id: int) -> None:
    api.post("/api/v1/products", {"name": "邮费", "kind": "service"})
    api.post(
        f"/api/v1/products/{product_id}/variants", {"sku": "red-1", "retail_price": "1", "barcode": "4006381333931"}
    )

    def ids(query: str) -> list[int]:
        return [row["id"] for row in api.get(f"/api/v1/products?{query}").json()["items"]]

    assert len(ids("")) == 2
    for query in ("kind=goods", "search=red", "search=4006381333931", "search=口红"):
        assert ids(query) == [product_id], query
    assert ids("state=on_shelf") == ids("category_id=999999") == []
    assert len(api.get("/api/v1/variants?is_active=true").json()["items"]) == 1
    assert api.get("/api/v1/variants?is_active=false").json()["items"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": 5}, "name"),
        ({"name": None}, "name"),
        ({"name": "x", "colour": "red"}, "colour"),
        ({"name": "x", "tax_rate": "0.17"}, "tax_rate"),
        ({"name": "x", "tax_rate": 0.13}, "tax_rate"),
        ({"name": "x", "tax_rate": "13%"}, "tax_rate"),
        ({"name": "x", "tax_code": "12"}, "tax_code"),
        ({"name": "x", "category_id": 999_999}, "category_id"),
        ({"name": "x", "category_id": "1"}, "category_id"),
        ({"name": "x", "category_id": True}, "category_id"),
        ({"name": "x", "kind": "idea"}, "kind"),
    ],
)
def test_bad_products_are_refused(api: ApiClient, body: dict[str, Any], field: str) -> None:
    answer = api.post("/api/v1/products", body)
    assert (answer.status_code, field_of(answer)) == (422, field), answer.content
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"sku": ""}, 422, "sku"),
        ({"sku": "x" * 65}, 422, "sku"),
        ({"sku": "a\x00"}, 422, "sku"),
        ({"sku": "a\tb"}, 422, "sku"),
        ({"sku": 7}, 422, "sku"),
        ({"retail_price": "12.345"}, 422, "retail_price"),
        ({"retail_price": 12.3}, 422, "retail_price"),
        ({"retail_price": "-1"}, 422, "retail_price"),
        ({"retail_price": "1e3"}, 422, "retail_price"),
        ({"retail_price": "NaN"}, 422, "retail_price"),
        ({"retail_price": "1000000000000"}, 422, "retail_price"),
        ({"retail_price": None}, 422, "retail_price"),
        ({"barcode": "4006381333932"}, 422, "barcode"),
        ({"is_active": "perhaps"}, 422, "is_active"),
        ({"stock": 5}, 422, "stock"),
        ({"sku": "taken"}, 409, "sku"),
        ({"barcode": "4006381333931"}, 409, "barcode"),
    ],
)
def test_bad_variants_are_refused(
    api: ApiClient, product_id: int, change: dict[str, Any], status: int, field: str
) -> None:
    path = f"/api/v1/products/{product_id}/variants"
    api.post(path, {"sku": "TAKEN", "retail_price": "1", "barcode": "4006381333931"})
    mine = api.post(path, {"sku": "mine", "retail_price": "1"}).json()
    for answer in (
        api.post(path, {"sku": "new", "retail_price": "1", **change}),
        api.patch(f"/api/v1/variants/{mine['id']}", change),
    ):
        assert (answer.status_code, field_of(answer)) == (status, field), answer.content
        assert answer.headers["content-type"] == "application/problem+json"
    assert Variant.objects.count() == 2
    assert api.get(f"/api/v1/variants/{mine['id']}").json() == mine


def test_change_only_what_is_given(api: ApiClient, product_id: int) -> None:
    before = api.get(f"/api/v1/products/{product_id}").json()
    after = api.patch(f"/api/v1/products/{product_id}", {"description": "新"}).json()
    assert {**before, "description": "新", "updated_at": after["updated_at"]} == after
    assert api.patch(f"/api/v1/products/{product_id}", {}).status_code == 200


def test_category_refusals(api: ApiClient) -> None:
    top = api.post("/api/v1/categories", {"name": "a"}).json()
    below = api.post("/api/v1/categories", {"name": "b", "parent_id": top["id"]}).json()
    looped = api.patch(f"/api/v1/categories/{top['id']}", {"parent_id": below["id"]})
    assert (looped.status_code, looped.json()["code"], field_of(looped)) == (409, "cyclic_category", "parent_id")
    assert api.post("/api/v1/categories", {"name": "a"}).json()["code"] == "duplicate_category"
    assert api.delete(f"/api/v1/categories/{top['id']}").json()["code"] == "category_in_use"
    assert api.patch(f"/api/v1/categories/{below['id']}", {"parent_id": None}).json()["parent_id"] is None
    assert api.delete(f"/api/v1/categories/{top['id']}").status_code == 204


@pytest.mark.parametrize("path", ["products/999999", "variants/999999", "products/99999999999999999999"])
def test_unknown_ids(api: ApiClient, path: str) -> None:
    answer = api.get(f"/api/v1/{path}")
    assert answer.status_code == 404, answer.content
    assert answer.json()["code"] in {"product_not_found", "variant_not_found"}


def test_same_key_same_answer(api: ApiClient) -> None:
    first = api.post("/api/v1/products", {"name": "x"}, key="once")
    again = api.post("/api/v1/products", {"name": "x"}, key="once")
    assert first.json() == again.json()
    assert Product.objects.count() == 1


def test_who_may(api_as: Callable[[str], ApiClient], anonymous: Any, product_id: int) -> None:
    warehouse = api_as("warehouse")
    assert warehouse.get("/api/v1/products").status_code == 200
    refused = warehouse.post("/api/v1/products", {"name": "x"})
    assert (refused.status_code, refused.json()["permission"]) == (403, "catalog.edit")
    assert warehouse.post(f"/api/v1/products/{product_id}/put-on-shelf").status_code == 403
    assert anonymous.get("/api/v1/products").status_code == 401
