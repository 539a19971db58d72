"""Bundles, costs and search over HTTP: what works, and every refusal."""

from decimal import Decimal
from typing import Any

import pytest

from kernel.models import AuditRecord
from shared_apps.tenants.models import Brand
from tenant_apps.catalog.models import Product, Variant
from tenant_apps.catalog.services.ensure import NewVariant, ensure_variants
from tenant_apps.catalog.services.products import create_product
from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db

PAST = "2020-01-01T00:00:00Z"
FIRST = "2030-01-01T00:00:00Z"
SECOND = "2030-01-02T00:00:00Z"
BACKWARDS = "ends_before_it_begins"
HALF = "early_access_incomplete"
LATE = "early_access_not_early"
WORDS = ["丝绒", "丝绒口红", "srkh", "sirong", "kouhong", "KH", "lip", "LIP-R", "4006381333931", "榕树", "rs", "红 榕"]


@pytest.fixture
def product_id() -> int:
    return create_product(name="丝绒口红").pk


@pytest.fixture
def editor(brand: Brand) -> Any:
    """Somebody who may change goods but not see costs."""
    from shared_apps.accounts.services.api_keys import issue_api_key
    from tests.factories.api_client import ApiClient

    _key, token = issue_api_key(name="editor", role="service", permissions={"catalog.view", "catalog.edit"})
    return ApiClient(host=f"{brand.slug}.localhost", token=token)


def told(answer: Any) -> tuple[int, str, str]:
    error = (answer.json().get("errors") or [{"field": "", "code": answer.json()["code"]}])[0]
    return answer.status_code, error["field"], error["code"]


class TestBundles:
    @pytest.fixture
    def parts(self) -> dict[str, int]:
        rows = [NewVariant(sku="A", name="a"), NewVariant(sku="POST", name="post", kind="service")]
        return ensure_variants(rows=rows)

    def test_parts_are_set_and_read(self, api: ApiClient, parts: dict[str, int]) -> None:
        bundle = api.post("/api/v1/products", {"name": "礼盒", "kind": "bundle"}).json()["id"]
        box = api.post(f"/api/v1/products/{bundle}/variants", {"sku": "SET", "retail_price": "9"}).json()["id"]
        path = f"/api/v1/variants/{box}/parts"
        assert api.put(path, {"parts": [{"variant_id": parts["A"], "quantity": 2}]}).json() == api.get(path).json()
        assert api.get(path).json() == {"parts": [{"variant_id": parts["A"], "sku": "A", "quantity": 2}]}
        for rows, field, code in (
            ([], "parts", "invalid_number_of_parts"),
            ([{"variant_id": parts["A"], "quantity": 1}] * 2, "parts.1.variant_id", "repeated_part"),
            ([{"variant_id": parts["POST"], "quantity": 1}], "parts.0.variant_id", "part_not_goods"),
            ([{"variant_id": box, "quantity": 1}], "parts.0.variant_id", "part_not_goods"),
            ([{"variant_id": 999_999, "quantity": 1}], "parts.0.variant_id", "unknown_variant"),
            ([{"variant_id": parts["A"], "quantity": 1_001}], "parts.0.quantity", "invalid_quantity"),
        ):
            assert told(api.put(path, {"parts": rows})) == (422, field, code)
        goods = Variant.objects.get(sku="A").product_id
        for product, kind in ((goods, "bundle"), (bundle, "goods")):
            assert told(api.patch(f"/api/v1/products/{product}", {"kind": kind})) == (409, "kind", "kind_in_use")
        plain = api.put(f"/api/v1/variants/{parts['A']}/parts", {"parts": [{"variant_id": box, "quantity": 1}]})
        assert told(plain)[2] == "not_a_bundle"


class TestCosts:
    def test_only_those_who_may_know_them(self, api: ApiClient, editor: Any, product_id: int) -> None:
        path = f"/api/v1/products/{product_id}"
        body = {"sku": "A", "retail_price": "9", "cost_price": "1.2345", "weight_grams": 5}
        variant = api.post(f"{path}/variants", body).json()
        assert (variant["cost_price"], variant["weight_grams"]) == ("1.2345", 5)
        mine = f"/api/v1/variants/{variant['id']}"
        for answer in (editor.get(mine).json(), editor.get(path).json()["variants"][0]):
            assert "cost_price" not in answer
        assert "cost_price" not in editor.get("/api/v1/variants").json()["items"][0]
        assert api.get("/api/v1/variants").json()["items"][0]["cost_price"] == "1.2345"
        for refused in (
            editor.post(f"{path}/variants", {**body, "sku": "B"}),
            editor.patch(mine, {"cost_price": None}),
        ):
            assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")
        assert editor.patch(mine, {"name": "x"}).status_code == 200
        api.patch(mine, {"cost_price": "2"})
        assert Variant.objects.get().cost_price == Decimal(2)
        written = AuditRecord.objects.filter(action="catalog.cost_price").get()
        assert (written.before, written.after) == (None, None)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"cost_price": "-1"}, "cost_price"),
            ({"cost_price": "1.23456"}, "cost_price"),
            ({"weight_grams": -1}, "weight_grams"),
            ({"weight_grams": 10_000_001}, "weight_grams"),
            ({"option_values": {"a": 1}}, "option_values.a"),
        ],
    )
    def test_refusals(self, api: ApiClient, product_id: int, change: dict[str, Any], field: str) -> None:
        answer = api.post(f"/api/v1/products/{product_id}/variants", {"sku": "A", "retail_price": "1", **change})
        assert told(answer)[:2] == (422, field)


class TestSearch:
    @pytest.mark.parametrize(
        "search",
        [
            "丝绒",
            "丝绒口红",
            "srkh",
            "sirong",
            "kouhong",
            "KH",
            "lip",
            "LIP-R",
            "4006381333931",
            "榕树",
            "rs",
            "红 榕",
            "口红 lip",
        ],
    )
    def test_found_by(self, api: ApiClient, product_id: int, search: str) -> None:
        api.patch(f"/api/v1/products/{product_id}", {"brand_name": "榕树"})
        body = {"sku": "lip-red", "retail_price": "1", "barcode": "4006381333931"}
        api.post(f"/api/v1/products/{product_id}/variants", body)
        api.post("/api/v1/products", {"name": "面霜"})
        found = api.get(f"/api/v1/products?search={search}").json()["items"]
        assert [row["id"] for row in found] == [product_id]

    def test_characters_with_several_readings(self, api: ApiClient) -> None:
        api.post("/api/v1/products", {"name": "重庆乐家"})
        for search in ("cqlj", "cqyj", "chongqing", "lejia", "yuejia"):
            assert len(api.get(f"/api/v1/products?search={search}").json()["items"]) == 1, search

    def test_every_way_of_writing_keeps_it(self, api: ApiClient, product_id: int) -> None:
        api.patch(f"/api/v1/products/{product_id}", {"name": "睫毛膏"})
        assert not api.get("/api/v1/products?search=kouhong").json()["items"]
        assert api.get("/api/v1/products?search=jmg").json()["items"]
        ensure_variants(rows=[NewVariant(sku="N-1", name="眉笔")])
        assert api.get("/api/v1/products?search=meibi").json()["items"]
        assert not Product.objects.filter(search_text="").exists()
        for nothing in ("%", "_", "zzz"):
            assert not api.get(f"/api/v1/products?search={nothing.replace('%', '%25')}").json()["items"]
