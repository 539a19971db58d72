"""Import products from a workbook with one row per SKU, and a ZIP of the pictures it names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from tenant_apps.catalog.services.sheets.archive import open_pictures
from tenant_apps.catalog.services.sheets.columns import COLUMNS, heading_of
from tenant_apps.catalog.services.sheets.parsing import Row, read_row
from tenant_apps.catalog.services.sheets.planning import Plan, make_plan
from tenant_apps.catalog.services.sheets.writing import (
    PictureStore,
    ProductsInUse,
    lock_products,
    remove_products,
    write_plan,
)
from tenant_apps.imports.services.importer import Importer, Outcome, Run
from tenant_apps.imports.services.reading.columns import Column
from tenant_apps.imports.services.reading.rows import SourceRow

# Words of the catalogue that mean something else in an order file, and must not be looked for under its headings.
_OWN_WORDS = frozenset({"product", "name", "unit", "kind", "description", "category", "variant", "options", "parts"})
_OTHER_HEADINGS = {"name": ("名称", "品名", "产品名称", "product name"), "product": ("商品编号", "款号")}


@dataclass
class CatalogPlan:
    """Planned changes, and the re-encoded pictures that belong to them."""

    plan: Plan
    store: PictureStore = field(default_factory=PictureStore)


class ProductsImporter(Importer[Row, CatalogPlan]):
    """Create and change products and SKUs, all rows or none. Empty cells leave stored values unchanged."""

    kind = "products"
    label = _("Import products")
    permission = "catalog.edit"
    max_rows = 10_000
    attachment_label = _("Pictures (ZIP)")
    # Pictures are decoded at the commit alone.
    writes_in_dry_run = False
    reasons = {
        "bad_category": _("Not a category"),
        "bad_options": _("Options that cannot be read"),
        "bad_parts": _("Parts that cannot be read"),
        "differs": _("Rows of one product that contradict each other"),
        "duplicate_barcode": _("A barcode of another SKU"),
        "duplicate_options": _("Option values of another SKU"),
        "duplicate_sku": _("A SKU on two rows"),
        "invalid_address": _("Not an address"),
        "invalid_barcode": _("Not a barcode"),
        "invalid_box_size": _("Not a number of pieces per box"),
        "invalid_cost": _("Not a cost price"),
        "invalid_kind": _("Not a kind of product"),
        "invalid_number_of_parts": _("Too few or too many parts"),
        "invalid_price": _("Not a price"),
        "invalid_shelf_life": _("Not a shelf life"),
        "invalid_sku": _("Not a SKU"),
        "invalid_tax_code": _("Not a tax code"),
        "invalid_tax_rate": _("Not a tax rate"),
        "invalid_weight": _("Not a weight"),
        "kind_fixed": _("Another kind than the product has"),
        "name_missing": _("The name of the product is missing"),
        "not_a_bundle": _("Parts of a product that is no bundle"),
        "other_options": _("Other options than the product has"),
        "part_not_goods": _("A part that is not goods"),
        "picture_missing": _("A picture that is not in the ZIP"),
        "price_is_zero": _("A price of zero"),
        "price_missing": _("The retail price is missing"),
        "sku_elsewhere": _("A SKU of another product"),
        "sku_missing": _("The SKU is missing"),
        "too_many_pictures": _("Too many pictures"),
        "too_many_variants": _("Too many SKUs of one product"),
        "unreadable_picture": _("A picture that cannot be read"),
    }
    figures = {"created": _("New products"), "changed": _("Changed products")}
    done_url = "admin:catalog_product_changelist"

    def columns(self) -> Sequence[Column]:
        return [
            Column(
                one.name,
                heading_of(one),
                (one.english, one.chinese, *_OTHER_HEADINGS.get(one.name, ())),
                required=one.name == "sku",
                needs=one.needs,
                is_of_vocabulary=one.name not in _OWN_WORDS,
            )
            for one in COLUMNS
        ]

    def read_row(self, row: SourceRow, run: Run) -> Row:
        read = read_row(row)
        for issue in read.issues:
            row.refuse(issue.column, issue.code, issue.detail)
        return read

    def plan(self, rows: Iterator[Row], run: Run) -> CatalogPlan:
        """Compare the rows with the catalogue. A commit locks known products and decodes pictures first."""
        read = list(rows)
        with open_pictures(run.attachment) as pictures:
            if not run.is_dry_run:
                lock_products(make_plan(read, pictures))
            planned = CatalogPlan(make_plan(read, pictures))
            issues = planned.plan.issues
            if not (issues or run.is_dry_run or run.issues.lines):
                issues = planned.store.fill(planned.plan, pictures, lambda: run.heartbeat(len(read)))
        if issues:
            planned.store.discard()
        for issue in issues:
            run.refuse(issue.row, issue.code, issue.detail, column=issue.column)
        return planned

    def summarise(self, plan: CatalogPlan, run: Run) -> Outcome:
        return Outcome({"created": sum(1 for product in plan.plan.products if product.known is None)})

    def write(self, plan: CatalogPlan, run: Run) -> Outcome:
        subject = f"import:{run.job.id}"
        try:
            result = write_plan(plan.plan, plan.store, subject=subject)
        except BaseException:
            plan.store.discard()
            raise
        figures = {"created": len(result.created), "changed": len(result.changed)}
        audit.record(action="catalog.imported", subject=subject, after=figures)
        return Outcome(figures, {"created": sorted(result.created), "changed": len(result.changed)})

    def undo(self, run: Run) -> None:
        """Delete the products that the file created; changed ones stay changed. Raises ProductsInUse."""
        if run.job.result["changed"]:
            raise ProductsInUse
        remove_products(product_ids=run.job.result["created"])
