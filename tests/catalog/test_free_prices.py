"""Goods for 0.00 come on the shelf only when somebody says that they are meant to be free."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from kernel.core import clock
from tenant_apps.catalog.models import Product, Variant
from tenant_apps.catalog.services import free_prices, shelf
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.variants import add_variant, change_variant

pytestmark = pytest.mark.django_db


def product(price: str) -> Product:
    made = create_product(name="赠品", tax_rate=Decimal("0.13"))
    add_variant(product_id=made.pk, sku="GIFT", retail_price=Decimal(price))
    return made


def state() -> str:
    return Product.objects.get().state


def test_the_shelf_asks(db: None) -> None:
    made = product("0.00")
    ways: list[Callable[[], Product]] = [
        partial(shelf.put_on_shelf, product_id=made.pk, now=clock.now()),
        partial(shelf.schedule_shelf, product_id=made.pk, schedule=shelf.NO_SCHEDULE, now=clock.now()),
    ]
    for put in ways:
        with pytest.raises(free_prices.PriceIsZero) as refusal:
            put()
        assert "GIFT" in str(refusal.value.detail)
    assert state() == "off_shelf"
    shelf.put_on_shelf(product_id=made.pk, now=clock.now(), free_is_meant=True)
    assert state() == "on_shelf"


def test_a_price_that_becomes_zero_on_the_shelf_asks(db: None) -> None:
    made = product("9.00")
    shelf.put_on_shelf(product_id=made.pk, now=clock.now())
    variant = Variant.objects.get()
    with pytest.raises(free_prices.PriceIsZero):
        change_variant(variant_id=variant.pk, retail_price=Decimal(0))
    with pytest.raises(free_prices.PriceIsZero):
        add_variant(product_id=made.pk, sku="GIFT-2", retail_price=Decimal(0))
    variant.refresh_from_db()
    assert (variant.retail_price, Variant.objects.count()) == (Decimal(9), 1)
    change_variant(variant_id=variant.pk, retail_price=Decimal(0), free_is_meant=True)
    change_variant(variant_id=variant.pk, retail_price=Decimal(0), name="still free")
    add_variant(product_id=made.pk, sku="GIFT-2", retail_price=Decimal(0), free_is_meant=True)
    add_variant(product_id=made.pk, sku="GIFT-3", retail_price=Decimal(0), is_active=False)
    assert Variant.objects.filter(retail_price=0).count() == 3


def test_the_api_and_the_console_ask(api: Any) -> None:
    made = product("0.00")
    path = f"/api/v1/products/{made.pk}/put-on-shelf"
    answer = api.post(path)
    assert (answer.status_code, answer.json()["code"]) == (409, "price_is_zero")
    assert api.post(f"{path}?free_is_meant=true").status_code == 200
    variant = Variant.objects.get()
    address = f"/api/v1/variants/{variant.pk}"
    assert api.patch(address, {"retail_price": "5.00"}).status_code == 200
    assert api.patch(address, {"retail_price": "0.00"}).json()["code"] == "price_is_zero"
    assert api.patch(address, {"retail_price": "0.00", "free_is_meant": True}).status_code == 200
