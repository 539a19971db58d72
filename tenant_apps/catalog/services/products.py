"""What is said of a product."""

from typing import Unpack

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.errors import Invalid
from tenant_apps.catalog import rules
from tenant_apps.catalog.models import Category, Product
from tenant_apps.catalog.rules import ProductDetails, ProductFields
from tenant_apps.catalog.selectors.categories import UnknownCategory
from tenant_apps.catalog.selectors.products import get_product
from tenant_apps.catalog.services.writing import write_changes
from tenant_apps.catalog.states import ProductKind


class InvalidProduct(Invalid):
    code = "invalid_product"
    title = _("The product breaks a rule")


@transaction.atomic
def create_product(*, name: str, **details: Unpack[ProductDetails]) -> Product:
    """Add a product, off the shelf and without variants. Raises UnknownCategory, InvalidProduct."""
    _check_product({"name": name, **details})
    return Product.objects.create(name=name, **details)


@transaction.atomic
def change_product(*, product_id: int, **changes: Unpack[ProductFields]) -> Product:
    """Change what is said of a product. Raises ProductNotFound, UnknownCategory, InvalidProduct."""
    _check_product(changes)
    product = get_product(product_id=product_id)
    write_changes(product, changes)
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
