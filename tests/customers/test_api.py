"""Customers, addresses and divisions over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from tenant_apps.customers import schemas
from tenant_apps.customers.models import Address, Customer
from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db

ADDRESS = {
    "receiver_name": "王小明 🏠",
    "receiver_phone": "138-1234-5678",
    "district_code": "440305",
    "street": "科技园 1 号",
}


@pytest.fixture
def customer_id(api: ApiClient) -> int:
    answer = api.post("/api/v1/customers", {"name": "小红 🌸", "phone": "13812345678"})
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def field_of(answer: Any) -> str:
    return str(answer.json()["errors"][0]["field"])


def test_phone_is_masked_in_lists_and_whole_on_the_page(api: ApiClient, customer_id: int) -> None:
    (row,) = api.get("/api/v1/customers").json()["items"]
    assert set(row) == set(schemas.CustomerRow.model_fields)
    assert row["phone"] == "+86138****5678"
    page = api.get(f"/api/v1/customers/{customer_id}").json()
    assert (page["phone"], page["name"], page["addresses"]) == ("+8613812345678", "小红 🌸", [])


def test_search_and_filter(api: ApiClient, customer_id: int) -> None:
    taobao = api.post("/api/v1/customers", {"channel": "taobao", "external_id": "17850"}).json()

    def ids(query: str) -> list[int]:
        return [row["id"] for row in api.get(f"/api/v1/customers?{query}").json()["items"]]

    assert ids("search=5678") == ids("search=13812345678") == ids("search=红") == [customer_id]
    assert ids("channel=taobao") == ids("search=17850") == [taobao["id"]]


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"name": "a\x00b"}, 422, "name"),
        ({"name": "x" * 101}, 422, "name"),
        ({"name": 5}, 422, "name"),
        ({"phone": "12"}, 422, "phone"),
        ({"phone": None}, 422, "phone"),
        ({"phone": "13812345678"}, 409, "phone"),
        ({"channel": "taobao"}, 422, "external_id"),
        ({"channel": "jd", "external_id": "1"}, 409, "external_id"),
        ({"notes": "x" * 1_001}, 422, "notes"),
        ({"age": 18}, 422, "age"),
    ],
)
def test_bad_customers_are_refused(
    api: ApiClient, customer_id: int, change: dict[str, Any], status: int, field: str
) -> None:
    mine = api.post("/api/v1/customers", {"name": "mine"}).json()
    api.post("/api/v1/customers", {"channel": "jd", "external_id": "1"})
    for answer in (api.post("/api/v1/customers", change), api.patch(f"/api/v1/customers/{mine['id']}", change)):
        assert (answer.status_code, field_of(answer)) == (status, field), answer.content
    assert Customer.objects.count() == 3


def test_addresses(api: ApiClient, customer_id: int) -> None:
    path = f"/api/v1/customers/{customer_id}/addresses"
    first = api.post(path, ADDRESS)
    assert first.status_code == 201, first.content
    assert (first.json()["province"], first.json()["city"], first.json()["is_default"]) == ("广东省", "深圳市", True)
    assert first.json()["receiver_phone"] == "+8613812345678"
    second = api.post(path, {**ADDRESS, "district_code": "110101", "province_code": "11", "city_code": "1101"}).json()
    api.post(f"/api/v1/addresses/{second['id']}/make-default")
    listed = api.get(path).json()["items"]
    assert [(row["id"], row["is_default"]) for row in listed] == [(second["id"], True), (first.json()["id"], False)]
    changed = api.patch(f"/api/v1/addresses/{second['id']}", {"street": "长安街 1 号"}).json()
    assert changed == {**listed[0], "street": "长安街 1 号"}
    assert api.delete(f"/api/v1/addresses/{second['id']}").status_code == 204
    assert [row["is_default"] for row in api.get(f"/api/v1/customers/{customer_id}").json()["addresses"]] == [True]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"district_code": "999999"}, "district_code"),
        ({"district_code": "4403"}, "district_code"),
        ({"district_code": 440305}, "district_code"),
        ({"city_code": "4401"}, "city_code"),
        ({"province_code": "11"}, "province_code"),
        ({"receiver_phone": "x"}, "receiver_phone"),
        ({"receiver_name": " "}, "receiver_name"),
        ({"street": ""}, "street"),
        ({"street": "x" * 201}, "street"),
        ({"street": "a\x00"}, "street"),
        ({"country": "CN"}, "country"),
    ],
)
def test_bad_addresses_are_refused(api: ApiClient, customer_id: int, change: dict[str, Any], field: str) -> None:
    answer = api.post(f"/api/v1/customers/{customer_id}/addresses", {**ADDRESS, **change})
    assert (answer.status_code, field_of(answer)) == (422, field), answer.content
    assert not Address.objects.exists()


def test_unknown_ids(api: ApiClient) -> None:
    for answer in (
        api.get("/api/v1/customers/999999"),
        api.get("/api/v1/customers/999999/addresses"),
        api.post("/api/v1/customers/999999/addresses", ADDRESS),
        api.delete("/api/v1/addresses/999999"),
    ):
        assert answer.status_code == 404
        assert answer.json()["code"] in {"customer_not_found", "address_not_found"}


def test_divisions_are_sent_once(api: ApiClient) -> None:
    answer = api.get("/api/v1/divisions")
    shape = schemas.DivisionsOut.model_validate(answer.json())
    assert len(shape.items) == 31
    guangdong = next(province for province in shape.items if province.code == "44")
    shenzhen = next(city for city in guangdong.cities if city.name == "深圳市")
    assert "南山区" in {district.name for district in shenzhen.districts}
    assert answer.headers["cache-control"] == "private, max-age=86400"
    again = api.get("/api/v1/divisions", **{"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_who_may(api_as: Callable[[str], ApiClient], anonymous: Any, customer_id: int) -> None:
    finance = api_as("finance")
    assert finance.get(f"/api/v1/customers/{customer_id}").status_code == 200
    assert finance.patch(f"/api/v1/customers/{customer_id}", {"name": "x"}).status_code == 403
    assert api_as("warehouse").get("/api/v1/customers").status_code == 403
    for path in ("customers", "divisions"):
        assert anonymous.get(f"/api/v1/{path}").status_code == 401
