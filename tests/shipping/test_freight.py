"""Freight templates: saving, quoting, over HTTP, in the console, and on orders."""

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import translation

from kernel.core import clock
from kernel.core.errors import DomainError
from tenant_apps.catalog.models import Product, Variant
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.lines import Buyer, NewLine, OrderAdjustments, Receiver
from tenant_apps.orders.services.place_order import place_restock_order, place_retail_order
from tenant_apps.shipping.models import FreightTemplate
from tenant_apps.shipping.selectors.freight import get_freight_settings
from tenant_apps.shipping.services.freight import FreightGoods, FreightRefused, explain_freight, quote_freight
from tests.factories.api_client import ApiClient
from tests.factories.hands import ConsoleAs
from tests.factories.trade import open_shop

pytestmark = pytest.mark.django_db

PRICES: dict[str, object] = {"first": 1, "first_price": "8.00", "step": 1, "step_price": "2.00"}
TEMPLATE: dict[str, object] = {
    "name": "普通",
    "charge_by": "piece",
    "zones": [
        {"regions": ["4403"], "charge": {**PRICES, "first_price": "5.00"}},
        {"groups": ["偏远地区"], "charge": None},
    ],
    "default": {**PRICES, "free_amount": "99.00"},
    "is_default": True,
}
SHENZHEN = Receiver("张三", "13800000000", "广东省", "深圳市", "南山区", "科技园1栋")
LHASA = Receiver("张三", "13800000000", "西藏自治区", "拉萨市", "城关区", "1号")


def made(api: ApiClient, **changes: object) -> int:
    answer = api.post("/api/v1/freight-templates", {**TEMPLATE, **changes})
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def test_templates_are_written_read_replaced_and_deleted(api: ApiClient) -> None:
    first = made(api)
    second = made(api, name="重货", charge_by="weight", zones=[])
    (one, two) = api.get("/api/v1/freight-templates").json()["items"]
    assert [(one["id"], one["is_default"]), (two["id"], two["is_default"])] == [(second, True), (first, False)]
    assert two["zones"][1] == {"regions": [], "groups": ["偏远地区"], "charge": None}
    assert two["zones"][0]["charge"]["first_price"] == "5.00"
    answer = api.put(f"/api/v1/freight-templates/{first}", {**TEMPLATE, "name": "改名", "zones": []})
    assert (answer.status_code, answer.json()["zones"]) == (200, [])
    assert api.get(f"/api/v1/freight-templates/{first}").json()["name"] == "改名"
    assert api.delete(f"/api/v1/freight-templates/{second}").status_code == 204
    assert api.get(f"/api/v1/freight-templates/{second}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"zones": [{"regions": ["99"], "charge": None}]}, "zones.0.regions", "unknown_region"),
        ({"zones": [{"groups": ["没有"], "charge": None}]}, "zones.0.groups", "unknown_group"),
        ({"zones": [{"charge": PRICES}]}, "zones.0.regions", "no_region"),
        (
            {"zones": [{"regions": ["65"], "charge": PRICES}, {"groups": ["偏远地区"], "charge": None}]},
            "zones.1.regions",
            "region_twice",
        ),
        ({"zones": [{"regions": ["44"], "charge": None}], "default": None}, "default", "nothing_served"),
    ],
)
def test_bad_templates_are_refused(api: ApiClient, changes: dict[str, object], field: str, code: str) -> None:
    answer = api.post("/api/v1/freight-templates", {**TEMPLATE, **changes})
    assert answer.status_code == 422, answer.content
    assert (field, code) in [(one["field"], one["code"]) for one in answer.json()["errors"]]
    assert not FreightTemplate.objects.exists()


def test_a_name_is_taken_once(api: ApiClient) -> None:
    made(api)
    answer = api.post("/api/v1/freight-templates", TEMPLATE)
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate_freight_template")


def test_groups_are_edited_and_stay_while_they_are_used(api: ApiClient) -> None:
    made(api)
    settings = api.get("/api/v1/freight-settings").json()
    assert settings["groups"][0]["name"] == "偏远地区"
    answer = api.put("/api/v1/freight-settings", {"combining": "sum", "groups": []})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_group")
    groups = [{"name": "偏远地区", "regions": ["65", "54", "4604"]}]
    assert api.put("/api/v1/freight-settings", {"combining": "sum", "groups": groups}).json()["groups"] == groups
    assert get_freight_settings().combining == "sum"
    clash = [{"name": "偏远地区", "regions": ["4403"]}]
    answer = api.put("/api/v1/freight-settings", {"combining": "sum", "groups": clash})
    assert answer.json()["errors"][0]["code"] == "region_twice"
    for bad, code in (
        ([{"name": "A", "regions": ["99"]}], "unknown_region"),
        ([groups[0], groups[0]], "invalid_name"),
    ):
        answer = api.put("/api/v1/freight-settings", {"combining": "sum", "groups": bad})
        assert answer.json()["errors"][0]["code"] == code


def test_quote_over_http(api: ApiClient) -> None:
    body = {"district_code": "440305", "goods": [{"pieces": 3, "money": "10.00"}]}
    assert api.post("/api/v1/freight/quote", body).json() == {"amount": None, "explanation": []}
    made(api)
    found = api.post("/api/v1/freight/quote", body).json()
    assert found["amount"] == "9.00"
    assert "9.00" in found["explanation"][0]
    refused = api.post("/api/v1/freight/quote", {**body, "district_code": "540102"}).json()
    assert [(one["field"], one["code"]) for one in refused["errors"]] == [("district_code", "place_not_served")]
    refused = api.post("/api/v1/freight/quote", {**body, "district_code": "999999"}).json()
    assert refused["errors"][0]["code"] == "unknown_place"


def test_weight_that_is_missing_is_asked_for(api: ApiClient) -> None:
    made(api, charge_by="weight", zones=[])
    with pytest.raises(FreightRefused) as refusal:
        quote_freight(
            goods=[FreightGoods(1, None, Decimal(1), label="G-01", field="lines.0.sku")], district_code="440305"
        )
    assert [(one.field, one.code) for one in refusal.value.errors] == [("lines.0.sku", "weight_missing")]


def test_explanation_speaks_both_languages(api: ApiClient) -> None:
    template = made(api, is_default=True)
    heavy = made(api, name="重货", charge_by="weight", zones=[], default={**PRICES, "free_pieces": 5}, is_default=False)
    goods = [FreightGoods(3, 200, Decimal(10), template), FreightGoods(2, 300, Decimal(10), heavy)]
    for district in ("440305", "330106"):
        quote = quote_freight(goods=goods, district_code=district)
        assert quote is not None
        for language in ("en", "zh-hans"):
            with translation.override(language):
                sentences = explain_freight(shares=quote.shares)
            assert len(sentences) == 2
            assert all(share["amount"] in sentence for share, sentence in zip(quote.shares, sentences, strict=True))
    free = quote_freight(
        goods=[FreightGoods(1, 1, Decimal(99), template), FreightGoods(5, 1, Decimal(1), heavy)], district_code="330106"
    )
    assert free is not None
    assert free.amount == 0
    assert [limit in one for limit, one in zip(("99.00", "5"), explain_freight(shares=free.shares), strict=True)] == [
        True,
        True,
    ]


# --- orders ----------------------------------------------------------------------------------------------------------


def place(receiver: Receiver, *lines: NewLine, freight: str | None = None) -> Order:
    adjustments = OrderAdjustments(freight=None if freight is None else Decimal(freight))
    return place_retail_order(
        lines=lines or [NewLine("G-01", 3)], buyer=Buyer(receiver=receiver), adjustments=adjustments, now=clock.now()
    )


def test_order_without_a_template_or_a_receiver_costs_nothing_to_send(api: ApiClient) -> None:
    open_shop(goods=1)
    assert place(SHENZHEN).freight == 0
    made(api)
    assert place(Receiver()).freight == 0


def test_freight_of_an_order_is_computed_kept_and_explained(api: ApiClient, console: Client) -> None:
    open_shop(goods=2)
    made(api)
    order = place(SHENZHEN)
    assert (order.freight, order.total) == (Decimal("9.00"), order.goods_amount + Decimal("9.00"))
    assert place(SHENZHEN, freight="0.00").freight == 0
    assert place(SHENZHEN, freight="7.50").freight_basis == []
    body = api.get(f"/api/v1/orders/{order.pk}").json()
    assert (body["freight"], len(body["freight_explanation"])) == ("9.00", 1)
    page = console.get(f"/console/orders/order/{order.pk}/change/").content.decode()
    assert body["freight_explanation"][0].split(" · ")[0] in page
    restock = place_restock_order(
        agent_id=_agent(),
        lines=[NewLine("G-01", 2)],
        receiver=SHENZHEN,
        now=clock.now(),
    )
    assert restock.freight == Decimal("7.00")


def _agent() -> int:
    from tenant_apps.agents.models import Agent

    return int(Agent.objects.order_by("id").values_list("id", flat=True)[0])


@pytest.mark.parametrize(
    ("receiver", "code"),
    [(LHASA, "place_not_served"), (Receiver("A", "13800000000", "火星", "", "", "1号"), "unknown_place")],
)
def test_order_to_a_place_without_a_price_is_refused(api: ApiClient, receiver: Receiver, code: str) -> None:
    open_shop(goods=1)
    made(api)
    with pytest.raises(DomainError) as refusal:
        place(receiver)
    assert [(one.field, one.code) for one in refusal.value.errors] == [("receiver.district", code)]
    assert not Order.objects.exists()


def test_products_name_their_template(api: ApiClient) -> None:
    open_shop(goods=2)
    made(api)
    heavy = made(api, name="重货", charge_by="weight", zones=[], default={**PRICES, "first": 1000}, is_default=False)
    product = Product.objects.order_by("id")[0]
    answer = api.patch(f"/api/v1/products/{product.pk}", {"freight_template_id": heavy})
    assert answer.json()["freight_template_id"] == heavy, answer.content
    answer = api.patch(f"/api/v1/products/{product.pk}", {"freight_template_id": heavy + 99})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "freight_template_id")
    assert api.delete(f"/api/v1/freight-templates/{heavy}").json()["code"] == "freight_template_in_use"
    sku = Variant.objects.filter(product=product).values_list("sku", flat=True)[0]
    with pytest.raises(FreightRefused):
        place(SHENZHEN, NewLine(sku, 1))
    Variant.objects.filter(sku=sku).update(weight_grams=600)
    assert place(SHENZHEN, NewLine(sku, 2)).freight == Decimal("8.00") + 200 * Decimal("2.00")


# --- console ---------------------------------------------------------------------------------------------------------


def form(**changes: object) -> dict[str, object]:
    return {
        "head-name": "普通",
        "head-charge_by": "piece",
        "head-is_default": "on",
        "default-is_served": "on",
        "default-first": 1,
        "default-first_price": "8",
        "default-step": 1,
        "default-step_price": "2",
        "zones-TOTAL_FORMS": 3,
        "zones-INITIAL_FORMS": 0,
        "zones-0-regions": "广东深圳、广州市",
        "zones-0-is_served": "on",
        "zones-0-first": 1,
        "zones-0-first_price": "5",
        "zones-0-step": 1,
        "zones-0-step_price": "1",
        "zones-1-regions": "偏远地区",
        **changes,
    }


def test_console_writes_and_changes_a_template(console: Client) -> None:
    assert console.get("/console/freight/").status_code == 200
    assert console.get("/console/freight/new/").status_code == 200
    assert console.post("/console/freight/new/", form()).status_code == 302
    template = FreightTemplate.objects.get()
    assert [(zone["regions"], zone["groups"], zone["is_served"]) for zone in template.zones] == [
        (["4403", "4401"], [], True),
        ([], ["偏远地区"], False),
    ]
    page = console.get(f"/console/freight/{template.pk}/").content.decode()
    assert "广东省 深圳市、广东省 广州市" in page
    assert console.post(f"/console/freight/{template.pk}/", form(**{"head-name": "新名"})).status_code == 302
    assert "新名" in console.get("/console/freight/").content.decode()
    assert console.post(f"/console/freight/{template.pk}/delete/").status_code == 302
    assert not FreightTemplate.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"zones-0-regions": "火星"},
        {"zones-0-regions": "鼓楼区"},
        {"zones-0-regions": ""},
        {"zones-0-step": ""},
        {"zones-1-first": 1},
        {"zones-2-regions": "深圳", "zones-2-first": 1},
        {"default-first_price": ""},
        {"head-name": ""},
        {"zones-1-regions": "偏远地区、新疆、深圳"},
    ],
)
def test_console_shows_what_is_wrong(console: Client, changes: dict[str, object]) -> None:
    answer = console.post("/console/freight/new/", form(**changes))
    assert answer.status_code == 200
    assert not FreightTemplate.objects.exists()


def test_console_edits_region_groups(console: Client, console_as: ConsoleAs) -> None:
    page = console.get("/console/freight/settings/")
    assert "偏远地区" in page.content.decode()
    body = {
        "combining": "sum",
        "groups-TOTAL_FORMS": 2,
        "groups-INITIAL_FORMS": 0,
        "groups-0-name": "海岛",
        "groups-0-regions": "海南、浙江舟山",
    }
    assert console.post("/console/freight/settings/", body).status_code == 302
    assert get_freight_settings().groups == ({"name": "海岛", "regions": ["46", "3309"]},)
    assert console.post("/console/freight/settings/", {**body, "groups-1-name": "空"}).status_code == 200
    double = {**body, "groups-1-name": "海岛", "groups-1-regions": "新疆"}
    assert console.post("/console/freight/settings/", double).status_code == 200
    assert console_as("warehouse").post("/console/freight/settings/", body).status_code == 403


def test_a_template_in_use_stays(console: Client, api: ApiClient) -> None:
    open_shop(goods=1)
    template = made(api)
    Product.objects.update(freight_template_id=template)
    assert console.post(f"/console/freight/{template}/delete/").status_code == 302
    assert FreightTemplate.objects.exists()
