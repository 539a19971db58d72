"""Rules that choose carriers: conditions, order, fallback, and what a clerk may write."""

from decimal import Decimal

import pytest
from django.test import Client

from kernel.core import clock
from kernel.core.errors import DomainError
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.orders.models import Order
from tenant_apps.orders.selectors import parcels as order_parcels
from tenant_apps.orders.services.choose_carrier import choose_carriers
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.place_order import Buyer, NewLine, Receiver, place_retail_order
from tenant_apps.shipping.rules.choosing import (
    CarrierRule,
    ParcelFacts,
    choose_carrier,
    holds,
    regions_of,
    spell_regions,
)
from tenant_apps.shipping.selectors.settings import get_options
from tenant_apps.shipping.services.settings import change_rules, read_region_words
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop

EAST = CarrierRule("江浙沪", "圆通速递", regions=("31", "32", "33"))
REMOTE = CarrierRule("偏远", "邮政快递包裹", regions=("65", "54", "1501"))
HEAVY = CarrierRule("重货", "德邦快递", from_grams=10_000)


@pytest.mark.parametrize(
    ("names", "codes"),
    [
        (("浙江省", "杭州市", "余杭区"), {"33", "3301", "330110"}),
        (("浙江", "杭州", "余杭"), {"33", "3301", "330110"}),
        (("浙江省", "杭州市", "不知道区"), set()),
        (("浙江省", "", ""), {"33"}),
        (("北京市", "北京市", "朝阳区"), {"11", "1101", "110105"}),
        (("", "", ""), set()),
    ],
)
def test_a_receiver_lies_in_regions(names: tuple[str, str, str], codes: set[str]) -> None:
    assert regions_of(*names) == codes


@pytest.mark.parametrize(
    ("rule", "facts", "expected"),
    [
        (CarrierRule("any", "EMS"), ParcelFacts(), True),
        (EAST, ParcelFacts(regions=frozenset({"33", "3301"})), True),
        (EAST, ParcelFacts(regions=frozenset({"44"})), False),
        (EAST, ParcelFacts(), False),
        (HEAVY, ParcelFacts(grams=10_000), True),
        (HEAVY, ParcelFacts(grams=9_999), False),
        (HEAVY, ParcelFacts(), False),
        (CarrierRule("light", "EMS", to_grams=500), ParcelFacts(grams=500), False),
        (CarrierRule("dear", "SF", from_value=Decimal(1000)), ParcelFacts(value=Decimal("1000.00")), True),
        (CarrierRule("shop", "ZTO", channels=("taobao",), warehouses=("WEST",)), ParcelFacts(channel="taobao"), False),
        (
            CarrierRule("shop", "ZTO", channels=("taobao",), warehouses=("WEST",)),
            ParcelFacts(channel="taobao", warehouse="WEST"),
            True,
        ),
    ],
)
def test_conditions(rule: CarrierRule, facts: ParcelFacts, expected: bool) -> None:
    assert holds(rule, facts) is expected


def test_the_first_rule_that_holds_wins() -> None:
    both = ParcelFacts(regions=frozenset({"33"}), grams=20_000)
    for rules, carrier in (([EAST, HEAVY], "圆通速递"), ([HEAVY, EAST], "德邦快递")):
        choice = choose_carrier(rules, "EMS", both)
        assert choice is not None
        assert choice.carrier == carrier
    usual = choose_carrier([EAST], "EMS", ParcelFacts())
    assert usual is not None
    assert usual.carrier == "EMS"
    assert choose_carrier([EAST], "", ParcelFacts()) is None


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("江浙沪", ("31", "32", "33")),
        ("偏远、海南省", ("15", "46", "54", "62", "63", "64", "65")),
        ("广东省 深圳市", ("44", "4403")),
        ("", ()),
    ],
)
def test_words_for_regions(words: str, codes: tuple[str, ...]) -> None:
    assert read_region_words(words) == codes


@pytest.mark.parametrize("words", ["鼓楼区", "亚特兰蒂斯"])
def test_words_that_are_not_one_region(words: str) -> None:
    with pytest.raises(DomainError) as refusal:
        read_region_words(words)
    assert [error.field for error in refusal.value.errors] == ["regions"]


def test_groups_are_spelled_as_they_were_written() -> None:
    assert spell_regions(("33", "31", "32")) == "江浙沪"
    assert spell_regions(("4403",)) == "广东省深圳市"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (CarrierRule("", "EMS"), "rules.0.name"),
        (CarrierRule("x", " "), "rules.0.carrier"),
        (CarrierRule("x", "EMS", regions=("99",)), "rules.0.regions"),
        (CarrierRule("x", "EMS", from_grams=5, to_grams=5), "rules.0.to_grams"),
        (CarrierRule("x", "EMS", to_value=Decimal(0)), "rules.0.to_value"),
    ],
)
def test_wrong_rules_are_named(rule: CarrierRule, field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        change_rules(rules=[rule], usual_carrier="EMS")
    assert [error.field for error in refusal.value.errors] == [field]
    assert get_options().usual_carrier == ""


def place(province: str, city: str, district: str, phone: str = "+8613900001201") -> Order:
    receiver = Receiver(
        name="范琳", phone=phone, province=province, city=city, district=district, address="城南路77号2幢302"
    )
    order = place_retail_order(lines=[NewLine("G-01", 1)], buyer=Buyer(phone=phone, receiver=receiver), now=clock.now())
    pay_order(order_id=order.pk, method="cash", reference=f"c-{order.pk}", now=clock.now())
    return order


@pytest.mark.django_db
def test_orders_get_their_carrier_with_the_reason(shop: Shop) -> None:
    near, far = place("浙江省", "杭州市", "西湖区"), place("新疆维吾尔自治区", "乌鲁木齐市", "天山区")
    assert choose_carriers([near]) == {}
    change_rules(rules=[HEAVY, EAST, REMOTE], usual_carrier="EMS")
    choices = choose_carriers([near, far, place("广东省", "深圳市", "南山区")])
    assert [choice.carrier for choice in choices.values()] == ["圆通速递", "邮政快递包裹", "EMS"]


@pytest.mark.django_db
def test_the_dialog_proposes_the_carrier_and_the_parcel_keeps_why(shop: Shop, brand: Brand) -> None:
    change_rules(rules=[EAST], usual_carrier="EMS")
    user = users.create_user(name="w", role="warehouse", email="w@rules.example", password="a long pass phrase")
    console = Client(headers={"host": f"{brand.slug}.localhost"})
    console.force_login(user)
    for carrier, has_reason in (("圆通速递", True), ("顺丰速运", False)):
        order = place("浙江省", "杭州市", "西湖区")
        address = f"/console/orders/order/{order.pk}/ship/"
        form = console.get(address).context["form"]
        assert form["carrier"].initial == "圆通速递"
        filled = {"carrier": carrier, "tracking_number": "YT1234567890123", "line_1": "1"}
        assert console.post(address, filled).status_code == 302
        (parcel,) = order_parcels.list_parcels(order_id=order.pk)
        assert bool(parcel.carrier_reason) is has_reason


@pytest.mark.django_db
def test_the_page_arranges_rules(shop: Shop, brand: Brand) -> None:
    user = users.create_user(name="m", role="manager", email="m@rules.example", password="a long pass phrase")
    console = Client(headers={"host": f"{brand.slug}.localhost"})
    console.force_login(user)
    filled = {
        "rows": "2",
        "usual_carrier": "EMS",
        "rule_0_place": "2",
        "rule_0_name": "偏远",
        "rule_0_regions": "偏远",
        "rule_0_carrier": "邮政快递包裹",
        "rule_1_place": "1",
        "rule_1_name": "江浙沪",
        "rule_1_regions": "江浙沪",
        "rule_1_to_grams": "3000",
        "rule_1_carrier": "圆通速递",
    }
    assert console.post("/console/shipping/rules/", filled).status_code == 302
    first, second = get_options().rules
    assert (first.carrier, first.regions, first.to_grams) == ("圆通速递", ("31", "32", "33"), 3000)
    assert second.carrier == "邮政快递包裹"
    page = console.get("/console/shipping/rules/")
    assert "江浙沪" in page.content.decode()
    wrong = console.post("/console/shipping/rules/", {**filled, "rule_0_regions": "鼓楼区"})
    assert wrong.status_code == 200
    assert len(get_options().rules) == 2


@pytest.mark.django_db
def test_the_api_sets_what_it_shows(shop: Shop, api: ApiClient) -> None:
    rule = {"name": "江浙沪", "carrier": "圆通速递", "regions": ["31", "32"], "to_value": "100.00"}
    shown = api.put("/api/v1/shipping/carrier-rules", {"rules": [rule], "usual_carrier": "EMS"}).json()
    assert shown["rules"][0] | rule == shown["rules"][0]
    sender = {"name": "榕易", "phone": "13800000000", "province": "广东省", "city": "深圳市", "address": "科技园"}
    api.put("/api/v1/shipping/carriers", {"carriers": ["YTO", "SF"], "sender": sender})
    api.put("/api/v1/shipping/label-template", {"blocks": ["qr", "number"], "text": "谢谢", "is_masked": False})
    account = {"business_id": "B1", "customers": {"YTO": "K1"}, "app_key": "secret"}
    shown = api.put("/api/v1/shipping/waybill-account", account).json()
    assert shown["account"] == {"business_id": "B1", "customers": {"YTO": "K1"}, "has_key": True}
    again = api.put("/api/v1/shipping/waybill-account", {"business_id": "B2"}).json()
    assert again["account"] == {"business_id": "B2", "customers": {}, "has_key": True}
    assert again == api.get("/api/v1/shipping/settings").json()
    assert again["rules"] == shown["rules"]
    assert [one["code"] for one in api.get("/api/v1/shipping/carriers").json()["items"] if one["is_used"]] == [
        "SF",
        "YTO",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("carrier-rules", {"rules": [{"name": "x", "carrier": "EMS", "regions": ["99"]}]}, "rules.0.regions"),
        ("carriers", {"carriers": ["NOPE"], "sender": {}}, "carriers"),
        ("label-template", {"blocks": ["qr", "qr"]}, "blocks"),
        ("label-template", {"blocks": ["price"]}, "blocks"),
        ("waybill-account", {"customers": {"NOPE": "1"}}, "customers"),
    ],
)
def test_wrong_settings_are_named(shop: Shop, api: ApiClient, path: str, body: dict[str, object], field: str) -> None:
    answer = api.put(f"/api/v1/shipping/{path}", body)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
