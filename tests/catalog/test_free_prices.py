"""Goods for 0.00 come on the shelf only when somebody says that they are meant to be free."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.test import Client

from kernel.core import clock
from tenant_apps.catalog.models import Product, Variant
from tenant_apps.catalog.services import free_prices, shelf
from tenant_apps.catalog.services.options import Option, generate_variants, set_options
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.variants import add_variant, change_variant
from tests.factories.workbooks import Cells, checked, issues, workbook

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


def test_generated_skus_ask_on_the_shelf(api: Any, console: Client) -> None:
    made = product("9.00")
    set_options(product_id=made.pk, options=[Option("颜色", ("红", "蓝"))])
    generate = partial(generate_variants, product_id=made.pk, sku_prefix="BOX", retail_price=Decimal(0))
    shelf.put_on_shelf(product_id=made.pk, now=clock.now())
    with pytest.raises(free_prices.PriceIsZero):
        generate()
    answer = api.post(f"/api/v1/products/{made.pk}/generate-variants", {"sku_prefix": "BOX", "retail_price": "0.00"})
    assert (answer.status_code, answer.json()["code"]) == (409, "price_is_zero")
    page = f"/console/catalog/products/{made.pk}/variants/"
    asked = console.post(page, {"action": "generate", "sku_prefix": "BOX", "retail_price": "0"})
    assert list(asked.context["generate_form"].errors) == ["free_is_meant"]
    assert Variant.objects.count() == 1
    sent = {"action": "generate", "sku_prefix": "BOX", "retail_price": "0", "free_is_meant": "on"}
    assert console.post(page, sent).status_code == 302
    assert Variant.objects.filter(retail_price=0).count() == 2
    assert generate().created == []  # nothing new, nothing to ask


def test_generated_skus_need_no_answer_off_the_shelf(db: None) -> None:
    made = product("9.00")
    set_options(product_id=made.pk, options=[Option("颜色", ("红", "蓝"))])
    assert len(generate_variants(product_id=made.pk, sku_prefix="BOX", retail_price=Decimal(0)).created) == 2


def test_the_rows_of_a_products_variants_ask(console: Client) -> None:
    made = product("9.00")
    shelf.put_on_shelf(product_id=made.pk, now=clock.now())
    variant = Variant.objects.get()
    page = f"/console/catalog/products/{made.pk}/variants/"
    row = {f"v{variant.pk}-{name}": value for name, value in (("sku", "GIFT"), ("retail_price", "0"))}
    row |= {"action": "save", f"v{variant.pk}-is_active": "on", f"v{variant.pk}-weight_grams": "0"}
    row[f"v{variant.pk}-cost_price"] = "0"
    asked = console.post(page, row)
    assert list(asked.context["rows"][0].errors) == ["free_is_meant"]
    variant.refresh_from_db()
    assert variant.retail_price == 9
    assert console.post(page, row | {f"v{variant.pk}-free_is_meant": "on"}).status_code == 302
    variant.refresh_from_db()
    assert variant.retail_price == 0


def test_a_variants_page_asks(console: Client) -> None:
    made = product("9.00")
    shelf.put_on_shelf(product_id=made.pk, now=clock.now())
    variant = Variant.objects.get()
    page = f"/console/catalog/variant/{variant.pk}/change/"
    sent = {"sku": "GIFT", "name": "", "barcode": "", "retail_price": "0", "cost_price": "0", "is_active": "on"}
    sent["weight_grams"] = "0"
    asked = console.post(page, sent)
    assert (asked.status_code, list(asked.context["adminform"].form.errors)) == (200, ["free_is_meant"])
    assert console.post(page, sent | {"free_is_meant": "on"}).status_code == 302
    variant.refresh_from_db()
    assert variant.retail_price == 0


@pytest.mark.parametrize(
    ("state", "known", "cells", "refused"),
    [
        ("off", None, {"上架": "是", "零售价": 0}, True),
        ("off", None, {"上架": "否", "零售价": 0}, False),
        ("off", "0.00", {"上架": "是"}, True),
        ("off", "9.00", {"上架": "是"}, False),
        ("on", "9.00", {"零售价": 0}, True),
        ("on", "9.00", {"上架": "否", "零售价": 0}, False),
        ("on", "0.00", {"商品名称": "赠品"}, False),  # free already, as somebody confirmed
    ],
)
def test_a_file_is_refused_that_would_sell_for_nothing(
    db: None, state: str, known: str | None, cells: Cells, refused: bool
) -> None:
    if known is not None:
        made = product(known)
        if state == "on":
            shelf.put_on_shelf(product_id=made.pk, now=clock.now(), free_is_meant=True)
    job = checked(workbook({"商品名称": "赠品", "商家编码": "GIFT", **cells}))
    assert [code for _line, _column, code in issues(job)] == (["price_is_zero"] if refused else [])


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
