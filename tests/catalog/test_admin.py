"""The catalogue's pages in the console: they show, and they write by the services only."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from tenant_apps.catalog.models import Category, Product, Variant
from tenant_apps.catalog.services.categories import create_category
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.catalog.states import ShelfState

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    made = create_product(name="口红 💄")
    add_variant(product_id=made.pk, sku="red-1", retail_price=Decimal("1234.50"))
    return made


def test_lists_show(console: Client, product: Product) -> None:
    create_category(name="彩妆")
    for page, text in (("category", "彩妆"), ("product", "口红"), ("variant", "1,234.50")):
        answer = console.get(f"/console/catalog/{page}/")
        assert answer.status_code == 200
        assert text in answer.content.decode()
    assert console.get("/console/catalog/product/?q=red").content.decode().count("口红") >= 1
    assert console.get(f"/console/catalog/product/{product.pk}/change/").status_code == 200


def test_add_and_change_a_product(console: Client) -> None:
    form = {"name": "面霜", "kind": "goods", "tax_code": "", "tax_rate": "0.130000", "description": ""}
    answer = console.post("/console/catalog/product/add/", form)
    assert answer.status_code == 302, answer.content.decode()
    product = Product.objects.get()
    assert (product.tax_rate, product.state) == (Decimal("0.13"), ShelfState.OFF)
    page = f"/console/catalog/product/{product.pk}/change/"
    assert answer["location"] == page
    path = f"/console/catalog/product/{product.pk}/edit/"
    assert console.get(path).status_code == 200
    assert console.post(path, {**form, "name": "晚霜", "tax_rate": "0.060000"})["location"] == page
    assert console.post(page, form).status_code == 405
    product.refresh_from_db()
    assert (product.name, product.tax_rate) == ("晚霜", Decimal("0.06"))
    refused = console.post(path, {**form, "tax_code": "12"})
    assert (refused.status_code, Product.objects.get().tax_code) == (200, "")
    assert "tax_code" in refused.content.decode()


def test_buttons(console: Client, product: Product) -> None:
    base = f"/console/catalog/product/{product.pk}"
    assert console.post(f"{base}/put_on_shelf/").status_code == 302
    product.refresh_from_db()
    assert product.state == ShelfState.ON
    again = console.post(f"{base}/put_on_shelf/")
    assert again.status_code == 200
    answer = console.post(f"{base}/add_variant/", {"sku": " red-2", "retail_price": "9.90"})
    assert answer.status_code == 302, answer.content.decode()
    assert Variant.objects.filter(sku="RED-2", product=product).exists()
    taken = console.post(f"{base}/add_variant/", {"sku": "RED-2", "retail_price": "9.90"})
    assert taken.status_code == 200
    assert Variant.objects.count() == 2


def test_bulk(console: Client, product: Product) -> None:
    body = {"action": "put_selected_on_shelf", "_selected_action": [product.pk]}
    assert console.post("/console/catalog/product/", body).status_code == 302
    product.refresh_from_db()
    assert product.state == ShelfState.ON


def test_change_a_variant(console: Client, product: Product) -> None:
    variant = Variant.objects.get()
    form = {"sku": "red-9", "name": "", "barcode": "", "retail_price": "8.00", "is_active": "on"}
    answer = console.post(f"/console/catalog/variant/{variant.pk}/change/", form)
    assert answer.status_code == 302, answer.content.decode()
    variant.refresh_from_db()
    assert (variant.sku, variant.retail_price) == ("RED-9", Decimal("8.00"))


def test_categories(console: Client) -> None:
    assert console.post("/console/catalog/category/add/", {"name": "彩妆", "position": "0"}).status_code == 302
    category = Category.objects.get()
    path = f"/console/catalog/category/{category.pk}/change/"
    looped = console.post(path, {"name": "彩妆", "position": "0", "parent": category.pk})
    assert looped.status_code == 200
    assert console.post(path, {"name": "护肤", "position": "1"}).status_code == 302


def test_who_may(console_as: Callable[[str], Client], product: Product) -> None:
    warehouse = console_as("warehouse")
    assert warehouse.get("/console/catalog/product/").status_code == 200
    assert warehouse.get("/console/catalog/product/add/").status_code == 403
    assert warehouse.post(f"/console/catalog/product/{product.pk}/put_on_shelf/").status_code == 403
