"""A small network: Ling sells, Mei sponsors Ling, Hua sponsors Mei; two levels with plans; two SKUs in stock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from kernel.core import clock
from tenant_apps.agents.models import Agent
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.shelf import put_on_shelf
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.commissions.services import plans
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import pay_order, place_order

START = datetime(2026, 9, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 10, 1, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Network:
    """The agents by name."""

    hua: Agent
    mei: Agent
    ling: Agent


def build_network() -> Network:
    high = create_level(code="high", name="总代", rank=1)
    low = create_level(code="low", name="普通", rank=2)
    plans.set_plan(level_id=high.pk, rates=plans.PlanRates(Decimal("0.10"), Decimal("0.05"), 7), now=START)
    plans.set_plan(level_id=low.pk, rates=plans.PlanRates(Decimal("0.08"), Decimal("0.02"), 10), now=START)

    def join(name: str, phone: str, level_id: int, sponsor_id: int | None) -> Agent:
        return enrol_agent(name=name, phone=phone, level_id=level_id, sponsor_id=sponsor_id, now=START, code=name)

    hua = join("HUA", "+8619900000001", high.pk, None)
    mei = join("MEI", "+8619900000002", high.pk, hua.pk)
    ling = join("LING", "+8619900000003", low.pk, mei.pk)
    return Network(hua, mei, ling)


def stock_goods() -> None:
    product = create_product(name="口红", tax_rate=Decimal("0.13"))
    lines = []
    for sku, price in (("LIP-1", "100.00"), ("LIP-2", "33.33")):
        variant = add_variant(product_id=product.pk, sku=sku, retail_price=Decimal(price))
        lines.append(inventory.ReceiptLine(variant.pk, 10_000, Decimal("20")))
    put_on_shelf(product_id=product.pk, now=clock.now())
    inventory.receive(lines=lines, reference="first", now=START)


@pytest.fixture
def network(db: None) -> Network:
    made = build_network()
    stock_goods()
    return made


SellOrder = Callable[..., Order]


def sell(
    *quantities: tuple[str, int],
    agent_code: str | None = "LING",
    discount: str = "0.00",
    freight: str = "0.00",
    now: datetime = NOW,
) -> Order:
    """A paid retail order."""
    order = place_order.place_retail_order(
        lines=[place_order.NewLine(sku, quantity) for sku, quantity in quantities or (("LIP-1", 1),)],
        agent_code=agent_code,
        adjustments=place_order.OrderAdjustments(discount=Decimal(discount), freight=Decimal(freight)),
        now=now,
    )
    return pay_order.pay_order(order_id=order.pk, method="wechat", reference=f"wx-{order.pk}", now=now)


@pytest.fixture
def sell_order() -> SellOrder:
    return sell
