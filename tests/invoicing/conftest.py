"""Goods of two tax rates, a seller, and paid orders."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from kernel.core import clock
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.shelf import put_on_shelf
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.inventory.services import stock as inventory
from tenant_apps.invoicing.services import seller
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import place_order
from tenant_apps.orders.services.pay_order import pay_order

NOW = datetime(2026, 10, 1, 4, tzinfo=UTC)
SELLER = seller.NewSeller(
    legal_name="花漾彩妆有限公司",
    tax_id="91350100M000100Y43",
    address="厦门市",
    phone="0592-0000000",
    bank_name="某某银行",
    bank_account="35000000000000000000",
)


def fill_shelves() -> None:
    for sku, price, rate in (("LIP", "99.99", "0.13"), ("BOOK", "50.00", "0.09"), ("FREE", "0.00", "0.13")):
        product = create_product(name=sku.title(), tax_rate=Decimal(rate))
        variant = add_variant(product_id=product.pk, sku=sku, retail_price=Decimal(price))
        put_on_shelf(product_id=product.pk, now=clock.now(), free_is_meant=True)
        inventory.receive(
            lines=[inventory.ReceiptLine(variant.pk, 10_000, Decimal("9.5"))], reference=f"first {sku}", now=NOW
        )


@pytest.fixture
def goods(db: None) -> None:
    fill_shelves()
    seller.put_seller_profile(seller=SELLER)


def sell(
    lines: Sequence[tuple[str, int]] = (("LIP", 3),),
    *,
    discount: str = "0.00",
    freight: str = "0.00",
    paid: bool = True,
) -> Order:
    order = place_order.place_retail_order(
        lines=[place_order.NewLine(sku, quantity) for sku, quantity in lines],
        adjustments=place_order.OrderAdjustments(discount=Decimal(discount), freight=Decimal(freight)),
        now=NOW,
    )
    return pay_order(order_id=order.pk, method="alipay", reference=f"a-{order.pk}", now=NOW) if paid else order
