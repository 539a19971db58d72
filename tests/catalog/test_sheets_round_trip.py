"""Test that an export can be imported again."""

import io
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import translation

from kernel.core import clock
from tenant_apps.catalog.models import BundlePart, Category, Product, ProductImage, Variant
from tenant_apps.catalog.services.bundles import NewPart, set_parts
from tenant_apps.catalog.services.categories import create_category
from tenant_apps.catalog.services.images import add_image
from tenant_apps.catalog.services.options import Option, generate_variants, set_options
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.shelf import put_on_shelf
from tenant_apps.catalog.services.variants import add_variant, change_variant
from tests.factories.pictures import picture_bytes
from tests.factories.workbooks import exported, imported, rows_of

pytestmark = pytest.mark.django_db


class TestRoundTrip:
    @pytest.fixture
    def catalogue(self) -> None:
        """A bit of everything, with names that want to be taken for something else."""
        skin = create_category(name="护肤>日化")
        cream = create_category(name="面霜; 乳液", parent_id=skin.pk)
        product = create_product(
            name="=1+1 面霜 💄",
            category_id=cream.pk,
            brand_name="+榕",
            description="第一行\n第二行",
            shelf_life_days=720,
            tax_code="1070222010000000000",
            tax_rate=Decimal("0.06"),
            unit="盒",
            video_url="https://example.com/v.mp4?a=1",
        )
        set_options(product_id=product.pk, options=[Option("颜色", ("红:深", "蓝;浅")), Option("尺码", ("M", "1"))])
        made = generate_variants(product_id=product.pk, sku_prefix="0012", retail_price=Decimal("1234567.89"))
        first = made.created[0]
        change_variant(
            variant_id=first.pk,
            cost_price=Decimal("0.1234"),
            weight_grams=5,
            box_size=6,
            barcode="4006381333931",
            is_active=False,
        )
        for colour, variant_id in (("red", None), ("blue", first.pk), ("green", None)):
            data = io.BytesIO(picture_bytes(colour=colour, size=(500, 300)))
            add_image(product_id=product.pk, upload=data, name="a;b.jpg", variant_id=variant_id)
        put_on_shelf(product_id=product.pk, now=clock.now())
        bundle = create_product(name="组合", kind="bundle")
        box = add_variant(product_id=bundle.pk, sku="SET*2", retail_price=Decimal("0.10"))
        set_parts(variant_id=box.pk, parts=[NewPart(first.pk, 2), NewPart(made.created[1].pk, 1)])

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_what_was_exported_is_imported_unchanged(self, catalogue: None, language: str) -> None:
        with translation.override(language):
            book, pictures = exported()
        before = [list(model.objects.order_by("id").values()) for model in _TABLES]
        for zipped in (ContentFile(pictures, name="p.zip"), None):
            job = imported(ContentFile(book, name="export.xlsx"), zipped)
            assert (job.total_rows, job.figures) == (5, {"created": 0, "changed": 0})
        assert [list(model.objects.order_by("id").values()) for model in _TABLES] == before

    def test_what_was_exported_opens_another_shop(self, catalogue: None, tmp_path: Path) -> None:
        with translation.override("zh-hans"):
            book, pictures = exported()
        for model in (BundlePart, ProductImage, Variant, Product):
            model.objects.all().delete()
        Category.objects.filter(parent__isnull=False).delete()
        Category.objects.all().delete()
        job = imported(ContentFile(book, name="export.xlsx"), ContentFile(pictures, name="p.zip"))
        assert (job.figures["created"], ProductImage.objects.count(), Category.objects.count()) == (2, 3, 2)
        with translation.override("zh-hans"):
            again, _pictures = exported()
        sheets = []
        for number, data in enumerate((book, again)):
            path = tmp_path / f"{number}.xlsx"
            path.write_bytes(data)
            rows = rows_of(path)
            keep = [place for place, name in enumerate(rows[0]) if "图片" not in name and name != "商品号"]
            sheets.append([[row[place] for place in keep] for row in rows])
        assert sheets[0] == sheets[1]


_TABLES = (Category, Product, Variant, BundlePart, ProductImage)
