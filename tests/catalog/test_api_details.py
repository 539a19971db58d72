"""Tree, details, options and schedules over HTTP: what works, and every refusal."""

from datetime import timedelta
from typing import Any

import pytest

from kernel.core import clock
from kernel.models import AuditRecord
from shared_apps.entitlements.models import Quota
from shared_apps.tenants.models import Brand
from tenant_apps.catalog.models import Variant
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


class TestTree:
    def test_siblings_are_put_in_order(self, api: ApiClient) -> None:
        top = api.post("/api/v1/categories", {"name": "彩妆"}).json()["id"]
        ids = [api.post("/api/v1/categories", {"name": n, "parent_id": top}).json()["id"] for n in "abc"]
        api.post(f"/api/v1/categories/{ids[2]}/move", {"parent_id": top, "before_id": ids[0]})
        api.post(f"/api/v1/categories/{ids[0]}/move", {"parent_id": top, "after_id": ids[1]})
        rows = api.get("/api/v1/category-tree").json()["items"]
        assert [(row["name"], row["depth"]) for row in rows] == [("彩妆", 1), ("c", 2), ("b", 2), ("a", 2)]
        assert rows[1]["path"] == ["彩妆", "c"]
        api.post(f"/api/v1/categories/{ids[1]}/move", {"parent_id": None})
        assert [row["name"] for row in api.get("/api/v1/category-tree").json()["items"]] == ["彩妆", "c", "a", "b"]

    def test_refusals(self, api: ApiClient) -> None:
        top = api.post("/api/v1/categories", {"name": "a"}).json()["id"]
        below = api.post("/api/v1/categories", {"name": "b", "parent_id": top}).json()["id"]
        move = f"/api/v1/categories/{top}/move"
        assert told(api.post(move, {"parent_id": below})) == (409, "parent_id", "cyclic_category")
        assert told(api.post(move, {"parent_id": 999_999})) == (422, "parent_id", "unknown_category")
        assert told(api.post(move, {"before_id": below})) == (422, "before_id", "unknown_neighbour")
        both = api.post(move, {"before_id": below, "after_id": below})
        assert told(both) == (422, "after_id", "unknown_neighbour")
        assert api.post("/api/v1/categories/999999/move", {}).status_code == 404
        twin = api.post("/api/v1/categories", {"name": "b"}).json()["id"]
        assert told(api.post(f"/api/v1/categories/{twin}/move", {"parent_id": top})) == (
            409,
            "name",
            "duplicate_category",
        )
        deep = below
        for name in "cde":
            deep = api.post("/api/v1/categories", {"name": name, "parent_id": deep}).json()["id"]
        assert told(api.post("/api/v1/categories", {"name": "f", "parent_id": deep})) == (
            422,
            "parent_id",
            "category_too_deep",
        )


class TestDetails:
    def test_what_is_said_of_a_product(self, api: ApiClient) -> None:
        details = {
            "brand_name": "榕",
            "unit": "支",
            "video_url": "https://example.com/a.mp4",
            "shelf_life_days": 1095,
        }
        product = api.post("/api/v1/products", {"name": "口红", **details}).json()
        assert {name: product[name] for name in details} == details
        changed = api.patch(f"/api/v1/products/{product['id']}", {"shelf_life_days": None}).json()
        assert changed["shelf_life_days"] is None

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"video_url": "javascript:alert(1)"}, "video_url"),
            ({"video_url": "http://"}, "video_url"),
            ({"video_url": "https://a b"}, "video_url"),
            ({"shelf_life_days": 0}, "shelf_life_days"),
            ({"shelf_life_days": 36_501}, "shelf_life_days"),
            ({"brand_name": "x" * 101}, "brand_name"),
            ({"unit": "x" * 21}, "unit"),
        ],
    )
    def test_refusals(self, api: ApiClient, product_id: int, change: dict[str, Any], field: str) -> None:
        for answer in (
            api.post("/api/v1/products", {"name": "x", **change}),
            api.patch(f"/api/v1/products/{product_id}", change),
        ):
            assert told(answer)[:2] == (422, field)

    def test_tax_rates_by_date(self, api: ApiClient, product_id: int) -> None:
        path = f"/api/v1/products/{product_id}/tax-rates"
        api.post(path, {"valid_from": "2027-01-01", "rate": "0.09"})
        answer = api.post(path, {"valid_from": "2027-01-01", "rate": "0.06"})
        assert answer.json()["dated"] == [{"valid_from": "2027-01-01", "rate": "0.060000"}]
        assert told(api.post(path, {"valid_from": "2027-01-01", "rate": "0.17"})) == (422, "rate", "invalid_tax_rate")
        assert told(api.post(path, {"valid_from": "soon", "rate": "0.06"}))[:2] == (422, "valid_from")
        assert api.delete(f"{path}/2027-01-01").status_code == 204
        assert told(api.delete(f"{path}/2027-01-01"))[2] == "tax_rate_not_found"
        assert (
            api.post("/api/v1/products/999999/tax-rates", {"valid_from": "2027-01-01", "rate": "0"}).status_code == 404
        )


class TestOptions:
    OPTIONS = {"options": [{"name": "颜色", "values": ["红", "蓝"]}, {"name": "尺码", "values": ["S", "M"]}]}

    def test_the_matrix_is_made_once(self, api: ApiClient, product_id: int) -> None:
        base = f"/api/v1/products/{product_id}"
        assert api.put(f"{base}/options", self.OPTIONS).json()["options"] == self.OPTIONS["options"]
        order = {"sku_prefix": "lip", "retail_price": "99"}
        made = api.post(f"{base}/generate-variants", order).json()
        assert [row["sku"] for row in made["created"]] == ["LIP-红-S", "LIP-红-M", "LIP-蓝-S", "LIP-蓝-M"]
        assert made["created"][0]["option_values"] == {"颜色": "红", "尺码": "S"}
        again = api.post(f"{base}/generate-variants", {**order, "sku_prefix": "other"}).json()
        assert (again["created"], again["existing"]) == ([], 4)
        more = {"options": [{"name": "尺码", "values": ["S", "M", "L"]}, {"name": "颜色", "values": ["红", "蓝"]}]}
        api.put(f"{base}/options", more)
        assert len(api.post(f"{base}/generate-variants", order).json()["created"]) == 2
        assert Quota.objects.get(name="skus").used == 6

    def test_what_variants_carry_stays(self, api: ApiClient, product_id: int) -> None:
        base = f"/api/v1/products/{product_id}"
        api.put(f"{base}/options", self.OPTIONS)
        values = {"颜色": "红", "尺码": "S"}
        first = api.post(f"{base}/variants", {"sku": "A", "retail_price": "1", "option_values": values})
        assert first.status_code == 201
        for options in ([], [{"name": "颜色", "values": ["红"]}], [{"name": "颜色", "values": ["蓝"]}] * 1):
            assert told(api.put(f"{base}/options", {"options": options})) == (409, "options", "option_in_use")
        twin = api.post(f"{base}/variants", {"sku": "B", "retail_price": "1", "option_values": values})
        assert told(twin) == (409, "option_values", "duplicate_options")
        for wrong in ({"颜色": "红"}, {"颜色": "绿", "尺码": "S"}, {"味道": "甜"}):
            answer = api.post(f"{base}/variants", {"sku": "C", "retail_price": "1", "option_values": wrong})
            assert told(answer) == (422, "option_values", "invalid_options")

    @pytest.mark.parametrize(
        ("options", "field", "code"),
        [
            ([{"name": n, "values": ["1"]} for n in "abcd"], "options", "too_many_options"),
            ([{"name": n, "values": [str(v) for v in range(15)]} for n in "ab"], "options", "too_many_variants"),
            (
                [{"name": "a", "values": ["1"]}, {"name": "a ", "values": ["1"]}],
                "options.0.name",
                "invalid_option_name",
            ),
            ([{"name": " ", "values": ["1"]}], "options.0.name", "invalid_option_name"),
            ([{"name": "x" * 21, "values": ["1"]}], "options.0.name", "invalid_option_name"),
            ([{"name": "a", "values": []}], "options.0.values", "invalid_option_values"),
            ([{"name": "a", "values": ["1", " 1"]}], "options.0.values", "invalid_option_values"),
            ([{"name": "a", "values": ["x" * 31]}], "options.0.values", "invalid_option_values"),
        ],
    )
    def test_refused_options(
        self, api: ApiClient, product_id: int, options: list[dict[str, Any]], field: str, code: str
    ) -> None:
        answer = api.put(f"/api/v1/products/{product_id}/options", {"options": options})
        assert told(answer) == (422, field, code)

    def test_refused_generations(self, api: ApiClient, product_id: int) -> None:
        path = f"/api/v1/products/{product_id}/generate-variants"
        order = {"sku_prefix": "lip", "retail_price": "99"}
        assert told(api.post(path, order)) == (422, "options", "invalid_options")
        api.put(f"/api/v1/products/{product_id}/options", self.OPTIONS)
        other = create_product(name="x")
        api.post(f"/api/v1/products/{other.pk}/variants", {"sku": "LIP-蓝-M", "retail_price": "1"})
        assert told(api.post(path, order)) == (409, "sku_prefix", "duplicate_sku")
        long = api.post(path, {"sku_prefix": "x" * 62, "retail_price": "99"})
        assert told(long) == (422, "sku_prefix", "invalid_options")
        Quota.objects.filter(name="skus").update(limit=3)
        refused = api.post(path, {**order, "sku_prefix": "new"})
        assert (refused.status_code, refused.json()["code"]) == (402, "quota_exceeded")
        assert Variant.objects.count() == 1


class TestShelf:
    def test_a_schedule_is_effective_by_time(self, api: ApiClient, product_id: int) -> None:
        now = clock.now()
        path = f"/api/v1/products/{product_id}"

        def plan(**moments: timedelta) -> Any:
            body = {name: (now + delta).isoformat() for name, delta in moments.items()}
            return api.post(f"{path}/schedule", body)

        hour = timedelta(hours=1)
        assert plan(on_shelf_at=hour).json()["is_on_shelf"] is False
        assert plan(on_shelf_at=-hour, off_shelf_at=hour).json()["is_on_shelf"] is True
        assert plan(off_shelf_at=hour).json()["is_on_shelf"] is True
        assert plan(on_shelf_at=hour).json()["state"] == "on_shelf"
        assert api.post(f"{path}/put-on-shelf").json()["on_shelf_at"] is None
        assert told(api.post(f"{path}/put-on-shelf"))[2] == "illegal_transition"
        plan(on_shelf_at=hour)
        off = api.post(f"{path}/take-off-shelf").json()
        assert (off["state"], off["on_shelf_at"]) == ("off_shelf", None)
        assert AuditRecord.objects.filter(action="catalog.shelf").count() == 7

    @pytest.mark.parametrize(
        ("body", "field", "code"),
        [
            ({"on_shelf_at": SECOND, "off_shelf_at": FIRST}, "off_shelf_at", BACKWARDS),
            ({"off_shelf_at": PAST}, "off_shelf_at", BACKWARDS),
            ({"on_shelf_at": SECOND, "early_access_at": FIRST}, "early_access_rank", HALF),
            ({"on_shelf_at": SECOND, "early_access_rank": 1}, "early_access_at", HALF),
            ({"early_access_at": FIRST, "early_access_rank": 1}, "early_access_at", LATE),
            ({"on_shelf_at": FIRST, "early_access_at": FIRST, "early_access_rank": 1}, "early_access_at", LATE),
        ],
    )
    def test_refused_schedules(
        self, api: ApiClient, product_id: int, body: dict[str, Any], field: str, code: str
    ) -> None:
        assert told(api.post(f"/api/v1/products/{product_id}/schedule", body)) == (422, field, code)

    @pytest.mark.parametrize("body", [{"on_shelf_at": "tomorrow"}, {"early_access_rank": 0}, {"from": "x"}])
    def test_badly_written_schedules(self, api: ApiClient, product_id: int, body: dict[str, Any]) -> None:
        assert api.post(f"/api/v1/products/{product_id}/schedule", body).status_code == 422
