"""Plan the changes of a workbook. The dry run shows the issues, the commit carries the plan out.

Rows with the same product no. form one product, as do rows whose SKUs already belong to one. A row without a number
and with an unknown SKU becomes a product of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Text
from kernel.files.images import digest_of, looks_like_picture
from tenant_apps.catalog.models import Product, ProductImage, Variant
from tenant_apps.catalog.rules import ProductFields
from tenant_apps.catalog.services.images import MAX_IMAGES
from tenant_apps.catalog.services.options import (
    MAX_NAME_LENGTH,
    MAX_OPTIONS,
    MAX_VALUE_LENGTH,
    MAX_VARIANTS,
    option_key,
)
from tenant_apps.catalog.services.sheets.archive import Pictures
from tenant_apps.catalog.services.sheets.known import Known, read_known
from tenant_apps.catalog.services.sheets.parsing import Issue, Row
from tenant_apps.catalog.states import ProductKind, ShelfState


@dataclass(slots=True)
class PlannedPicture:
    """A file of the ZIP for the product, or for the variant with this SKU."""

    file_name: str
    sku: str
    row: int
    column: str


@dataclass(slots=True)
class PlannedProduct:
    """A new product, or a known one with its changed fields."""

    rows: list[Row]
    known: Product | None = None
    fields: ProductFields = field(default_factory=ProductFields)
    category: tuple[str, ...] | None = None
    shelf: bool | None = None
    options: list[dict[str, Any]] = field(default_factory=list)
    pictures: list[PlannedPicture] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Kind of the product after the import."""
        return self.known.kind if self.known else self.fields.get("kind", ProductKind.GOODS)


@dataclass(slots=True)
class Plan:
    """All products of the workbook, and the issues found."""

    products: list[PlannedProduct]
    known: Known
    issues: list[Issue]


def export_name(image: ProductImage) -> str:
    """Return the picture's file name in exports, unique in the brand."""
    return f"{image.product_id}-{image.pk}.{image.path.rpartition('.')[2]}"


def make_plan(rows: Sequence[Row], pictures: Pictures) -> Plan:
    """Compare the rows with the catalogue. Read only."""
    known = read_known(rows)
    issues = [issue for row in rows for issue in row.issues]
    plan = Plan(_group(rows, known), known, issues)
    _look_for_repeats(rows, known, issues)
    kinds = {row.sku: planned.kind for planned in plan.products for row in planned.rows}
    for planned in plan.products:
        _Planning(plan, planned, pictures, kinds).run()
    issues.sort(key=lambda issue: (issue.row, issue.column))
    return plan


def _group(rows: Iterable[Row], known: Known) -> list[PlannedProduct]:
    homes = {row.label: known.variants[row.sku].product_id for row in rows if row.label and row.sku in known.variants}
    groups: dict[tuple[str, object], list[Row]] = {}
    for row in rows:
        variant = known.variants.get(row.sku)
        product_id = homes.get(row.label) if row.label else variant.product_id if variant else None
        key: tuple[str, object] = ("id", product_id) if product_id else ("label", row.label or row.number)
        groups.setdefault(key, []).append(row)
    return [
        PlannedProduct(grouped, known=known.products[int(str(key[1]))] if key[0] == "id" else None)
        for key, grouped in groups.items()
    ]


def _look_for_repeats(rows: Iterable[Row], known: Known, issues: list[Issue]) -> None:
    skus: set[str] = set()
    barcodes = dict(known.barcodes)
    for row in rows:
        if row.sku and row.sku in skus:
            issues.append(Issue(row.number, "sku", "duplicate_sku", _("The SKU stands on another row too.")))
        skus.add(row.sku)
        barcode = row.variant.get("barcode", "")
        if barcode and barcodes.setdefault(barcode, row.sku) != row.sku:
            detail = _("SKU %(sku)s has this barcode.") % {"sku": barcodes[barcode]}
            issues.append(Issue(row.number, "barcode", "duplicate_barcode", detail))


class _Planning:
    """Comparison of one product's rows with its stored state."""

    def __init__(self, plan: Plan, planned: PlannedProduct, pictures: Pictures, kinds: dict[str, str]) -> None:
        self.planned = planned
        self.known = plan.known
        self.issues = plan.issues
        self.pictures = pictures
        self.kinds = kinds

    def run(self) -> None:
        for row in self.planned.rows:
            self._merge(row)
            self._check_variant(row)
            self._check_parts(row)
        self._check_free()
        first = self.planned.rows[0]
        if self.planned.known is None and not self.planned.fields.get("name") and not self._told(first, "name"):
            self._say(first, "name", "name_missing", _("A product needs a name."))
        self._plan_options()
        self._plan_pictures()

    def _say(self, row: Row, column: str, code: str, detail: Text) -> None:
        self.issues.append(Issue(row.number, column, code, detail))

    def _merge(self, row: Row) -> None:
        """Merge the row's product fields; rows of one product must not contradict each other."""
        said: dict[str, Any] = {**row.product, "category": row.category, "shelf": row.shelf}
        for column, value in said.items():
            if value is None:
                continue
            own = column in {"category", "shelf"}
            before = getattr(self.planned, column) if own else self.planned.fields.get(column)
            if before is not None and before != value:
                self._say(row, column, "differs", _("Another row of this product says something else."))
            elif own:
                setattr(self.planned, column, value)
            else:
                self.planned.fields[column] = value  # type: ignore[literal-required]
        if (
            self.planned.known is not None
            and row.product.get("kind", self.planned.known.kind) != self.planned.known.kind
        ):
            self._say(row, "kind", "kind_fixed", _("The kind of a product that exists cannot be changed by a file."))

    def _check_variant(self, row: Row) -> None:
        variant = self.known.variants.get(row.sku)
        if variant is None:
            if row.sku and "retail_price" not in row.variant and not self._told(row, "retail_price"):
                self._say(row, "retail_price", "price_missing", _("A new SKU needs a retail price."))
        elif self.planned.known is None or variant.product_id != self.planned.known.pk:
            self._say(row, "sku", "sku_elsewhere", _("The SKU belongs to another product."))

    def _check_free(self) -> None:
        """Refuse prices that would become 0.00 on the shelf: a file cannot be asked whether they are meant."""
        known = self.planned.known
        stays = known is not None and known.state == ShelfState.ON
        if not (stays if self.planned.shelf is None else self.planned.shelf):
            return
        for row in self.planned.rows:
            variant = self.known.variants.get(row.sku)
            price = row.variant.get("retail_price", variant.retail_price if variant else None)
            was_free = stays and variant is not None and not variant.retail_price
            if price is not None and not price and not was_free:
                detail = _("For sale at 0.00: leave it off the shelf, and confirm on its page that it is free.")
                self._say(row, "retail_price", "price_is_zero", detail)

    def _told(self, row: Row, column: str) -> bool:
        return any(issue.column == column for issue in row.issues)

    def _check_parts(self, row: Row) -> None:
        if not row.parts:
            return
        if self.planned.kind != ProductKind.BUNDLE:
            self._say(row, "parts", "not_a_bundle", _("Only a product of the kind “bundle” has parts."))
        if len(row.parts) > 20:
            self._say(row, "parts", "invalid_number_of_parts", _("A bundle has 1 to 20 parts."))
        for sku in row.parts:
            variant = self.known.variants.get(sku)
            kind = self.kinds.get(sku) or (self.known.kinds[variant.product_id] if variant else None)
            if kind is None:
                self._say(row, "parts", "unknown_sku", _("There is no SKU %(sku)s") % {"sku": sku})
            elif kind != ProductKind.GOODS:
                self._say(row, "parts", "part_not_goods", _("A part is goods: no service, and no bundle."))

    def _plan_options(self) -> None:
        """Extend the product's options by the rows' values; each combination may occur once."""
        product = self.planned.known
        options = [{"name": one["name"], "values": list(one["values"])} for one in (product.options if product else [])]
        with_options = [row for row in self.planned.rows if row.options]
        if not options and with_options:
            options = [{"name": name, "values": []} for name in with_options[0].options]
        values = {one["name"]: one["values"] for one in options}
        keys = dict(self.known.option_keys.get(product.pk, {})) if product else {}
        for row in with_options:
            if set(row.options) != set(values):
                self._say(row, "options", "other_options", _("The product's variants have other options."))
                continue
            for name, value in row.options.items():
                if value not in values[name]:
                    values[name].append(value)
            if keys.setdefault(option_key(row.options), row.sku) != row.sku:
                self._say(row, "options", "duplicate_options", _("Another variant has these option values."))
        self.planned.options = options
        self._check_sizes(options)

    def _check_sizes(self, options: Sequence[dict[str, Any]]) -> None:
        row = self.planned.rows[0]
        product = self.planned.known
        words = [(one["name"], MAX_NAME_LENGTH) for one in options]
        words += [(value, MAX_VALUE_LENGTH) for one in options for value in one["values"]]
        if len(options) > MAX_OPTIONS or any(not 0 < len(word) <= longest for word, longest in words):
            detail = _("A product has three options at most; names have 20 characters, values 30.")
            self._say(row, "options", "bad_options", detail)
        new = sum(1 for one in self.planned.rows if one.sku not in self.known.variants)
        if new and new + (self.known.counts.get(product.pk, 0) if product else 0) > MAX_VARIANTS:
            self._say(row, "sku", "too_many_variants", _("A product has 200 variants at most."))

    def _plan_pictures(self) -> None:
        present = self.known.images.get(self.planned.known.pk, []) if self.planned.known else []
        wanted: dict[tuple[str, str], PlannedPicture] = {}
        for row in self.planned.rows:
            for column, names in (("pictures", row.pictures), ("variant_pictures", row.variant_pictures)):
                for name in names:
                    sku = row.sku if column == "variant_pictures" else ""
                    wanted.setdefault((name.casefold(), sku), PlannedPicture(name, sku, row.number, column))
        for picture in wanted.values():
            self._plan_picture(picture, present)
        if len(self.planned.pictures) + len(present) > MAX_IMAGES:
            detail = _("A product has fifty pictures at most")
            self._say(self.planned.rows[0], "pictures", "too_many_pictures", detail)

    def _plan_picture(self, picture: PlannedPicture, present: Sequence[ProductImage]) -> None:
        """Skip a picture that exists already, by its export name, its own name, or its content."""
        variant = self.known.variants.get(picture.sku)
        alike = [one for one in present if one.variant_id == (variant.pk if variant else None)]
        data = self.pictures.read(picture.file_name) if picture.file_name in self.pictures else None
        if data is None and picture.file_name not in self.pictures:
            if not any(picture.file_name in {one.name, export_name(one)} for one in alike):
                detail = _("The ZIP holds no picture %(name)s.") % {"name": picture.file_name}
                self.issues.append(Issue(picture.row, picture.column, "picture_missing", detail))
        elif data is None or not looks_like_picture(data):
            rule = _("%(name)s is no JPEG, PNG or WebP of 10 MB and 50 megapixels at most.")
            shown = rule % {"name": picture.file_name}
            self.issues.append(Issue(picture.row, picture.column, "unreadable_picture", shown))
        elif not any(one.digest == digest_of(data) for one in alike):
            self.planned.pictures.append(picture)


def variant_columns(row: Row, planned: PlannedProduct) -> dict[str, Any]:
    """Return the variant's columns for the cells that are not empty."""
    columns: dict[str, Any] = {**row.variant}
    if row.options:
        columns["option_values"] = {one["name"]: row.options[one["name"]] for one in planned.options}
        columns["option_key"] = option_key(row.options)
        if "name" not in columns and row.sku:
            columns["name"] = " / ".join(columns["option_values"].values())
    return columns


def differing(present: Product | Variant, columns: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if getattr(present, name) != value}
