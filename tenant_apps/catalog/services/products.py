"""Create and change products."""

from typing import Unpack

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.database.names import foreign_key_name
from kernel.database.rows import write_changes
from tenant_apps.catalog import rules
from tenant_apps.catalog.models import BundlePart, Category, Product
from tenant_apps.catalog.rules import ProductDetails, ProductFields
from tenant_apps.catalog.selectors.categories import UnknownCategory
from tenant_apps.catalog.selectors.products import ProductNotFound, get_product


class InvalidProduct(Invalid):
    code = "invalid_product"
    title = _("The product breaks a rule")


class UnknownFreightTemplate(Invalid):
    code = "unknown_freight_template"
    title = _("There is no such freight template")


_RULES = {
    foreign_key_name("catalog_product", "freight_template_id"): lambda: UnknownFreightTemplate(
        field="freight_template_id"
    )
}


class KindInUse(Conflict):
    code = "kind_in_use"
    title = _("The kind cannot change while bundles depend on it")


@transaction.atomic
def create_product(*, name: str, **details: Unpack[ProductDetails]) -> Product:
    """Add a product, off the shelf and without variants.

    Raises UnknownCategory, UnknownFreightTemplate, InvalidProduct."""
    _check_product({"name": name, **details})
    text = rules.product_search_text(name, details.get("brand_name", ""))
    with refine_integrity_error(_RULES):
        return Product.objects.create(name=name, search_text=text, **details)


@transaction.atomic
def change_product(*, product_id: int, **changes: Unpack[ProductFields]) -> Product:
    """Change a product; a new tax rate is written to the audit log.

    Raises ProductNotFound, UnknownCategory, UnknownFreightTemplate, InvalidProduct, KindInUse.
    """
    _check_product(changes)
    before = lock_product(product_id)
    if changes.get("kind", before.kind) != before.kind:
        _ensure_kind_unused(before)
    product = get_product(product_id=product_id)
    written: dict[str, object] = {**changes}
    if "name" in changes or "brand_name" in changes:
        written["search_text"] = rules.product_search_text(
            changes.get("name", product.name), changes.get("brand_name", product.brand_name)
        )
    with refine_integrity_error(_RULES):
        write_changes(product, written)
    if product.tax_rate != before.tax_rate:
        audit.record(
            action="catalog.tax_rate",
            subject=f"product:{product_id}",
            before={"tax_rate": str(before.tax_rate)},
            after={"tax_rate": str(product.tax_rate)},
        )
    return product


def lock_product(product_id: int) -> Product:
    """Lock the product FOR NO KEY UPDATE, so rows that refer to it are not blocked. Raises ProductNotFound."""
    product = Product.objects.select_for_update(no_key=True).filter(id=product_id).first()
    if product is None:
        raise ProductNotFound
    return product


def _ensure_kind_unused(product: Product) -> None:
    if BundlePart.objects.filter(bundle__product=product).exists():
        raise KindInUse(_("Take the bundle's parts out first."), field="kind")
    if BundlePart.objects.filter(part__product=product).exists():
        raise KindInUse(_("It is a part of a bundle."), field="kind")


def _check_product(fields: ProductFields) -> None:
    category_id = fields.get("category_id")
    if category_id is not None and not Category.objects.filter(id=category_id).exists():
        raise UnknownCategory(field="category_id")
    if faults := list(rules.product_faults(fields)):
        raise InvalidProduct(faults[0].detail, errors=faults)
