"""Pages of a product and of a customer: everything about it for whoever may see it, the form behind "Edit"."""

import pytest
from django.urls import reverse

from kernel.core import clock
from tenant_apps.catalog.models import Variant
from tenant_apps.customers.models import Customer
from tenant_apps.orders.rules.refunds import RefundRequest
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.refund_order import refund_order
from tests.factories.hands import ConsoleAs, console, console_as
from tests.factories.trade import Shop, open_shop, sell

__all__ = ["console", "console_as"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    """A shop that sold to one customer by an agent, and refunded a piece."""
    shop = open_shop()
    order = sell((shop.skus[0], 2), agent_code="LING")
    pay_order(order_id=order.pk, method="cash", reference="R-1", now=clock.now())
    refund_order(order_id=order.pk, lines=[RefundRequest(1, quantity=1)], reason="Scent", now=clock.now())
    return shop


def page(name: str, pk: int, verb: str = "change") -> str:
    return reverse(f"brand:{name}_{verb}", urlconf="config.urls_brand", args=[pk])


@pytest.mark.parametrize(
    ("role", "boxes", "may_edit"),
    [
        ("owner", {"pictures", "details", "prices", "orders", "tax"}, True),
        ("sales", {"pictures", "details", "prices", "orders", "tax"}, False),
        ("warehouse", {"pictures", "details", "orders", "tax"}, False),
    ],
)
def test_a_product_shows_what_the_role_may_see(
    console_as: ConsoleAs, shop: Shop, role: str, boxes: set[str], may_edit: bool
) -> None:
    browser = console_as(role)
    product_id = Variant.objects.get(pk=shop.variant_ids[0]).product_id
    answer = browser.get(page("catalog_product", product_id))
    shown = {panel.key: panel for panel in answer.context["panels"]}
    assert set(shown) == boxes
    assert shop.skus[0] in [row.variant.sku for row in answer.context["variants"]]
    assert len(shown["orders"].rows) == 1
    assert bool(answer.context["edit_page"]) == may_edit
    assert browser.get(page("catalog_product", product_id, "edit")).status_code == (200 if may_edit else 403)


@pytest.mark.parametrize(
    ("role", "boxes", "lines"),
    [
        ("owner", {"contact", "agent", "orders", "refunds", "addresses"}, {"handshake", "receipt_long", "undo"}),
        ("finance", {"contact", "agent", "orders", "refunds", "addresses"}, {"handshake", "receipt_long", "undo"}),
    ],
)
def test_a_customer_shows_agent_orders_and_what_happened(
    console_as: ConsoleAs, shop: Shop, role: str, boxes: set[str], lines: set[str]
) -> None:
    customer = Customer.objects.get()
    answer = console_as(role).get(page("customers_customer", customer.pk))
    shown = {panel.key: panel for panel in answer.context["panels"]}
    assert set(shown) == boxes
    assert shop.ling.name in str(shown["agent"].facts[0].value)
    assert shown["contact"].copied
    entries = answer.context["entries"]
    assert lines <= {entry.icon for entry in entries}
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)


def test_an_unknown_thing_has_neither_page_nor_form(console_as: ConsoleAs) -> None:
    browser = console_as("owner")
    for name in ("catalog_product", "customers_customer"):
        for verb in ("change", "edit"):
            assert browser.get(page(name, 987654321, verb)).status_code == 404
