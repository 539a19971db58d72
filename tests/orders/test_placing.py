"""Placing orders: prices, discounts, attribution, reservations, and what is refused."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import transaction

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.models import AuditRecord, OutboxMessage
from tenant_apps.agents.services.lifecycle import suspend_agent
from tenant_apps.agents.services.register import change_agent
from tenant_apps.agents.services.tree import change_sponsor
from tenant_apps.catalog.models import Variant
from tenant_apps.catalog.services.shelf import take_off_shelf
from tenant_apps.inventory.models import Reservation, Stock
from tenant_apps.inventory.services.stock import InsufficientStock
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.selectors import facts as order_facts
from tenant_apps.orders.services.place_order import (
    Buyer,
    NewLine,
    OrderAdjustments,
    Receiver,
    place_restock_order,
    place_retail_order,
)
from tests.factories.trade import PHONE, Shop, sell

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)


def refused(error: type[DomainError] | None = None, /, **arguments: object) -> list[tuple[str, str]]:
    """(field, code) of every complaint about a retail order with these arguments; nothing may be left behind."""
    before = (Order.objects.count(), OutboxMessage.objects.count(), Reservation.objects.count())
    with pytest.raises(error or DomainError) as refusal, transaction.atomic():
        place_retail_order(**({"now": clock.now()} | arguments))  # type: ignore[arg-type]
    assert (Order.objects.count(), OutboxMessage.objects.count(), Reservation.objects.count()) == before
    return [(complaint.field, complaint.code) for complaint in refusal.value.errors]


def test_a_retail_order_takes_retail_prices_and_reserves(shop: Shop) -> None:
    order = place_retail_order(
        lines=[NewLine("g-01 ", 3), NewLine("G-02", 1), NewLine("POST", 1)],
        buyer=Buyer(phone="138 0000 0001", name="王芳 🌸", receiver=Receiver(name="王芳", city="杭州市")),
        adjustments=OrderAdjustments(freight=Decimal("8.00"), note="💄"),
        now=NOW,
    )
    order.refresh_from_db()
    assert order.number == "SO20261122-000001"  # already the 22nd in Shanghai
    assert (order.state, order.payment_state, order.fulfilment_state) == ("open", "unpaid", "unfulfilled")
    assert (order.goods_amount, order.freight, order.total) == (Decimal(65), Decimal(8), Decimal(73))
    assert order.receiver["city"] == "杭州市"
    lines = list(order.lines.order_by("line_no"))
    assert [(line.sku, line.quantity, line.goods_amount, line.is_stocked) for line in lines] == [
        ("G-01", 3, Decimal(30), True),
        ("G-02", 1, Decimal(20), True),
        ("POST", 1, Decimal(15), False),
    ]
    assert [stock.reserved for stock in Stock.objects.order_by("variant_id")] == [3, 1, 0]
    assert Reservation.objects.filter(source=f"order:{order.pk}", state="active").count() == 2
    assert OutboxMessage.objects.filter(event="orders.order_placed", payload__order_id=order.pk).exists()
    assert AuditRecord.objects.filter(action="orders.place", subject=f"order:{order.pk}").exists()


def test_the_same_phone_is_the_same_customer(shop: Shop) -> None:
    first = sell(("G-01", 1))
    second = sell(("G-01", 1))
    assert first.customer_id == second.customer_id is not None
    assert second.number > first.number


def test_the_discount_is_split_over_the_lines_to_the_cent(shop: Shop) -> None:
    order = sell(("G-01", 1), ("G-02", 1), ("G-03", 1), discount="10.00")
    lines = list(order.lines.order_by("line_no"))
    assert [line.discount for line in lines] == [Decimal("1.67"), Decimal("3.33"), Decimal("5.00")]
    assert sum(line.goods_amount for line in lines) == order.goods_amount == Decimal("50.00")


def test_a_retail_order_freezes_the_agent_and_the_agents_sponsor(shop: Shop) -> None:
    order = sell(("G-01", 1), agent_code="ling")
    assert order.agent_id == shop.ling.pk
    change_sponsor(agent_id=shop.ling.pk, sponsor_id=shop.hua.pk, now=NOW)
    facts = order_facts.get_order_facts(order_id=order.pk)
    assert [(one.tier, one.agent_id, one.code) for one in facts.upline] == [
        (1, shop.ling.pk, "LING"),
        (2, shop.mei.pk, "MEI"),
    ]


def test_a_restock_takes_the_levels_prices_and_freezes_the_sponsors(shop: Shop) -> None:
    order = place_restock_order(agent_id=shop.ling.pk, lines=[NewLine("G-02", 10)], now=NOW)
    assert order.number.startswith("RO20261122-")
    assert order.total == Decimal("140.00")
    assert [(one["tier"], one["code"]) for one in order.upline] == [(1, "MEI"), (2, "HUA")]


def test_a_sku_without_any_rule_costs_the_retail_price(shop: Shop) -> None:
    order = place_restock_order(agent_id=shop.ling.pk, lines=[NewLine("G-01", 1), NewLine("POST", 1)], now=NOW)
    assert order.total == Decimal("22.00")
    after = AuditRecord.objects.get(action="orders.place", subject=f"order:{order.pk}").after
    assert after is not None
    assert {sku: why["source"] for sku, why in after["prices"].items()} == {"G-01": "level_price", "POST": "retail"}


@pytest.mark.parametrize(
    ("lines", "complaints"),
    [
        ([], [("lines", "too_many_lines")]),
        ([("G-01", 1)] * 201, [("lines", "too_many_lines")]),
        ([("G-01", 1)] * 10_000, [("lines", "too_many_lines")]),
        ([("G-01", 1), (" g-01", 2)], [("lines.1.sku", "duplicate_sku")]),
        ([("G-01", 0)], [("lines.0.quantity", "invalid_quantity")]),
        (
            [("G-01", -1), ("G-02", 1_000_001)],
            [("lines.0.quantity", "invalid_quantity"), ("lines.1.quantity", "invalid_quantity")],
        ),
        ([("G-01", 1), ("NIX", 1)], [("lines.1.sku", "unknown_sku")]),
        ([("", 1)], [("lines.0.sku", "unknown_sku")]),
        (
            [("G-01", 101), ("POST", 1), ("G-02", 100), ("G-03", 101)],
            [("lines.0.quantity", "insufficient_stock"), ("lines.3.quantity", "insufficient_stock")],
        ),
    ],
)
def test_bad_lines_are_named(shop: Shop, lines: list[tuple[str, int]], complaints: list[tuple[str, str]]) -> None:
    assert refused(lines=[NewLine(*line) for line in lines]) == complaints


@pytest.mark.parametrize("price", ["-0.0001", "1.00001"])
def test_a_price_agreed_elsewhere_must_be_one(shop: Shop, price: str) -> None:
    line = NewLine("G-01", 1, Decimal(price))
    assert refused(lines=[line]) == [("lines.0.unit_price", "invalid_price")]


def test_a_price_agreed_elsewhere_counts(shop: Shop) -> None:
    order = place_retail_order(lines=[NewLine("G-01", 3, Decimal("3.3333"))], now=clock.now())
    assert order.total == Decimal("10.00")


def test_the_place_of_a_short_line_counts_services_too(shop: Shop) -> None:
    assert refused(InsufficientStock, lines=[NewLine("POST", 1), NewLine("G-01", 101)]) == [
        ("lines.1.quantity", "insufficient_stock")
    ]


def test_what_is_off_the_shelf_is_refused(shop: Shop) -> None:
    take_off_shelf(product_id=Variant.objects.get(sku="G-01").product_id)
    assert refused(lines=[NewLine("G-01", 1)]) == [("lines.0.sku", "off_shelf")]


@pytest.mark.parametrize(
    ("adjustments", "field"),
    [
        (OrderAdjustments(discount=Decimal("10.01")), "discount"),
        (OrderAdjustments(discount=Decimal("-1")), "discount"),
        (OrderAdjustments(freight=Decimal("1.005")), "freight"),
        (OrderAdjustments(freight=Decimal("999999999999.99")), "lines"),
    ],
)
def test_bad_terms_are_named(shop: Shop, adjustments: OrderAdjustments, field: str) -> None:
    assert refused(lines=[NewLine("G-01", 1)], adjustments=adjustments) == [(field, "invalid_terms")]


def test_an_agent_must_exist_be_active_and_valid(shop: Shop) -> None:
    lines = [NewLine("G-01", 1)]
    assert refused(lines=lines, agent_code="NOBODY") == [("agent_code", "agent_not_found")]
    change_agent(agent_id=shop.ling.pk, valid_until=date(2026, 11, 21))
    assert refused(lines=lines, agent_code="LING", now=NOW) == [("agent_code", "agent_expired")]
    suspend_agent(agent_id=shop.mei.pk)
    assert refused(lines=lines, agent_code="MEI", now=NOW) == [("agent_code", "agent_not_active")]


def test_channel_and_customer_must_exist(shop: Shop) -> None:
    lines = [NewLine("G-01", 1)]
    assert refused(lines=lines, channel="nowhere") == [("channel", "unknown_reference")]
    assert refused(lines=lines, buyer=Buyer(customer_id=999_999)) == [("buyer.customer_id", "unknown_reference")]
    assert refused(lines=lines, buyer=Buyer(phone="12")) == [("phone", "invalid_phone")]


def test_a_channels_number_counts_once(shop: Shop) -> None:
    place_retail_order(lines=[NewLine("G-01", 1)], adjustments=OrderAdjustments(external_number="T1"), now=clock.now())
    again = {"lines": [NewLine("G-01", 1)], "adjustments": OrderAdjustments(external_number="T1")}
    assert refused(**again) == [("external_number", "duplicate_external_number")]
    place_retail_order(
        lines=[NewLine("G-01", 1)], adjustments=OrderAdjustments(external_number="T1"), channel="api", now=clock.now()
    )


def test_two_hundred_lines_are_taken(db: None) -> None:
    from tests.factories.trade import open_shop

    shop = open_shop(goods=99)
    order = place_retail_order(lines=[NewLine(sku, 1) for sku in shop.skus], buyer=Buyer(phone=PHONE), now=clock.now())
    assert OrderLine.objects.filter(order=order).count() == 99
