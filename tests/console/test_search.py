"""The search of a whole console: people, orders, goods, pages and acts, within the reader's rights; and empty lists."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from console.search import MAX_HITS_PER_LIST
from console.sites import brand_site
from kernel.core import clock
from shared_apps.accounts.services import users
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.shelf import put_on_shelf
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.customers.services import create_customer
from tenant_apps.inventory.services import stock
from tenant_apps.orders.rules.lines import Buyer
from tenant_apps.orders.services import pay_order, place_order, ship_order

ROLES = ("owner", "manager", "sales", "warehouse", "finance")
SignIn = Callable[[str], Client]

pytestmark = pytest.mark.django_db


@pytest.fixture
def sign_in(brand: Any) -> SignIn:
    """A browser signed in to the brand's console as a person of the role."""

    def make(role: str, language: str = "zh-hans") -> Client:
        person = users.create_user(name=role, role=role, email=f"{role}@search.example", password="qing-he-2026")
        client = Client(headers={"host": f"{brand.slug}.localhost"})
        client.force_login(person, backend="shared_apps.accounts.services.backend.AccountsBackend")
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        return client

    return make


@pytest.fixture
def order(brand: Any) -> Any:
    """An order of 林小雨's goods by 王芳, shipped."""
    now = clock.now()
    level = create_level(code="one", name="一级", rank=1)
    enrol_agent(name="林小雨", phone="+8619900000009", level_id=level.pk, now=now, code="LIN")
    product = create_product(name="玫瑰面霜")
    variant = add_variant(product_id=product.pk, sku="ROSE-50", retail_price=Decimal(100))
    put_on_shelf(product_id=product.pk, now=now)
    stock.receive(lines=[stock.ReceiptLine(variant.pk, 9, Decimal(20))], reference="first", now=now)
    buyer = create_customer(name="王芳", phone="+8613800001234", channel="", external_id="", notes="")
    placed = place_order.place_retail_order(
        lines=[place_order.NewLine("ROSE-50", 1)], agent_code="LIN", buyer=Buyer(customer_id=buyer.pk), now=now
    )
    pay_order.pay_order(order_id=placed.pk, method="wechat", reference="w-1", now=now)
    return ship_order.ship_order(order_id=placed.pk, carrier="顺丰", tracking_number="SF1234567890", now=now)


def ask(browser: Client, words: str) -> list[Any]:
    answer = browser.get("/console/search/", {"s": words, "extended": "1"})
    assert answer.status_code == 200
    return list(answer.context["results"])


@pytest.mark.parametrize(
    "words", ["王芳", "林小雨", "LIN", "rose-50", "玫瑰", "567890", "1234", "王芳 玫瑰", "number", "tail"]
)
def test_an_order_is_found_by_whatever_one_knows_of_it(sign_in: SignIn, order: Any, words: str) -> None:
    words = {"number": order.number, "tail": order.number[-6:]}.get(words, words)
    browser = sign_in("owner")
    found = browser.get("/console/orders/order/", {"q": words})
    assert [row.pk for row in found.context["cl"].result_list] == [order.pk]
    assert f"/console/orders/order/{order.pk}/change/" in [hit.link for hit in ask(browser, words)]
    assert browser.get("/console/orders/order/", {"q": f"{words} 无此人"}).context["cl"].result_count == 0


@pytest.mark.parametrize(
    ("words", "link"),
    [
        ("王芳", "/console/customers/customer/"),
        ("林小雨", "/console/agents/agent/"),
        ("玫瑰", "/console/catalog/product/"),
        ("起订量", "/console/pricing/minimumlot/"),
        ("入库", "/console/inventory/stock/receive/"),
        ("日志", "/console/kernel/auditrecord/"),
    ],
)
def test_people_goods_pages_and_acts_are_found(sign_in: SignIn, order: Any, words: str, link: str) -> None:
    assert any(str(hit.link).startswith(link) for hit in ask(sign_in("owner"), words))


@pytest.mark.parametrize("role", ROLES)
def test_everything_found_may_be_opened(sign_in: SignIn, order: Any, role: str) -> None:
    browser = sign_in(role)
    for words in ("王芳", "林小雨", "玫瑰", "SF1234567890", "单", "s"):
        for hit in ask(browser, words):
            assert browser.get(hit.link).status_code in {200, 302}, f"{role} {hit}"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_answers_are_words_and_not_names_of_code(sign_in: Any, order: Any, language: str) -> None:
    browser = sign_in("owner", language)
    for words in ("王芳", "林小雨", "玫瑰", "ROSE-50", order.number):
        for hit in ask(browser, words):
            shown = f"{hit.title} {hit.description}"
            assert not re.search(r"order:\d|\d @ \d|Inventory -|Pricing -|object \(\d", shown), shown
            if language == "zh-hans":
                assert re.search(r"[\u4e00-\u9fff]", shown), shown


def test_nothing_is_asked_for_nothing_and_no_list_floods_the_answer(sign_in: SignIn, order: Any) -> None:
    for number in range(MAX_HITS_PER_LIST + 3):
        create_product(name=f"玫瑰 {number}")
    browser = sign_in("owner")
    assert ask(browser, "") == ask(browser, "  ") == []
    hits = [hit for hit in ask(browser, "玫瑰") if "/catalog/product/" in str(hit.link)]
    assert len(hits) == MAX_HITS_PER_LIST


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_an_empty_list_says_what_it_is_for_and_how_it_begins(sign_in: Any, language: str) -> None:
    browser = sign_in("owner", language)
    for model, page in brand_site._registry.items():
        address = f"/console/{model._meta.app_label}/{model._meta.model_name}/"
        answer = browser.get(address)
        if answer.context["cl"].result_count or model._meta.model_name == "variant":
            continue
        text = answer.content.decode()
        purpose = answer.context["cl"].place.purpose
        assert purpose, model
        assert str(purpose).replace("'", "&#x27;") in text, (model, text[text.find("bn-empty-list") - 200 :][:1500])
        assert "filter_list_off" not in text, model
        if page.has_add_permission(answer.wsgi_request):
            assert f'href="{address}add/"' in text, model
        if page.search_fields:
            assert "filter_list_off" in browser.get(address, {"q": "无此物"}).content.decode(), model
