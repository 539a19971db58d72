"""Every rule of prices over HTTP, and what is refused."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from kernel.core import clock
from tenant_apps.agents.models import Level
from tenant_apps.catalog.models import Category, Variant
from tenant_apps.pricing.models import AgentPrice, CategoryDiscount, LevelPrice, MinimumLot, SuggestedRetailRange
from tenant_apps.pricing.services import lots
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop, open_shop

pytestmark = pytest.mark.django_db

V1 = "/api/v1"


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def soon(days: int = 7) -> str:
    return (clock.now() + timedelta(days=days)).isoformat()


def test_which_price_and_why(api: ApiClient, shop: Shop) -> None:
    ids = "&".join(f"variant_id={one}" for one in (*shop.variant_ids, 999_999))
    answer = api.get(f"{V1}/prices?agent_id={shop.ling.pk}&{ids}&quantity=2")
    assert answer.status_code == 200, answer.content
    first, _second, _third = answer.json()["items"]
    row = LevelPrice.objects.get(variant_id=shop.variant_ids[0])
    assert (first["price"], first["source"], first["rule_id"]) == ("7.00", "level_price", row.pk)
    assert (first["retail_price"], first["quantity"], first["rate"]) == ("10.00", 2, None)
    assert str(row.pk) in first["reason"]
    nobody = api.get(f"{V1}/prices?{ids}").json()["items"]
    assert {one["source"] for one in nobody} == {"retail"}
    assert api.get(f"{V1}/prices?agent_id=999999&{ids}").json()["code"] == "agent_not_found"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "variant_id"),
        ("variant_id=0", "variant_id.0"),
        ("variant_id=x", "variant_id.0"),
        ("variant_id=1&quantity=0", "quantity"),
        ("variant_id=1&quantity=1000001", "quantity"),
        ("variant_id=1&as_of=yesterday", "as_of"),
        ("variant_id=1&agent_id=-1", "agent_id"),
    ],
)
def test_what_cannot_be_asked(api: ApiClient, query: str, field: str) -> None:
    answer = api.get(f"{V1}/prices?{query}")
    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["field"].endswith(field)


def test_a_thousand_at_once(api: ApiClient, shop: Shop) -> None:
    ids = "&".join(f"variant_id={one}" for one in range(1, 1_001))
    assert api.get(f"{V1}/prices?{ids}").status_code == 200
    assert api.get(f"{V1}/prices?{ids}&variant_id=1001").status_code == 422


def test_a_discount_comes_and_ends(api: ApiClient, shop: Shop) -> None:
    category = Category.objects.create(name="面霜")
    body = {"level_id": shop.ling.level_id, "category_id": category.pk, "rate": "0.8"}
    answer = api.post(f"{V1}/level-discounts", body)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["rate"], answer.json()["category_name"]) == ("0.800000", "面霜")
    path = f"{V1}/level-discounts/{answer.json()['id']}"
    assert len(api.get(f"{V1}/level-discounts?level_id={shop.ling.level_id}").json()["items"]) == 1
    assert api.delete(path).status_code == 204
    assert api.delete(path).json()["code"] == "price_rule_not_found"


def test_an_agreement_comes_and_ends(api: ApiClient, shop: Shop) -> None:
    body = {"agent_id": shop.ling.pk, "variant_id": shop.variant_ids[0], "price": "5", "note": "老客户"}
    answer = api.post(f"{V1}/agent-prices", body)
    assert (answer.status_code, answer.json()["price"]) == (201, "5.00"), answer.content
    (row,) = api.get(f"{V1}/agent-prices?agent_id={shop.ling.pk}").json()["items"]
    assert (row["agent_code"], row["note"]) == ("LING", "老客户")
    assert api.delete(f"{V1}/agent-prices/{row['id']}").status_code == 204
    assert api.post(f"{V1}/agent-prices", {**body, "agent_id": 999_999}).json()["code"] == "agent_not_found"


def test_lots_and_ranges(api: ApiClient, shop: Shop) -> None:
    variant = shop.variant_ids[0]
    every: dict[str, object] = {"level_id": None, "variant_id": variant}
    lot = api.post(f"{V1}/minimum-lots", {**every, "minimum": 12, "step": 6})
    assert (lot.status_code, lot.json()["level_id"]) == (201, None), lot.content
    assert api.post(f"{V1}/minimum-lots", {**every, "minimum": 6}).json()["id"] == lot.json()["id"]
    assert len(api.get(f"{V1}/minimum-lots").json()["items"]) == 1
    assert api.delete(f"{V1}/minimum-lots/{lot.json()['id']}").status_code == 204
    span = api.post(f"{V1}/suggested-ranges", {**every, "lowest": "9", "highest": "12.50"})
    assert (span.status_code, span.json()["highest"]) == (201, "12.50"), span.content
    assert len(api.get(f"{V1}/suggested-ranges?level_id={shop.ling.level_id}").json()["items"]) == 1
    assert api.delete(f"{V1}/suggested-ranges/{span.json()['id']}").status_code == 204
    assert api.delete(f"{V1}/suggested-ranges/{span.json()['id']}").status_code == 404


@pytest.mark.parametrize(
    ("where", "name"),
    [("level-discounts", "category_id"), ("minimum-lots", "level_id"), ("suggested-ranges", "level_id")],
)
def test_everything_is_said_and_never_left_out(api: ApiClient, shop: Shop, where: str, name: str) -> None:
    body = {**GOOD[where], **({"variant_id": shop.variant_ids[0]} if where != "level-discounts" else {})}
    body = {key: shop.ling.level_id if value == 0 else value for key, value in body.items() if key != name}
    answer = api.post(f"{V1}/{where}", body)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [name])
    assert api.post(f"{V1}/{where}", {**body, name: None}).status_code == 201


def test_lots_and_the_first_order_are_refused_by_line(api: ApiClient, shop: Shop) -> None:
    lots.set_lot(level_id=shop.ling.level_id, variant_id=shop.variant_ids[0], minimum=12, step=6)
    Level.objects.filter(id=shop.ling.level_id).update(first_order_minimum=Decimal("100"))

    def order(quantity: int) -> list[tuple[str, str]]:
        lines = [{"sku": "G-02", "quantity": 1}, {"sku": "G-01", "quantity": quantity}]
        answer = api.post(f"{V1}/orders", {"kind": "restock", "agent_id": shop.ling.pk, "lines": lines})
        return [(one["field"], one["code"]) for one in answer.json().get("errors", [])]

    assert order(11) == [("lines.1.quantity", "below_minimum")]
    assert order(13) == [("lines.1.quantity", "not_in_steps")]
    assert order(12) == [("lines", "first_order_too_small")]  # 14.00 and 84.00
    assert order(18) == []


def test_an_order_that_is_not_paid_is_no_first_order(api: ApiClient, shop: Shop) -> None:
    """It could be cancelled once a small one was let in behind it."""
    Level.objects.filter(id=shop.ling.level_id).update(first_order_minimum=Decimal("100"))

    def order(quantity: int) -> Any:
        lines = [{"sku": "G-01", "quantity": quantity}]
        return api.post(f"{V1}/orders", {"kind": "restock", "agent_id": shop.ling.pk, "lines": lines}).json()

    assert order(1)["code"] == "first_order_too_small"
    first = order(18)
    assert order(1)["code"] == "first_order_too_small"
    paid = api.post(f"{V1}/orders/{first['id']}/pay", {"method": "cash", "reference": "c"})
    assert paid.status_code == 200, paid.content
    assert order(1)["state"] == "open"


GOOD: dict[str, dict[str, Any]] = {
    "level-discounts": {"level_id": 0, "category_id": None, "rate": "0.8"},
    "agent-prices": {"agent_id": 0, "variant_id": 0, "price": "5"},
    "minimum-lots": {"level_id": None, "variant_id": 0, "minimum": 6},
    "suggested-ranges": {"level_id": None, "variant_id": 0, "lowest": "5", "highest": "6"},
}


@pytest.mark.parametrize(
    ("where", "change", "field"),
    [
        ("level-discounts", {"rate": "0"}, "rate"),
        ("level-discounts", {"rate": "1.01"}, "rate"),
        ("level-discounts", {"rate": "0.1234567"}, "rate"),
        ("level-discounts", {"rate": 0.8}, "rate"),
        ("level-discounts", {"level_id": 999_999}, "level_id"),
        ("level-discounts", {"level_id": None}, "level_id"),
        ("level-discounts", {"category_id": 999_999}, "category_id"),
        ("level-discounts", {"valid_from": "2020-01-01T00:00:00+08:00"}, "valid_from"),
        ("level-discounts", {"valid_from": "2030-01-01T00:00:00"}, "valid_from"),
        ("level-discounts", {"valid_until": "2020-01-01T00:00:00+08:00"}, "valid_until"),
        ("agent-prices", {"price": "-1"}, "price"),
        ("agent-prices", {"price": "1.001"}, "price"),
        ("agent-prices", {"price": "10000000000"}, "price"),
        ("agent-prices", {"variant_id": 999_999}, "variant_id"),
        ("agent-prices", {"min_quantity": 0}, "min_quantity"),
        ("agent-prices", {"note": "x" * 201}, "note"),
        ("agent-prices", {"note": "a\u0000b"}, "note"),
        ("minimum-lots", {"minimum": 0}, "minimum"),
        ("minimum-lots", {"step": 0}, "step"),
        ("minimum-lots", {"minimum": 1_000_001}, "minimum"),
        ("minimum-lots", {"variant_id": 999_999}, "variant_id"),
        ("minimum-lots", {"level_id": 999_999}, "level_id"),
        ("suggested-ranges", {"lowest": "7"}, "highest"),
        ("suggested-ranges", {"lowest": "-1"}, "lowest"),
        ("suggested-ranges", {"enforced": True}, "enforced"),
    ],
)
def test_bad_rules_are_refused(api: ApiClient, shop: Shop, where: str, change: dict[str, Any], field: str) -> None:
    real = {"level_id": shop.ling.level_id, "agent_id": shop.ling.pk, "variant_id": shop.variant_ids[0]}
    body = {**{name: real.get(name) or value for name, value in GOOD[where].items()}, **change}
    answer = api.post(f"{V1}/{where}", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.content
    for model in (AgentPrice, CategoryDiscount, MinimumLot, SuggestedRetailRange):
        assert not model._default_manager.exists()


def test_a_change_from_draft_to_cancelled(api: ApiClient, api_as: Callable[[str], ApiClient], shop: Shop) -> None:
    Variant.objects.filter(id=shop.variant_ids[0]).update(cost_price=Decimal("4.00"))
    answer = api.post(f"{V1}/price-changes", {"name": "秋季", "effective_at": soon()})
    assert answer.status_code == 201, answer.content
    path = f"{V1}/price-changes/{answer.json()['id']}"
    line = {"level_id": shop.ling.level_id, "variant_id": shop.variant_ids[0], "price": "3.50"}
    assert api.post(f"{path}/schedule").json()["code"] == "invalid_price_change"  # empty
    assert api.post(f"{path}/prices", {"prices": [line]}).json() == {"prices": 1}
    assert api.post(f"{path}/prices", {"prices": [{**line, "price": "x"}]}).status_code == 422
    preview = api.get(f"{path}/preview").json()
    (price,) = preview["prices"]
    assert (preview["agents"], price["old_price"], price["new_price"], price["percent"]) == (3, "7.00", "3.50", "-50.0")
    assert (price["cost"], price["is_below_cost"]) == ("4.0000", True)
    (hidden,) = api_as("sales").get(f"{path}/preview").json()["prices"]
    assert (hidden["cost"], hidden["is_below_cost"]) == (None, None)
    assert api.patch(path, {"name": "冬季", "effective_at": soon(8)}).json()["name"] == "冬季"
    assert api.post(f"{path}/schedule").json()["state"] == "scheduled"
    for refused in (
        api.post(f"{path}/schedule"),
        api.post(f"{path}/prices", {"prices": [line]}),
        api.delete(f"{path}/prices/{price['id']}"),
        api.patch(path, {"name": "x", "effective_at": soon()}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "change_not_a_draft")
    assert api.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert api.post(f"{path}/cancel").status_code == 409
    assert [one["state"] for one in api.get(f"{V1}/price-changes?state=cancelled").json()["items"]] == ["cancelled"]
    assert api.get(f"{V1}/price-changes?state=odd").status_code == 422
    assert api.get(f"{V1}/price-changes/999999").json()["code"] == "price_change_not_found"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "effective_at": "2099-01-01T00:00:00Z"}, "name"),
        ({"name": "\u200b", "effective_at": "2099-01-01T00:00:00Z"}, "name"),
        ({"name": "x" * 101, "effective_at": "2099-01-01T00:00:00Z"}, "name"),
        ({"name": "x", "effective_at": "2020-01-01T00:00:00Z"}, "effective_at"),
        ({"name": "x", "effective_at": "2099-01-01T00:00:00"}, "effective_at"),
        ({"name": "x", "effective_at": 4_070_908_800}, "effective_at"),
        ({"name": "x"}, "effective_at"),
    ],
)
def test_bad_changes_are_refused(api: ApiClient, body: dict[str, Any], field: str) -> None:
    answer = api.post(f"{V1}/price-changes", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.content


def upload(api: ApiClient, content: bytes, **form: str) -> Any:
    data = {"name": "秋季", "effective_at": soon(), **form, "file": SimpleUploadedFile("prices.xlsx", content)}
    headers = {"authorization": f"Bearer {api.token}"}
    return api.client.post(f"{V1}/price-changes/import", data, headers=headers)


def test_a_price_list_is_uploaded(api: ApiClient, shop: Shop) -> None:
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["SKU", "金牌"])
        sheet.write_row(1, 0, ["G-01", 8])
    answer = upload(api, file.getvalue())
    assert (answer.status_code, answer.json()["state"]) == (201, "draft"), answer.content
    assert len(api.get(f"{V1}/price-changes/{answer.json()['id']}/preview").json()["prices"]) == 1
    assert upload(api, file.getvalue(), effective_at="2020-01-01T00:00:00Z").status_code == 422
    assert upload(api, b"SKU,GOLD\nG-01,1").status_code == 201
    for content in (b"", b"SKU,PLATINUM\nG-01,1", b"PK\x03\x04 no zip"):
        refused = upload(api, content)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "file"), refused.content


def test_who_may(api_as: Callable[[str], ApiClient], anonymous: Any, shop: Shop) -> None:
    sales = api_as("sales")
    warehouse = api_as("warehouse")
    for where in ("level-discounts", "agent-prices", "minimum-lots", "suggested-ranges", "price-changes"):
        assert sales.get(f"{V1}/{where}").status_code == 200
        assert warehouse.get(f"{V1}/{where}").status_code == 403
        assert anonymous.get(f"{V1}/{where}").status_code == 401
        assert sales.delete(f"{V1}/{where}/1").status_code in {403, 405}
    assert sales.post(f"{V1}/price-changes", {"name": "x", "effective_at": soon()}).status_code == 403
