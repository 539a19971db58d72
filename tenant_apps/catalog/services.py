"""What changes the catalogue."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Unpack

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit, entitlements
from kernel.errors import Conflict, Invalid
from kernel.integrity import refine_integrity_error
from kernel.states import compare_and_set, ensure_allowed
from tenant_apps.catalog import rules, selectors
from tenant_apps.catalog.models import Category, Product, Variant
from tenant_apps.catalog.rules import (
    CategoryFields,
    ProductDetails,
    ProductFields,
    VariantDetails,
    VariantFields,
)
from tenant_apps.catalog.states import SHELF_TRANSITIONS, ProductKind, ShelfState


@dataclass(frozen=True, slots=True)
class NewVariant:
    """One thing an import met: it becomes a product of its own with one variant, off the shelf."""

    sku: str
    name: str
    kind: str = ProductKind.GOODS.value
    retail_price: Decimal = Decimal("0.00")
    tax_rate: Decimal = Decimal("0.13")


class UnknownCategory(Invalid):
    code = "unknown_category"
    title = _("There is no such category")


class DuplicateCategory(Conflict):
    code = "duplicate_category"
    title = _("A category of this name already stands there")


class CyclicCategory(Conflict):
    code = "cyclic_category"
    title = _("A category cannot stand below itself")


class CategoryTooDeep(Invalid):
    code = "category_too_deep"
    title = _("Categories can be nested six deep")


class CategoryInUse(Conflict):
    code = "category_in_use"
    title = _("The category still has products or categories below it")


class DuplicateSku(Conflict):
    code = "duplicate_sku"
    title = _("Another variant has this SKU")


class DuplicateBarcode(Conflict):
    code = "duplicate_barcode"
    title = _("Another variant has this barcode")


class InvalidProduct(Invalid):
    code = "invalid_product"
    title = _("The product breaks a rule")


class InvalidVariant(Invalid):
    code = "invalid_variant"
    title = _("The variant breaks a rule")


_CATEGORY_RULES = {
    "catalog_category_name_unique_in_parent": lambda: DuplicateCategory(field="name"),
    "catalog_category_not_its_own_parent": lambda: CyclicCategory(field="parent_id"),
}
_VARIANT_RULES = {
    "catalog_variant_sku_unique": lambda: DuplicateSku(field="sku"),
    "catalog_variant_barcode_unique": lambda: DuplicateBarcode(field="barcode"),
    "catalog_variant_sku_upper_and_trimmed": lambda: InvalidVariant(_("The SKU is not valid."), field="sku"),
}


@transaction.atomic
def create_category(*, name: str, parent_id: int | None = None, position: int = 0) -> Category:
    """Add a category. Raises DuplicateCategory, UnknownCategory, CategoryTooDeep."""
    if parent_id is not None:
        _check_place(node=None, parent=parent_id)
    with refine_integrity_error(_CATEGORY_RULES):
        return Category.objects.create(name=name, parent_id=parent_id, position=position)


@transaction.atomic
def change_category(*, category_id: int, **changes: Unpack[CategoryFields]) -> Category:
    """Rename, move or re-order a category. Raises CategoryNotFound and what create_category raises, CyclicCategory."""
    parent_id = changes.get("parent_id")
    if parent_id is not None:
        _check_place(node=category_id, parent=parent_id)
    category = selectors.get_category(category_id=category_id)
    with refine_integrity_error(_CATEGORY_RULES):
        _write(category, changes)
    return category


def _check_place(*, node: int | None, parent: int) -> None:
    """Refuse a place that closes a circle or lies too deep. Locks the whole (small) tree against other moves."""
    parents = dict(Category.objects.select_for_update().order_by("id").values_list("id", "parent_id"))
    if parent not in parents:
        raise UnknownCategory(field="parent_id")
    if node is not None and rules.would_loop(parents, node=node, parent=parent):
        raise CyclicCategory(field="parent_id")
    if rules.depth_of(parents, parent) + rules.height_of(parents, node) > rules.MAX_CATEGORY_DEPTH:
        raise CategoryTooDeep(field="parent_id")


@transaction.atomic
def delete_category(*, category_id: int) -> None:
    """Remove an empty category. Raises CategoryNotFound, CategoryInUse."""
    try:
        selectors.get_category(category_id=category_id).delete()
    except models.ProtectedError as refusal:
        raise CategoryInUse from refusal


@transaction.atomic
def create_product(*, name: str, **details: Unpack[ProductDetails]) -> Product:
    """Add a product, off the shelf and without variants. Raises UnknownCategory, InvalidProduct."""
    _check_product({"name": name, **details})
    return Product.objects.create(name=name, **details)


@transaction.atomic
def change_product(*, product_id: int, **changes: Unpack[ProductFields]) -> Product:
    """Change what is said of a product. Raises ProductNotFound, UnknownCategory, InvalidProduct."""
    _check_product(changes)
    product = selectors.get_product(product_id=product_id)
    _write(product, changes)
    return product


def _check_product(fields: ProductFields) -> None:
    category_id = fields.get("category_id")
    if category_id is not None and not Category.objects.filter(id=category_id).exists():
        raise UnknownCategory(field="category_id")
    if not fields.get("name", "x"):
        raise InvalidProduct(_("A product needs a name."), field="name")
    if not rules.is_valid_tax_code(fields.get("tax_code", "")):
        raise InvalidProduct(_("A tax code has 19 digits."), field="tax_code")
    if fields.get("tax_rate", rules.TAX_RATES[0]) not in rules.TAX_RATES:
        raise InvalidProduct(_("The tax rate is one of 0.13, 0.09, 0.06, 0.03, 0.01 and 0."), field="tax_rate")
    if fields.get("kind", ProductKind.GOODS) not in ProductKind.values:
        raise InvalidProduct(_("The kind is goods or service."), field="kind")


@transaction.atomic
def put_on_shelf(*, product_id: int) -> Product:
    """Let the product be ordered. Raises ProductNotFound, IllegalTransition."""
    return _move(product_id, ShelfState.ON)


@transaction.atomic
def take_off_shelf(*, product_id: int) -> Product:
    """Stop further orders of the product. Raises ProductNotFound, IllegalTransition."""
    return _move(product_id, ShelfState.OFF)


def _move(product_id: int, wanted: ShelfState) -> Product:
    product = selectors.get_product(product_id=product_id)
    before = ShelfState(product.state)
    ensure_allowed(SHELF_TRANSITIONS, now=before, wanted=wanted)
    compare_and_set(Product.objects.filter(id=product_id), expected=before, wanted=wanted)
    audit.record(
        action="catalog.shelf", subject=f"product:{product_id}", before={"state": before}, after={"state": wanted}
    )
    product.state = wanted
    return product


@transaction.atomic
def add_variant(*, product_id: int, sku: str, retail_price: Decimal, **details: Unpack[VariantDetails]) -> Variant:
    """Add a SKU to a product. Raises ProductNotFound, DuplicateSku, DuplicateBarcode, InvalidVariant, QuotaExceeded."""
    product = selectors.get_product(product_id=product_id)
    prepared = _prepare_variant({**details, "sku": sku, "retail_price": retail_price})
    entitlements.follow("skus", was_counted=False, is_counted=prepared.get("is_active", True))
    with refine_integrity_error(_VARIANT_RULES):
        return Variant.objects.create(product=product, **prepared)


@transaction.atomic
def change_variant(*, variant_id: int, **changes: Unpack[VariantFields]) -> Variant:
    """Change a SKU; a new price is written to the audit log. A SKU that is not for sale leaves its place to another.

    Raises VariantNotFound and what add_variant raises.
    """
    variant = selectors.get_variant(variant_id=variant_id)
    prepared = _prepare_variant(changes)
    old_price = variant.retail_price
    if "is_active" in prepared:  # locked: of two who take the same SKU off sale, one gives its place back
        was_active = (
            Variant.objects.select_for_update(no_key=True).values_list("is_active", flat=True).get(id=variant_id)
        )
        entitlements.follow("skus", was_counted=was_active, is_counted=prepared["is_active"])
    with refine_integrity_error(_VARIANT_RULES):
        _write(variant, prepared)
    if variant.retail_price != old_price:
        audit.record(
            action="catalog.retail_price",
            subject=f"variant:{variant_id}",
            before={"retail_price": str(old_price)},
            after={"retail_price": str(variant.retail_price)},
        )
    return variant


def _prepare_variant(fields: VariantFields) -> VariantFields:
    """Normalise what is given and refuse what no variant may carry."""
    prepared = fields.copy()
    if "sku" in prepared:
        prepared["sku"] = _valid_sku(prepared["sku"])
    if not rules.is_valid_barcode(prepared.get("barcode", "")):
        raise InvalidVariant(
            _("A barcode is at most 32 letters and digits; 13 digits must be a correct EAN-13."), field="barcode"
        )
    if not rules.is_valid_price(prepared.get("retail_price", rules.FREE)):
        raise InvalidVariant(
            _("A price is not negative, below ten billion, and has at most two decimals."), field="retail_price"
        )
    return prepared


def _valid_sku(sku: str) -> str:
    normal = rules.normalise_sku(sku)
    if not rules.is_valid_sku(normal):
        raise InvalidVariant(_("A SKU has 1 to 64 visible characters."), field="sku")
    return normal


def _write(row: models.Model, changes: Mapping[str, object]) -> None:
    """Save the changed columns only, so that what somebody else changed meanwhile stays."""
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=[*changes, *(["updated_at"] if hasattr(row, "updated_at") else [])])


@transaction.atomic
def ensure_variants(*, rows: Sequence[NewVariant]) -> dict[str, int]:
    """Map every SKU (as stored: upper case) to its variant's id, adding those not yet known, off the shelf.

    At most seven statements however many rows. Of rows with the same SKU the first counts; what exists stays as it is.
    All new ones fit into the plan or none is added. Raises InvalidVariant, QuotaExceeded.
    """
    wanted: dict[str, NewVariant] = {}
    for row in rows:
        wanted.setdefault(_valid_sku(row.sku), row)
    ids = {sku: variant_id for sku, variant_id, _product in _find(wanted)}
    # Sorted: two imports that add the same SKUs wait for each other instead of deadlocking.
    missing = sorted(wanted.keys() - ids.keys())
    if not missing:
        return ids
    try:
        entitlements.take("skus", len(missing))
    except entitlements.QuotaExceeded:
        if not _find(missing):
            raise
        return ensure_variants(rows=rows)  # somebody else added some of them in the meantime
    products = Product.objects.bulk_create(
        Product(name=wanted[sku].name.strip()[:200] or sku, kind=wanted[sku].kind, tax_rate=wanted[sku].tax_rate)
        for sku in missing
    )
    Variant.objects.bulk_create(
        [
            Variant(product=p, sku=s, retail_price=wanted[s].retail_price)
            for s, p in zip(missing, products, strict=True)
        ],
        ignore_conflicts=True,
    )
    found = _find(missing)
    # A SKU that somebody else added in the meantime keeps that product; ours would be an empty shell.
    shells = {product.pk for product in products} - {product_id for _sku, _id, product_id in found}
    if shells:
        Product.objects.filter(id__in=shells).delete()
        entitlements.give_back("skus", len(shells))
    return ids | {sku: variant_id for sku, variant_id, _product in found}


def _find(skus: Iterable[str]) -> list[tuple[str, int, int]]:
    return list(Variant.objects.filter(sku__in=list(skus)).order_by("id").values_list("sku", "id", "product_id"))
