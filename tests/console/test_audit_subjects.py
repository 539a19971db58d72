"""The audit log names what was acted on, and leads there whoever may open it."""

import pytest
from django.test import Client
from django.urls import reverse

from console.sites import brand_site
from console.subjects import name_subjects
from kernel.core import audit
from tests.factories.hands import ConsoleAs, console, console_as
from tests.factories.trade import Shop, open_shop, sell

__all__ = ["console", "console_as"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def test_the_list_names_and_links_what_was_acted_on(console: Client, shop: Shop) -> None:
    order = sell((shop.skus[0], 1))
    for language, word in (("zh-hans", "订单"), ("en", "Order")):
        answer = console.get("/console/kernel/auditrecord/", headers={"accept-language": language})
        html = answer.content.decode()
        address = reverse("brand:orders_order_change", urlconf="config.urls_brand", args=[order.pk])
        assert f'<a class="bn-link" href="{address}">{word} {order.number}</a>' in html
        assert f"order:{order.pk}" not in html
    record = answer.context["cl"].result_list[0]
    assert console.get(f"/console/kernel/auditrecord/{record.pk}/change/").status_code == 200


@pytest.mark.parametrize(
    ("subject", "name", "page"),
    [
        ("agent:{hua}", "Agent {code} {hua_name}", True),
        ("variant:{variant}", "SKU {sku}", True),
        ("order:999999", "Order", False),
        ("order:99999999999999999999", "Order", False),
        ("order:x", "Order", False),
        ("invoice:nothing", "Invoice nothing", False),
        ("attribution:1", "Attribution policy", True),
        ("level_rule:7", "Level rule", True),
        ("level_rule:x", "Level rule", False),
        ("sign_in_name:fang", "Sign-in name fang", False),
        ("brand:1", "Brand", False),
        ("unheard_of:1", "unheard_of:1", False),
    ],
)
def test_each_kind_is_said_in_words(console: Client, shop: Shop, subject: str, name: str, page: bool) -> None:
    facts = {
        "hua": shop.hua.pk,
        "code": shop.hua.code,
        "hua_name": shop.hua.name,
        "variant": shop.variant_ids[0],
        "sku": shop.skus[0],
    }
    subject = subject.format(**facts)
    request = console.get("/console/", headers={"accept-language": "en"}).wsgi_request
    said, address = name_subjects(request, brand_site, [subject])[subject]
    assert said == name.format(**facts)
    assert bool(address) == page


def test_no_link_leads_where_a_role_may_not_go(console_as: ConsoleAs, shop: Shop) -> None:
    audit.record(action="orders.pay", subject="attribution:1")
    request = console_as("warehouse").get("/console/").wsgi_request
    named = name_subjects(request, brand_site, [f"agent:{shop.hua.pk}", "attribution:1"])
    assert [address for _name, address in named.values()] == ["", ""]
