"""Order entry in the console: suggestions, quotes that hold, and one order per form."""

from decimal import Decimal
from typing import TYPE_CHECKING, TypedDict
from uuid import uuid4

import pytest
from django.test import Client

from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.agents.models import Agent
from tenant_apps.orders.models import Order, Payment
from tenant_apps.orders.views.pasted import find_goods
from tenant_apps.shipping.services.reading import ReadGoods, Span
from tests.factories.trade import PHONE, Shop, assert_books_are_sound, sell

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.django_db
NEW = "/console/orders/new/"


def signed_in(brand: Brand, role: str) -> Client:
    person = users.create_user(name=role, role=role, email=f"{role}@entry.example", password="a long pass phrase")
    client = Client(headers={"host": f"{brand.slug}.localhost"})
    client.force_login(person, backend="shared_apps.accounts.services.backend.AccountsBackend")
    return client


@pytest.fixture
def owner(brand: Brand) -> Client:
    return signed_in(brand, "owner")


class Form(TypedDict):
    """The body that the page sends."""

    key: str
    region: str
    order: dict[str, object]


def a_form(**changes: object) -> Form:
    order: dict[str, object] = {
        "kind": "retail",
        "channel": "manual",
        "lines": [{"sku": "G-01", "quantity": 2}, {"sku": "G-02", "quantity": 1}],
        "buyer": {"phone": "138 0000 0001", "name": "王芳"},
        "receiver": {"name": "王芳", "phone": "13800000001", "address": "科技园1栋"},
        "freight": "8.00",
    }
    return {"key": str(uuid4()), "region": "广东 深圳 南山", "order": order | changes}


def send(client: Client, body: object, address: str = "place/") -> "Response":
    return client.post(f"{NEW}{address}", body, content_type="application/json")


def errors_of(answer: "Response") -> list[tuple[str, str]]:
    return [(one["field"], one["code"]) for one in answer.json()["errors"]]


def test_the_page_is_drawn_with_what_the_role_may(shop: Shop, brand: Brand) -> None:
    for role, discounts, pays in (("owner", "true", True), ("sales", "false", False)):
        page = signed_in(brand, role).get(NEW)
        assert page.status_code == 200
        text = page.content.decode()
        assert f'data-may-discount="{discounts}"' in text
        assert ('data-save="pay"' in text) == pays
    assert signed_in(brand, "warehouse").get(NEW).status_code == 403


def test_an_order_is_placed_with_its_region_in_parts(shop: Shop, owner: Client) -> None:
    answer = send(owner, a_form())
    assert answer.status_code == 200, answer.content
    order = Order.objects.get(number=answer.json()["number"])
    assert (order.total, order.channel_id, order.payment_state) == (Decimal("48.00"), "manual", "unpaid")
    assert [order.receiver[name] for name in ("province", "city", "district")] == ["广东省", "深圳市", "南山区"]
    assert order.customer is not None
    assert order.customer.phone == PHONE


def test_what_was_quoted_is_what_is_placed(shop: Shop, owner: Client) -> None:
    for kind, agent, total in (("retail", None, "38.00"), ("restock", shop.ling.pk, "26.00")):
        lines = [{"sku": "G-01", "quantity": 2}, {"sku": "G-02", "quantity": 1}]
        asked = {"kind": kind, "lines": lines, "discount": "2.00", "agent_id": agent}
        quote = send(owner, {name: value for name, value in asked.items() if value}, "quote/").json()
        assert (quote["total"], quote["errors"]) == (total, [])
        assert [line["available"] for line in quote["lines"]] == [100, 100] if kind == "retail" else [98, 99]
        body = a_form(kind=kind, discount="2.00", freight="0.00")
        if agent:
            body["order"].pop("buyer")
            body["order"]["agent_id"] = agent
        placed = send(owner, body).json()
        assert placed["total"] == total
        lines_placed = Order.objects.get(pk=placed["id"]).lines.order_by("line_no")
        assert [str(line.goods_amount) for line in lines_placed] == [line["goods_amount"] for line in quote["lines"]]


def test_a_price_says_why(shop: Shop, owner: Client) -> None:
    lines = [
        {"sku": "G-01", "quantity": 1},
        {"sku": "POST", "quantity": 1},
        {"sku": "G-02", "quantity": 1, "unit_price": "1"},
    ]
    quote = send(owner, {"kind": "restock", "agent_id": shop.ling.pk, "lines": lines}, "quote/").json()
    assert len({line["reason"] for line in quote["lines"]}) == 3
    assert [line["available"] for line in quote["lines"]] == [100, None, 100]


def test_a_quote_names_what_is_wrong_and_prices_the_rest(shop: Shop, owner: Client) -> None:
    lines: list[dict[str, object]] = [
        {"sku": "NIX", "quantity": 1},
        {"sku": "G-01", "quantity": 101},
        {"sku": "G-02", "quantity": 0},
        {"sku": "G-03", "quantity": 1},
    ]
    assert errors_of(send(owner, {"lines": lines}, "quote/")) == [("lines.2.quantity", "greater_than_equal")]
    lines[2]["quantity"] = 1
    quote = send(owner, {"lines": lines, "discount": "9999.00"}, "quote/").json()
    assert [(one["field"], one["code"]) for one in quote["errors"]] == [
        ("lines.0.sku", "unknown_sku"),
        ("discount", "invalid_terms"),
    ]
    assert quote["places"] == [1, 2, 3]
    assert [(line["sku"], line["available"]) for line in quote["lines"]] == [
        ("G-01", 100),
        ("G-02", 100),
        ("G-03", 100),
    ]


def test_sent_twice_is_placed_once(shop: Shop, owner: Client) -> None:
    form = a_form()
    first = send(owner, form).json()
    again = send(owner, form)
    assert again.json() == first
    assert Order.objects.count() == 1
    form["order"]["note"] = "changed meanwhile"
    refused = send(owner, form)
    assert (refused.status_code, refused.json()["code"]) == (409, "placed_before")
    assert refused.json()["link"] == first["link"]
    assert Order.objects.count() == 1


def test_a_refused_form_is_sent_again_with_the_same_key(shop: Shop, owner: Client) -> None:
    form = a_form()
    form["order"]["lines"] = [{"sku": "G-01", "quantity": 101}]
    assert errors_of(send(owner, form)) == [("lines.0.quantity", "insufficient_stock")]
    form["order"]["lines"] = [{"sku": "G-01", "quantity": 1}]
    assert send(owner, form).status_code == 200
    assert Order.objects.count() == 1


def test_saved_and_paid(shop: Shop, owner: Client) -> None:
    for payment in ({"method": "cash"}, {"method": "bank", "reference": "b-1"}):
        answer = send(owner, {**a_form(), "payment": payment})
        assert answer.json()["is_paid"], answer.content
    assert list(Payment.objects.order_by("id").values_list("reference", flat=True)) == [
        Order.objects.earliest("id").number,
        "b-1",
    ]
    refused = send(owner, {**a_form(), "payment": {"method": "bank"}})
    assert errors_of(refused) == [("reference", "invalid_payment")]
    assert Order.objects.count() == 2
    assert_books_are_sound()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"lines": []}, ("lines", "too_many_lines")),
        ({"lines": [{"sku": "NIX", "quantity": 1}]}, ("lines.0.sku", "unknown_sku")),
        ({"channel": "nowhere"}, ("channel", "unknown_reference")),
        ({"agent_code": "NOBODY"}, ("agent_code", "agent_not_found")),
        ({"kind": "restock"}, ("agent_id", "agent_missing")),
        ({"kind": "restock", "agent_id": 1}, ("buyer", "not_for_this_kind")),
        ({"agent_id": 1}, ("agent_id", "not_for_this_kind")),
        ({"buyer": {"phone": "12"}}, ("order.buyer.phone", "not_a_phone_number")),
        ({"freight": "1.005"}, ("order.freight", "too_many_decimals")),
        ({"discount": "999"}, ("discount", "invalid_terms")),
        ({"kind": "sample", "freight": "8.00"}, ("freight", "invalid_terms")),
        ({"kind": "gift"}, ("order.kind", "literal_error")),
        ({"colour": "red"}, ("order.colour", "extra_forbidden")),
    ],
)
def test_bad_input_is_named_and_places_nothing(
    shop: Shop, owner: Client, changes: dict[str, object], complaint: tuple[str, str]
) -> None:
    answer = send(owner, a_form(**changes))
    assert 400 <= answer.status_code < 500
    assert complaint in errors_of(answer)
    assert not Order.objects.exists()


def test_what_is_no_form_is_refused(shop: Shop, owner: Client) -> None:
    assert errors_of(send(owner, a_form() | {"region": "火星"})) == [("region", "unknown_region")]
    assert errors_of(send(owner, a_form() | {"key": "1"})) == [("key", "string_pattern_mismatch")]
    answer = owner.post(f"{NEW}place/", "{", content_type="application/json")
    assert answer.status_code == 422
    assert not Order.objects.exists()


def test_discounts_samples_and_payments_need_their_permissions(shop: Shop, brand: Brand) -> None:
    sales = signed_in(brand, "sales")
    line = {"sku": "G-01", "quantity": 1, "unit_price": "1.00"}
    refused = send(sales, a_form(discount="1.00", lines=[line]))
    assert (refused.status_code, errors_of(refused)) == (
        403,
        [("lines.0.unit_price", "discount_not_allowed"), ("discount", "discount_not_allowed")],
    )
    assert send(sales, a_form(kind="sample", freight="0.00")).json()["code"] == "samples_not_allowed"
    assert send(sales, {**a_form(), "payment": {"method": "cash"}}).status_code == 403
    assert not Order.objects.exists()
    assert send(sales, a_form()).status_code == 200


def test_goods_are_found_as_clerks_type(shop: Shop, owner: Client) -> None:
    def find(words: str) -> list[str]:
        return [one["sku"] for one in owner.get(f"{NEW}goods/", {"q": words}).json()["items"]]

    assert find("mianshuang") == find("ms") == find("面霜") == ["G-01", "G-02", "G-03"]
    assert find("g-02") == ["G-02"]
    assert find("面霜 3") == ["G-03"]
    assert find("") == find("nothing") == []


def test_customers_and_agents_come_with_their_last_orders(shop: Shop, owner: Client, brand: Brand) -> None:
    order = sell(("G-01", 1), ("G-02", 2))
    for words in ("王芳", "0001", "13800000001"):
        items = owner.get(f"{NEW}customers/", {"q": words}).json()["items"]
        assert len(items) == 1, words
        (found,) = items
        assert [one["id"] for one in found["orders"]] == [order.pk]
    agents = owner.get(f"{NEW}agents/", {"q": "lin"}).json()["items"]
    assert [(one["code"], one["id"]) for one in agents] == [("LING", shop.ling.pk)]
    draft = owner.get(f"{NEW}again/{order.pk}/").json()
    assert [(line["sku"], line["quantity"]) for line in draft["lines"]] == [("G-01", 1), ("G-02", 2)]
    assert owner.get(f"{NEW}again/999999/").status_code == 404
    assert owner.get(NEW, {"again": str(order.pk)}).status_code == 200
    assert owner.get(NEW, {"again": "999999"}).status_code == 404
    Agent.objects.update(state="suspended")
    assert owner.get(f"{NEW}agents/", {"q": "lin"}).json()["items"] == []


def test_words_without_a_number_belong_to_the_next(shop: Shop) -> None:
    def read(*words: tuple[str, int | None]) -> list[tuple[object, object]]:
        goods = [ReadGoods(one, quantity, "", Span(0, 0)) for one, quantity in words]
        return [(one["line"] and one["words"], one["quantity"]) for one in find_goods(goods)]

    assert read(("面霜", None), ("3 号", 2)) == [("面霜 3 号", 2)]
    assert read(("面霜", None), ("加急费", 1)) == [(None, None), ("加急费", 1)]
    assert read(("加急费", 1), ("面霜", None)) == [("加急费", 1), (None, None)]


def test_a_pasted_text_fills_the_form_and_guesses_nothing(shop: Shop, owner: Client) -> None:
    read = send(owner, {"text": "张三 13800000000 广东省深圳市南山区科技园1栋 面霜1号2 加急费1"}, "read/").json()
    values = {name: field["value"] for name, field in read["receiver"].items()}
    assert (values["name"], values["phone"], values["region"]) == ("张三", "13800000000", "广东省 深圳市 南山区")
    assert values["address"].startswith("科技园1栋")
    assert all(one["line"] or one["options"] or one["words"] for one in read["goods"])
    many = send(owner, {"text": "李四 13900000000 广东省深圳市南山区海德路2号 面霜3"}, "read/").json()["goods"]
    assert [(one["line"], one["quantity"], len(one["options"])) for one in many] == [(None, 3, 3)]
    assert errors_of(send(owner, {"text": " "}, "read/")) == [("text", "invalid_text")]


def test_freight_is_quoted_for_the_place_as_it_is_placed(shop: Shop, owner: Client) -> None:
    """By templates while none is typed; a place that is not served, or half typed, is said beside its field."""
    prices = {"first": 1, "first_price": "8.00", "step": 1, "step_price": "2.00"}
    template = {
        "name": "普通",
        "charge_by": "piece",
        "zones": [{"regions": ["54"], "charge": None}],
        "default": prices,
        "is_default": True,
    }
    made = owner.post("/api/v1/freight-templates", template, content_type="application/json")
    assert made.status_code == 201, made.content
    asked: dict[str, object] = {"lines": [{"sku": "G-01", "quantity": 2}], "receiver": {"address": "科技园1栋"}}
    quoted = {}
    for region, freight, errors in (
        ("广东 深圳 南山", "10.00", []),
        ("西藏 拉萨 城关区", "0.00", [("receiver.district", "place_not_served")]),
        ("", "0.00", [("receiver.district", "unknown_place")]),
        ("火星", "0.00", [("region", "unknown_region")]),
    ):
        answer = send(owner, {**asked, "region": region}, "quote/")
        quoted = answer.json()
        assert (quoted["freight"], errors_of(answer)) == (freight, errors), region
        assert len(quoted["freight_explanation"]) == (1 if freight != "0.00" else 0)
    typed = send(owner, {**asked, "region": "广东 深圳 南山", "freight": "3.00"}, "quote/").json()
    collected = send(owner, {**asked, "pickup": True}, "quote/").json()
    assert (typed["freight"], collected["freight"]) == ("3.00", "0.00")
    placed = send(owner, a_form(lines=asked["lines"], freight=None)).json()
    assert placed["total"] == "30.00"
