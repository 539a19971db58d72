"""Export the catalogue as a workbook in constant memory, and its pictures as a ZIP."""

import logging
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.db.models import QuerySet

from kernel.files import storage as files
from kernel.files.spreadsheets import escape_cell
from tenant_apps.catalog.models import BundlePart, Product, ProductImage, Variant
from tenant_apps.catalog.selectors.categories import list_category_tree
from tenant_apps.catalog.services.sheets.columns import COLUMNS, KINDS, NO, YES, heading_of, is_chinese, join_list
from tenant_apps.catalog.services.sheets.planning import export_name
from tenant_apps.catalog.states import ShelfState

logger = logging.getLogger(__name__)

BATCH_SIZE = 1_000


def export_products(*, products: QuerySet[Product], with_cost: bool) -> IO[bytes]:
    """Write an XLSX with one row per SKU. Products without SKUs are left out."""
    logger.info("products exported", extra={"with_cost": with_cost})
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    _write_workbook(file, products, with_cost)
    file.seek(0)
    return file


def export_pictures(*, products: QuerySet[Product]) -> IO[bytes]:
    """Write a ZIP of the products' pictures under the file names used in the workbook."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # pictures are packed already
        images = ProductImage.objects.filter(product__in=products.order_by()).order_by("product_id", "position", "id")
        for image in images.iterator(BATCH_SIZE):
            with files.open_file(image.path) as picture:
                archive.writestr(export_name(image), picture.read())
    file.seek(0)
    return file


def _write_workbook(file: IO[bytes], products: QuerySet[Product], with_cost: bool) -> None:
    columns = [column for column in COLUMNS if with_cost or not column.needs]
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("products")
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, [heading_of(column) for column in columns])
        for number, cells in enumerate(_rows(products), start=1):
            for place, column in enumerate(columns):
                value = cells.get(column.name)
                if isinstance(value, Decimal | int):
                    sheet.write_number(number, place, value)
                elif value:
                    sheet.write_string(number, place, escape_cell(value))


def _rows(products: QuerySet[Product]) -> Iterator[dict[str, Any]]:
    paths = {branch.id: join_list(branch.path, ">") for branch in list_category_tree()}
    variants = Variant.objects.filter(product__in=products.order_by()).select_related("product")
    batch: list[Variant] = []
    for variant in variants.order_by("product_id", "id").iterator(BATCH_SIZE):
        batch.append(variant)
        if len(batch) == BATCH_SIZE:
            yield from _batch_rows(batch, paths)
            batch = []
    yield from _batch_rows(batch, paths)


def _batch_rows(batch: list[Variant], paths: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    images: dict[tuple[int, int | None], list[str]] = {}
    for image in ProductImage.objects.filter(product_id__in={one.product_id for one in batch}).order_by(
        "position", "id"
    ):
        images.setdefault((image.product_id, image.variant_id), []).append(export_name(image))
    parts: dict[int, list[str]] = {}
    for part in BundlePart.objects.filter(bundle__in=batch).select_related("part").order_by("id"):
        parts.setdefault(part.bundle_id, []).append(f"{join_list([part.part.sku], ';')}*{part.quantity}")
    chinese = is_chinese()
    for variant in batch:
        product = variant.product
        yield {
            **_product_cells(product, paths, chinese),
            "pictures": join_list(images.get((product.pk, None), ()), ";"),
            "sku": variant.sku,
            "variant": variant.name,
            "options": "; ".join(join_list(pair, ":") for pair in variant.option_values.items()),
            "barcode": variant.barcode,
            "retail_price": variant.retail_price,
            "weight_grams": variant.weight_grams,
            "box_size": variant.box_size,
            "cost_price": variant.cost_price,
            "is_active": _word(variant.is_active, chinese),
            "parts": "; ".join(parts.get(variant.pk, ())),
            "variant_pictures": join_list(images.get((product.pk, variant.pk), ()), ";"),
        }


def _product_cells(product: Product, paths: Mapping[int, str], chinese: bool) -> dict[str, Any]:
    return {
        "product": str(product.pk),
        "name": product.name,
        "category": paths.get(product.category_id or 0, ""),
        "brand_name": product.brand_name,
        "unit": product.unit,
        "kind": KINDS[product.kind] if chinese else product.kind,
        "tax_code": product.tax_code,
        "tax_rate": f"{product.tax_rate:.0%}",
        "shelf_life_days": product.shelf_life_days,
        "description": product.description,
        "video_url": product.video_url,
        "shelf": _word(product.state == ShelfState.ON, chinese),
    }


def _word(value: bool, chinese: bool) -> str:
    return (YES if value else NO)[chinese]
