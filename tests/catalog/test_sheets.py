"""Products in and out as a workbook."""

import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.files.base import ContentFile
from django.utils import translation

from kernel import clock, entitlements
from kernel.models import AuditRecord
from kernel.workbooks import read_sheet
from tenant_apps.catalog.models import BundlePart, CatalogImport, Category, Product, ProductImage, Variant
from tenant_apps.catalog.selectors.products import list_products
from tenant_apps.catalog.services.bundles import NewPart, set_parts
from tenant_apps.catalog.services.categories import create_category
from tenant_apps.catalog.services.images import add_image
from tenant_apps.catalog.services.options import Option, generate_variants, set_options
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.sheets import exporting, jobs, running
from tenant_apps.catalog.services.shelf import put_on_shelf
from tenant_apps.catalog.services.variants import add_variant, change_variant
from tests.factories.pictures import picture_bytes

pytestmark = pytest.mark.django_db

Cells = dict[str, Any]


def workbook(*rows: Cells, headings: list[str] | None = None) -> ContentFile[bytes]:
    """A workbook with the headings of the rows."""
    names = headings or list(dict.fromkeys(name for row in rows for name in row))
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, names)
        for number, row in enumerate(rows, start=1):
            for place, name in enumerate(names):
                sheet.write(number, place, row.get(name, ""))
    return ContentFile(out.getvalue(), name="products.xlsx")


def archive(**pictures: bytes) -> ContentFile[bytes]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in pictures.items():
            made.writestr(f"图片/{name}.jpg", data)
    return ContentFile(out.getvalue(), name="pictures.zip")


def checked(upload: Any, pictures: Any = None) -> CatalogImport:
    job = jobs.create_import(workbook=upload, pictures=pictures)
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    return job


def imported(upload: Any, pictures: Any = None) -> CatalogImport:
    job = checked(upload, pictures)
    assert (job.state, job.errors) == ("checked", []), (job.message, job.errors)
    jobs.start_commit(job_id=job.pk)
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    assert job.state == "committed", (job.message, job.errors)
    return job


def issues(job: CatalogImport) -> list[tuple[int, str, str]]:
    return [(error["row"], error["column"], error["code"]) for error in job.errors]


CREAM: Cells = {"商品名称": "雪域面霜", "商家编码": "cream-50", "零售价": 139}


def exported() -> tuple[bytes, bytes]:
    """The workbook and the ZIP of everything."""
    found = []
    for answer in (
        exporting.export_products(products=list_products(), with_cost=True),
        exporting.export_pictures(products=list_products()),
    ):
        found.append(b"".join(answer))
        assert answer.file_to_stream is not None
        answer.file_to_stream.close()
    return found[0], found[1]


class TestImporting:
    def test_new_products_with_everything(self) -> None:
        job = imported(
            workbook(
                {
                    "商品号": "a", "商品名称": "丝绒口红", "类目": "彩妆 > 口红", "品牌": "榕", "单位": "支",
                    "税率": "13%", "税收分类编码": "1070222010000000000", "保质期(天)": 1095, "商品描述": "显白",
                    "上架": "是",
                    "商家编码": "lip-red", "规格": "颜色:红", "条码": "4006381333931", "零售价": 99.9, "重量(克)": 4,
                    "成本价": 12.3456, "图片": "front.jpg", "规格图片": "red.jpg",
                },
                {"商品号": "a", "商家编码": "lip-blue", "规格": "颜色：蓝", "零售价": 99.9, "在售": "否"},
                {"商品名称": "礼盒", "类型": "组合", "商家编码": "SET", "零售价": 9, "组合内容": "LIP-RED*2；lip-blue"},
            ),
            archive(front=picture_bytes(colour="red"), red=picture_bytes(colour="blue")),
        )  # fmt: skip
        assert (job.total_rows, job.valid_rows, job.created_products, job.changed_products) == (3, 3, 2, 0)
        lipstick = Product.objects.get(name="丝绒口红")
        assert (lipstick.brand_name, lipstick.unit, lipstick.shelf_life_days) == ("榕", "支", 1095)
        assert (lipstick.state, lipstick.tax_rate) == ("on_shelf", Decimal("0.13"))
        assert lipstick.options == [{"name": "颜色", "values": ["红", "蓝"]}]
        assert lipstick.category is not None
        assert (lipstick.category.name, lipstick.category.parent.name) == ("口红", "彩妆")  # type: ignore[union-attr]
        red, blue = lipstick.variants.order_by("id")
        assert (red.sku, red.name, red.cost_price, red.weight_grams) == ("LIP-RED", "红", Decimal("12.3456"), 4)
        assert (red.option_values, blue.is_active) == ({"颜色": "红"}, False)
        assert list(ProductImage.objects.order_by("id").values_list("name", "variant_id")) == [
            ("front.jpg", None), ("red.jpg", red.pk),
        ]  # fmt: skip
        assert set(BundlePart.objects.values_list("part__sku", "quantity")) == {("LIP-RED", 2), ("LIP-BLUE", 1)}
        assert entitlements.quota("skus").used == 2
        assert [found.pk for found in list_products(search="srkh")] == [lipstick.pk]

    def test_known_skus_are_changed_and_empty_cells_say_nothing(self) -> None:
        imported(workbook({**CREAM, "品牌": "榕"}))
        job = imported(workbook({"SKU": "CREAM-50", "Product": "雪域晚霜", "Retail price": 149, "Brand": ""}))
        assert (job.created_products, job.changed_products) == (0, 1)
        variant = Variant.objects.select_related("product").get()
        assert (variant.retail_price, variant.product.name, variant.product.brand_name) == (
            Decimal("149.00"), "雪域晚霜", "榕",
        )  # fmt: skip
        record = AuditRecord.objects.get(action="catalog.retail_price")
        assert (record.before, record.after) == ({"CREAM-50": "139.00"}, {"CREAM-50": "149.00"})
        assert list_products(search="xueyuwanshuang").exists()

    def test_a_label_adds_a_variant_to_a_known_product(self) -> None:
        imported(workbook(CREAM))
        imported(
            workbook({"商品号": "7", "商家编码": "CREAM-50"}, {"商品号": "7", "商家编码": "CREAM-100", "零售价": 239})
        )
        assert Product.objects.get().variants.count() == 2

    def test_again_changes_nothing(self) -> None:
        first = imported(workbook(CREAM), archive())
        again = imported(workbook(CREAM), archive())
        assert (first.created_products, again.created_products, again.changed_products) == (1, 0, 0)

    @pytest.mark.parametrize(
        ("cells", "column", "code"),
        [
            ({"商家编码": ""}, "sku", "sku_missing"),
            ({"商家编码": "x" * 65}, "sku", "invalid_sku"),
            ({"商家编码": "a\tb"}, "sku", "invalid_sku"),
            ({"商品名称": ""}, "name", "name_missing"),
            ({"商品名称": "x" * 201}, "name", "too_long"),
            ({"零售价": ""}, "retail_price", "price_missing"),
            ({"零售价": "无"}, "retail_price", "bad_number"),
            ({"零售价": "1.234"}, "retail_price", "invalid_price"),
            ({"零售价": "-1"}, "retail_price", "invalid_price"),
            ({"零售价": "NaN"}, "retail_price", "bad_number"),
            ({"零售价": "1e30"}, "retail_price", "bad_number"),
            ({"成本价": "1.23456"}, "cost_price", "invalid_cost"),
            ({"重量(克)": "1.5"}, "weight_grams", "bad_number"),
            ({"重量(克)": "-1"}, "weight_grams", "invalid_weight"),
            ({"条码": "4006381333932"}, "barcode", "invalid_barcode"),
            ({"税率": "17%"}, "tax_rate", "invalid_tax_rate"),
            ({"税收分类编码": "12"}, "tax_code", "invalid_tax_code"),
            ({"类型": "idea"}, "kind", "bad_word"),
            ({"上架": "maybe"}, "shelf", "bad_word"),
            ({"保质期(天)": "0"}, "shelf_life_days", "invalid_shelf_life"),
            ({"视频链接": "javascript:alert(1)"}, "video_url", "invalid_address"),
            ({"类目": "a>b>c>d>e>f"}, "category", "bad_category"),
            ({"规格": "红"}, "options", "bad_options"),
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
        assert (job.total_rows, job.valid_rows) == (2, 1)
        assert job.errors[0]["detail"]
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
        assert job.errors == []
        jobs.start_commit(job_id=job.pk)
        running.run(job_id=job.pk, now=clock.now())
        job.refresh_from_db()
        assert (job.state, issues(job)) == ("failed", [(2, "pictures", "unreadable_picture")])
        assert not Product.objects.exists()
        assert not ProductImage.objects.exists()

    def test_more_skus_than_the_plan_holds(self) -> None:
        from kernel.models import Quota

        Quota.objects.filter(name="skus").update(limit=1, used=0)
        job = checked(workbook(CREAM, CREAM | {"商家编码": "second"}))
        jobs.start_commit(job_id=job.pk)
        running.run(job_id=job.pk, now=clock.now())
        job.refresh_from_db()
        assert job.state == "failed"
        assert job.message
        assert not Product.objects.exists()
        assert entitlements.quota("skus").used == 0

    def test_what_waits_for_a_worker_is_found(self) -> None:
        job = jobs.create_import(workbook=workbook(CREAM))
        later = job.created_at + 2 * running.STALLED_AFTER
        assert running.stalled_imports(now=later) == [job.pk]
        running.run(job_id=job.pk, now=later)
        assert running.stalled_imports(now=later) == []


class TestRoundTrip:
    @pytest.fixture
    def catalogue(self) -> None:
        """A bit of everything, with names that want to be taken for something else."""
        skin = create_category(name="护肤>日化")
        cream = create_category(name="面霜; 乳液", parent_id=skin.pk)
        product = create_product(
            name="=1+1 面霜 💄", category_id=cream.pk, brand_name="+榕", description="第一行\n第二行",
            shelf_life_days=720, tax_code="1070222010000000000", tax_rate=Decimal("0.06"), unit="盒",
            video_url="https://example.com/v.mp4?a=1",
        )  # fmt: skip
        set_options(product_id=product.pk, options=[Option("颜色", ("红:深", "蓝;浅")), Option("尺码", ("M", "1"))])
        made = generate_variants(product_id=product.pk, sku_prefix="0012", retail_price=Decimal("1234567.89"))
        first = made.created[0]
        change_variant(
            variant_id=first.pk, cost_price=Decimal("0.1234"), weight_grams=5, barcode="4006381333931", is_active=False
        )
        for colour, variant_id in (("red", None), ("blue", first.pk), ("green", None)):
            data = io.BytesIO(picture_bytes(colour=colour, size=(500, 300)))
            add_image(product_id=product.pk, upload=data, name="a;b.jpg", variant_id=variant_id)
        put_on_shelf(product_id=product.pk)
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
            assert (job.total_rows, job.created_products, job.changed_products) == (5, 0, 0)
        assert [list(model.objects.order_by("id").values()) for model in _TABLES] == before

    def test_what_was_exported_opens_another_shop(self, catalogue: None, tmp_path: Path) -> None:
        with translation.override("zh-hans"):
            book, pictures = exported()
        for model in (BundlePart, ProductImage, Variant, Product):
            model.objects.all().delete()
        Category.objects.filter(parent__isnull=False).delete()
        Category.objects.all().delete()
        job = imported(ContentFile(book, name="export.xlsx"), ContentFile(pictures, name="p.zip"))
        assert (job.created_products, ProductImage.objects.count(), Category.objects.count()) == (2, 3, 2)
        with translation.override("zh-hans"):
            again, _pictures = exported()
        sheets = []
        for number, data in enumerate((book, again)):
            path = tmp_path / f"{number}.xlsx"
            path.write_bytes(data)
            rows = [cells for _number, cells in read_sheet(path, most_rows=100)]
            keep = [place for place, name in enumerate(rows[0]) if "图片" not in name and name != "商品号"]
            sheets.append([[row[place] for place in keep] for row in rows])
        assert sheets[0] == sheets[1]


_TABLES = (Category, Product, Variant, BundlePart, ProductImage)


def upload_to(api: Any, **files: Any) -> Any:
    headers = {"authorization": f"Bearer {api.token}"}
    return api.client.post("/api/v1/catalog/imports", files, headers=headers)


class TestOverHttp:
    def test_from_the_file_to_the_shelf(self, api: Any) -> None:
        answer = upload_to(api, file=workbook(CREAM))
        assert (answer.status_code, answer.json()["state"]) == (201, "uploaded"), answer.content
        path = f"/api/v1/catalog/imports/{answer.json()['id']}"
        early = api.post(f"{path}/commit")
        assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
        running.run(job_id=answer.json()["id"], now=clock.now())
        assert (api.get(path).json()["state"], api.get(path).json()["valid_rows"]) == ("checked", 1)
        assert api.post(f"{path}/commit").json()["state"] == "committing"
        running.run(job_id=answer.json()["id"], now=clock.now())
        assert api.get(path).json()["state"] == "committed"
        assert [row["state"] for row in api.get("/api/v1/catalog/imports").json()["items"]] == ["committed"]
        late = api.post(f"{path}/cancel")
        assert (late.status_code, late.json()["code"]) == (409, "illegal_transition")

    def test_errors_keep_it_from_being_written(self, api: Any) -> None:
        job = checked(workbook(CREAM | {"零售价": "?"}))
        path = f"/api/v1/catalog/imports/{job.pk}"
        assert api.get(path).json()["errors"] == [
            {"row": 2, "column": "retail_price", "code": "bad_number", "detail": "This is not a number."}
        ]
        refused = api.post(f"{path}/commit")
        assert (refused.status_code, refused.json()["code"]) == (409, "import_has_errors")
        assert api.post(f"{path}/cancel").json()["state"] == "cancelled"

    @pytest.mark.parametrize(
        ("upload", "code"),
        [
            (ContentFile(b"sku,name", name="a.xlsx"), "unreadable_file"),
            (ContentFile(b"", name="a.xlsx"), "unreadable_file"),
            (ContentFile(b"PK\x03\x04 not really", name="a.xlsx"), "harmful_workbook"),
            (workbook({"colour": "red"}), "unknown_columns"),
        ],
    )
    def test_refused_files(self, api: Any, upload: Any, code: str) -> None:
        upload.seek(0)
        answer = upload_to(api, file=upload)
        assert answer.status_code == 422, answer.content
        assert code in {answer.json()["code"], answer.json()["errors"][0]["code"]}
        assert not CatalogImport.objects.exists()

    def test_refused_archives_and_giants(self, api: Any, settings: Any) -> None:
        answer = upload_to(api, file=workbook(CREAM), pictures=ContentFile(b"no zip", name="p.zip"))
        assert (answer.status_code, answer.json()["code"]) == (422, "unreadable_archive")
        settings.IMPORT_MAX_BYTES = 10
        assert upload_to(api, file=workbook(CREAM)).json()["code"] == "upload_too_large"
        missing = upload_to(api)
        assert (missing.status_code, missing.json()["errors"][0]["field"]) == (422, "file")

    def test_ten_thousand_rows_and_no_more(self, api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(jobs, "MOST_ROWS", 2)
        assert upload_to(api, file=workbook(CREAM, CREAM)).status_code == 201
        assert upload_to(api, file=workbook(CREAM, CREAM, CREAM)).status_code == 413

    def test_costs_are_for_those_who_may_know_them(self, api: Any, brand: Any, tmp_path: Path) -> None:
        from shared_apps.accounts.services import issue_api_key
        from tests.conftest import ApiClient

        imported(workbook(CREAM | {"成本价": 50}))
        _key, token = issue_api_key(
            name="no costs", role="service", permissions=frozenset({"catalog.view", "catalog.edit"})
        )
        editor = ApiClient(host=f"{brand.slug}.localhost", token=token)
        refused = upload_to(editor, file=workbook(CREAM | {"成本价": 60}))
        assert (refused.status_code, refused.json()["code"]) == (403, "column_forbidden")
        for client, knows in ((api, True), (editor, False)):
            answer = client.get("/api/v1/catalog/exports/products.xlsx")
            path = tmp_path / "export.xlsx"
            path.write_bytes(b"".join(answer.streaming_content))
            assert bool({"Cost", "成本价"} & set(read_sheet(path, most_rows=10)[0][1])) is knows

    def test_unknown_ones_and_who_may(self, api: Any, api_as: Callable[[str], Any]) -> None:
        for path in ("", "/commit", "/cancel"):
            ask = api.get if not path else api.post
            assert ask(f"/api/v1/catalog/imports/999999{path}").json()["code"] == "import_not_found"
        warehouse = api_as("warehouse")
        assert upload_to(warehouse, file=workbook(CREAM)).status_code == 403
        answer = warehouse.get("/api/v1/catalog/exports/pictures.zip")
        assert (answer.status_code, b"".join(answer.streaming_content)[:2]) == (200, b"PK")
