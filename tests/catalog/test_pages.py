"""The catalogue's own pages in the console: pictures, variants, schedules, workbooks."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from kernel.core import clock
from tenant_apps.catalog.models import (
    BundlePart,
    Category,
    Product,
    ProductImage,
    ProductTaxRate,
    Variant,
)
from tenant_apps.catalog.services.categories import create_category
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.services import running
from tests.factories.pictures import picture_bytes
from tests.factories.workbooks import CREAM, workbook

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    made = create_product(name="口红")
    add_variant(product_id=made.pk, sku="A", retail_price=Decimal("9.00"), cost_price=Decimal("3.5"))
    return made


def test_pictures(console: Client, console_as: Callable[[str], Client], product: Product) -> None:
    page = f"/console/catalog/products/{product.pk}/pictures/"
    uploads = [ContentFile(picture_bytes(colour=colour), name=f"{colour}.jpg") for colour in ("red", "blue")]
    assert console.post(page, {"action": "upload", "pictures": uploads}).status_code == 302
    first, second = ProductImage.objects.order_by("position")
    console.post(page, {"action": "order", "order": f"{second.pk},{first.pk}"})
    console.post(page, {"action": "describe", "picture": first.pk, "description": "正面"})
    shown = console.get(page).content.decode()
    assert shown.index("blue.jpg") < shown.index("red.jpg")
    assert "正面" in shown
    console.post(page, {"action": "delete", "picture": second.pk})
    assert list(ProductImage.objects.values_list("pk", flat=True)) == [first.pk]
    for bad in ({"action": "order", "order": "x"}, {"action": "upload", "pictures": ContentFile(b"x", name="x.jpg")}):
        assert "bn-" in console.post(page, bad, follow=True).content.decode()
    warehouse = console_as("warehouse")
    assert warehouse.get(page).status_code == 200
    assert warehouse.post(page, {"action": "delete", "picture": first.pk}).status_code == 403
    assert console.get("/console/catalog/products/999999/pictures/").status_code == 404


def test_options_matrix_and_saving(console: Client, console_as: Callable[[str], Client], product: Product) -> None:
    page = f"/console/catalog/products/{product.pk}/variants/"
    console.post(page, {"action": "options", "name0": "颜色", "values0": "红，蓝、绿"})
    product.refresh_from_db()
    assert product.options == [{"name": "颜色", "values": ["红", "蓝", "绿"]}]
    console.post(page, {"action": "generate", "sku_prefix": "lip", "retail_price": "99"})
    assert Variant.objects.filter(sku__startswith="LIP-").count() == 3
    values: dict[str, str] = {"action": "save"}
    for one in Variant.objects.all():
        values |= {f"v{one.pk}-sku": one.sku, f"v{one.pk}-retail_price": "12.50", f"v{one.pk}-is_active": "on"}
    assert console.post(page, values).status_code == 302
    assert set(Variant.objects.values_list("retail_price", flat=True)) == {Decimal("12.50")}
    taken = {name: "A" if name.endswith("-sku") else value for name, value in values.items()}
    assert console.post(page, taken).status_code == 200
    assert Variant.objects.filter(sku="A").count() == 1
    refused = console.post(page, {"action": "generate", "sku_prefix": "x" * 40, "retail_price": "-1"})
    assert refused.status_code == 200
    assert "Cost" in console.get(page).content.decode() or "成本" in console.get(page).content.decode()
    assert "cost_price" not in console_as("warehouse").get(page).content.decode()


def test_schedule_rate_and_parts(console: Client, product: Product) -> None:
    base = f"/console/catalog/product/{product.pk}"
    moments = {"on_shelf_at": "2030-01-02T10:00", "early_access_at": "2030-01-01T10:00", "early_access_rank": "2"}
    assert console.post(f"{base}/schedule/", moments).status_code == 302
    product.refresh_from_db()
    assert (product.state, product.early_access_rank) == ("on_shelf", 2)
    assert console.post(f"{base}/schedule/", {"early_access_rank": "2"}).status_code == 200
    assert console.post(f"{base}/set_tax_rate/", {"valid_from": "2030-01-01", "rate": "0.060000"}).status_code == 302
    assert ProductTaxRate.objects.get().rate == Decimal("0.06")
    assert console.get(f"{base}/change/").status_code == 200
    box = add_variant(product_id=create_product(name="盒", kind="bundle").pk, sku="SET", retail_price=Decimal(1))
    action = f"/console/catalog/variant/{box.pk}/set_bundle_parts/"
    assert console.post(action, {"parts": "a 2\n"}).status_code == 302
    assert BundlePart.objects.get().quantity == 2
    for bad in ("a", "nowhere 2", "SET 1", "a 0"):
        assert console.post(action, {"parts": bad}).status_code == 200
    assert console.get(f"/console/catalog/variant/{box.pk}/change/").status_code == 200


def test_search_by_initials_and_moving_categories(console: Client, product: Product) -> None:
    assert "口红" in console.get("/console/catalog/product/?q=kh").content.decode()
    assert "/product/1/change" not in console.get("/console/catalog/product/?q=zzzz").content.decode()
    first = create_category(name="a")
    second = create_category(name="b")
    assert console.post(f"/console/catalog/category/{second.pk}/move_earlier/").status_code == 302
    assert list(Category.objects.values_list("name", flat=True)) == ["b", "a"]
    assert console.post(f"/console/catalog/category/{first.pk}/move_later/").status_code == 302


def test_costs_on_the_variants_page(console: Client, console_as: Callable[[str], Client], product: Product) -> None:
    page = f"/console/catalog/variant/{product.variants.get().pk}/change/"
    assert "3.5" in console.get(page).content.decode()
    assert "3.5" not in console_as("sales").get(page).content.decode()


def test_workbooks(console: Client, console_as: Callable[[str], Client]) -> None:
    upload = "/console/imports/new/products/"
    assert console.get("/console/catalog/imports/new/")["Location"] == upload
    assert console.get(upload).status_code == 200
    assert console.post(upload, {"file": ContentFile(b"", name="x.xlsx")}).status_code == 200
    answer = console.post(upload, {"file": workbook(CREAM, {**CREAM, "零售价": "?"})})
    job = ImportJob.objects.get()
    page = f"/console/imports/{job.pk}/"
    assert (answer.status_code, answer.headers["location"]) == (302, page)
    assert console.get(f"{page}status/").json()["state"] == "running"
    running.run(job_id=job.pk, now=clock.now())
    assert console.get(f"{page}status/").json()["rejected"] >= 1
    assert console.get(page).status_code == 200
    assert console.post(page, {"action": "commit"}).status_code == 302
    job.refresh_from_db()
    assert job.state == "checked"
    console.post(page, {"action": "cancel"})
    job.refresh_from_db()
    assert job.state == "cancelled"
    book = console.get("/console/catalog/exports/products.xlsx")
    assert book.getvalue()[:2] == b"PK"
    assert console_as("warehouse").get(upload).status_code == 403
