"""Products in by a workbook: everything, again, and every cell that is wrong."""

from decimal import Decimal

import pytest

from kernel.core import clock
from kernel.models import AuditRecord
from shared_apps.entitlements import selectors as entitlements
from tenant_apps.catalog.models import BundlePart, Product, ProductImage, Variant
from tenant_apps.catalog.selectors.products import list_products
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.imports.services import jobs
from tenant_apps.inventory.services import stock as inventory
from tests.factories.pictures import picture_bytes
from tests.factories.workbooks import CREAM, Cells, archive, checked, committed, imported, issues, workbook, worked

pytestmark = pytest.mark.django_db


class TestImporting:
    def test_new_products_with_everything(self) -> None:
        job = imported(
            workbook(
                {
                    "商品号": "a",
                    "商品名称": "丝绒口红",
                    "类目": "彩妆 > 口红",
                    "品牌": "榕",
                    "单位": "支",
                    "税率": "13%",
                    "税收分类编码": "1070222010000000000",
                    "保质期(天)": 1095,
                    "商品描述": "显白",
                    "上架": "是",
                    "商家编码": "lip-red",
                    "规格": "颜色:红",
                    "条码": "4006381333931",
                    "零售价": 99.9,
                    "重量(克)": 4,
                    "每箱件数": 24,
                    "成本价": 12.3456,
                    "图片": "front.jpg",
                    "规格图片": "red.jpg",
                },
                {"商品号": "a", "商家编码": "lip-blue", "规格": "颜色：蓝", "零售价": 99.9, "在售": "否"},
                {"商品名称": "礼盒", "类型": "组合", "商家编码": "SET", "零售价": 9, "组合内容": "LIP-RED*2；lip-blue"},
            ),
            archive(front=picture_bytes(colour="red"), red=picture_bytes(colour="blue")),
        )
        assert (job.total_rows, job.refused_rows, job.figures) == (3, 0, {"created": 2, "changed": 0})
        lipstick = Product.objects.get(name="丝绒口红")
        assert (lipstick.brand_name, lipstick.unit, lipstick.shelf_life_days) == ("榕", "支", 1095)
        assert (lipstick.state, lipstick.tax_rate) == ("on_shelf", Decimal("0.13"))
        assert lipstick.options == [{"name": "颜色", "values": ["红", "蓝"]}]
        assert lipstick.category is not None
        assert lipstick.category.parent is not None
        assert (lipstick.category.name, lipstick.category.parent.name) == ("口红", "彩妆")
        red, blue = lipstick.variants.order_by("id")
        assert (red.sku, red.name, red.cost_price, red.weight_grams) == ("LIP-RED", "红", Decimal("12.3456"), 4)
        assert red.box_size == 24
        assert (red.option_values, blue.is_active) == ({"颜色": "红"}, False)
        assert list(ProductImage.objects.order_by("id").values_list("name", "variant_id")) == [
            ("front.jpg", None),
            ("red.jpg", red.pk),
        ]
        assert set(BundlePart.objects.values_list("part__sku", "quantity")) == {("LIP-RED", 2), ("LIP-BLUE", 1)}
        assert entitlements.get_counts(now=clock.now())["skus"].used == 2
        assert [found.pk for found in list_products(search="srkh")] == [lipstick.pk]

    def test_known_skus_are_changed_and_empty_cells_say_nothing(self) -> None:
        imported(workbook({**CREAM, "品牌": "榕"}))
        job = imported(workbook({"SKU": "CREAM-50", "Product": "雪域晚霜", "Retail price": 149, "Brand": ""}))
        assert job.figures == {"created": 0, "changed": 1}
        variant = Variant.objects.select_related("product").get()
        assert (variant.retail_price, variant.product.name, variant.product.brand_name) == (
            Decimal("149.00"),
            "雪域晚霜",
            "榕",
        )
        record = AuditRecord.objects.get(action="catalog.retail_price")
        assert (record.before, record.after) == ({"CREAM-50": "139.00"}, {"CREAM-50": "149.00"})
        assert list_products(search="xueyuwanshuang").exists()

    def test_a_label_adds_a_variant_to_a_known_product(self) -> None:
        imported(workbook(CREAM))
        imported(
            workbook({"商品号": "7", "商家编码": "CREAM-50"}, {"商品号": "7", "商家编码": "CREAM-100", "零售价": 239})
        )
        assert Product.objects.get().variants.count() == 2

    def test_an_option_without_a_name_is_named_as_its_column_is(self) -> None:
        imported(workbook({**CREAM, "规格": "50ml"}))
        assert Variant.objects.get().option_values == {"规格": "50ml"}

    def test_again_changes_nothing(self) -> None:
        first = imported(workbook(CREAM), archive())
        again = imported(workbook(CREAM), archive())
        assert (first.figures["created"], again.figures) == (1, {"created": 0, "changed": 0})

    @pytest.mark.parametrize(
        ("cells", "column", "code"),
        [
            ({"商家编码": ""}, "sku", "sku_missing"),
            ({"商家编码": "x" * 65}, "sku", "invalid_sku"),
            ({"商家编码": "2.52346E+17"}, "sku", "damaged_identifier"),
            ({"条码": 4006381333931006}, "barcode", "damaged_identifier"),
            ({"零售价": "12,50"}, "retail_price", "bad_number"),
            ({"商品名称": ""}, "name", "name_missing"),
            ({"商品名称": "x" * 201}, "name", "too_long"),
            ({"零售价": ""}, "retail_price", "price_missing"),
            ({"零售价": "无"}, "retail_price", "price_missing"),
            ({"零售价": "1.234"}, "retail_price", "invalid_price"),
            ({"零售价": "-1"}, "retail_price", "invalid_price"),
            ({"零售价": "NaN"}, "retail_price", "bad_number"),
            ({"零售价": "1e30"}, "retail_price", "bad_number"),
            ({"成本价": "1.23456"}, "cost_price", "invalid_cost"),
            ({"重量(克)": "1.5"}, "weight_grams", "bad_number"),
            ({"重量(克)": "-1"}, "weight_grams", "invalid_weight"),
            ({"每箱件数": "1"}, "box_size", "invalid_box_size"),
            ({"条码": "4006381333932"}, "barcode", "invalid_barcode"),
            ({"税率": "17%"}, "tax_rate", "invalid_tax_rate"),
            ({"税收分类编码": "12"}, "tax_code", "invalid_tax_code"),
            ({"类型": "idea"}, "kind", "bad_word"),
            ({"上架": "maybe"}, "shelf", "bad_word"),
            ({"保质期(天)": "0"}, "shelf_life_days", "invalid_shelf_life"),
            ({"视频链接": "javascript:alert(1)"}, "video_url", "invalid_address"),
            ({"类目": "a>b>c>d>e>f"}, "category", "bad_category"),
            ({"规格": "红;大"}, "options", "bad_options"),
            ({"规格": "颜色:" + "x" * 31}, "options", "bad_options"),
            ({"规格": "a:1;b:1;c:1;d:1"}, "options", "bad_options"),
            ({"组合内容": "X*0", "类型": "组合"}, "parts", "bad_parts"),
            ({"组合内容": "NOWHERE*2", "类型": "组合"}, "parts", "unknown_sku"),
            ({"组合内容": "GOODS*2"}, "parts", "not_a_bundle"),
            ({"组合内容": "POST*2", "类型": "组合"}, "parts", "part_not_goods"),
            ({"图片": "nowhere.jpg"}, "pictures", "picture_missing"),
            ({"图片": "words.jpg"}, "pictures", "unreadable_picture"),
        ],
    )
    def test_errors_by_row(self, cells: Cells, column: str, code: str) -> None:
        for sku, kind in (("GOODS", "goods"), ("POST", "service")):
            product = create_product(name=sku, kind=kind)
            add_variant(product_id=product.pk, sku=sku, retail_price=Decimal(1))
        job = checked(workbook(CREAM | {"商家编码": "first"}, CREAM | cells), archive(words=b"no picture"))
        assert (job.state, issues(job)) == ("checked", [(3, column, code)])
        assert (job.total_rows, job.refused_rows) == (2, 1)
        with pytest.raises(jobs.ImportHasErrors):
            jobs.start_commit(job_id=job.pk)
        assert Product.objects.count() == 2

    def test_errors_between_rows(self) -> None:
        lipstick = create_product(name="口红")
        add_variant(product_id=lipstick.pk, sku="LIP", retail_price=Decimal(1), barcode="4006381333931")
        other = create_product(name="粉底")
        add_variant(product_id=other.pk, sku="BASE", retail_price=Decimal(1))
        job = checked(
            workbook(
                {"商品号": "", "商品名称": "a", "商家编码": "A", "零售价": 1},
                {"商品号": "", "商品名称": "b", "商家编码": "a", "零售价": 1},
                {"商品号": "1", "商品名称": "c", "商家编码": "C", "零售价": 1, "规格": "色:红"},
                {"商品号": "1", "商品名称": "d", "商家编码": "D", "零售价": 1, "规格": "色:红"},
                {"商品号": "1", "商家编码": "E", "零售价": 1, "规格": "码:M"},
                {"商品号": "2", "商家编码": "LIP", "类型": "service"},
                {"商品号": "2", "商家编码": "BASE"},
                {"商品号": "", "商品名称": "f", "商家编码": "F", "零售价": 1, "条码": "4006381333931"},
            )
        )
        assert issues(job) == [
            (3, "sku", "duplicate_sku"),
            (5, "name", "differs"),
            (5, "options", "duplicate_options"),
            (6, "options", "other_options"),
            (7, "kind", "kind_fixed"),
            (7, "sku", "sku_elsewhere"),
            (9, "barcode", "duplicate_barcode"),
        ] or issues(job) == [
            (3, "sku", "duplicate_sku"),
            (5, "name", "differs"),
            (5, "options", "duplicate_options"),
            (6, "options", "other_options"),
            (7, "kind", "kind_fixed"),
            (8, "sku", "sku_elsewhere"),
            (9, "barcode", "duplicate_barcode"),
        ]

    def test_a_picture_that_only_looks_like_one_fails_the_whole_file(self) -> None:
        data = picture_bytes(size=(600, 600))
        job = checked(workbook(CREAM | {"图片": "half.jpg"}), archive(half=data[: len(data) // 2]))
        assert issues(job) == []
        job = committed(job)
        assert (job.state, issues(job)) == ("failed", [(2, "pictures", "unreadable_picture")])
        assert not Product.objects.exists()
        assert not ProductImage.objects.exists()

    def test_more_skus_than_the_plan_holds(self) -> None:
        from shared_apps.entitlements.models import Quota

        Quota.objects.filter(name="skus").update(limit=1, used=0)
        job = checked(workbook(CREAM, CREAM | {"商家编码": "second"}))
        job = committed(job)
        assert job.state == "failed"
        assert job.message
        assert not Product.objects.exists()
        assert entitlements.get_counts(now=clock.now())["skus"].used == 0

    def test_undo_until_something_hangs_on_it(self) -> None:
        made = imported(workbook(CREAM | {"图片": "a.jpg"}), archive(a=picture_bytes()))
        used = entitlements.get_counts(now=clock.now())["skus"].used
        changed = imported(workbook(CREAM | {"零售价": 150}))
        for job, state in ((changed, "committed"), (made, "undone")):
            assert worked(jobs.start_undo(job_id=job.pk)).state == state
        assert (Product.objects.count(), ProductImage.objects.count()) == (0, 0)
        assert entitlements.get_counts(now=clock.now())["skus"].used == used - 1
        again = imported(workbook(CREAM))
        variant = Variant.objects.get()
        inventory.receive(lines=[inventory.ReceiptLine(variant.pk, 1, Decimal(1))], reference="r", now=clock.now())
        assert worked(jobs.start_undo(job_id=again.pk)).state == "committed"
        assert Variant.objects.get() == variant
