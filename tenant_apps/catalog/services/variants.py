"""SKUs: added and changed one at a time."""

from decimal import Decimal
from typing import Unpack

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel import audit, entitlements
from kernel.errors import Conflict, Invalid
from kernel.integrity import refine_integrity_error
from tenant_apps.catalog import rules
from tenant_apps.catalog.models import Variant
from tenant_apps.catalog.rules import VariantDetails, VariantFields
from tenant_apps.catalog.selectors.products import get_product, get_variant
from tenant_apps.catalog.services.writing import write_changes


class DuplicateSku(Conflict):
    code = "duplicate_sku"
    title = _("Another variant has this SKU")


class DuplicateBarcode(Conflict):
    code = "duplicate_barcode"
    title = _("Another variant has this barcode")


class InvalidVariant(Invalid):
    code = "invalid_variant"
    title = _("The variant breaks a rule")


_VARIANT_RULES = {
    "catalog_variant_sku_unique": lambda: DuplicateSku(field="sku"),
    "catalog_variant_barcode_unique": lambda: DuplicateBarcode(field="barcode"),
    "catalog_variant_sku_upper_and_trimmed": lambda: InvalidVariant(_("The SKU is not valid."), field="sku"),
}


@transaction.atomic
def add_variant(*, product_id: int, sku: str, retail_price: Decimal, **details: Unpack[VariantDetails]) -> Variant:
    """Add a SKU to a product. Raises ProductNotFound, DuplicateSku, DuplicateBarcode, InvalidVariant, QuotaExceeded."""
    product = get_product(product_id=product_id)
    prepared = _prepare_variant({**details, "sku": sku, "retail_price": retail_price})
    entitlements.follow("skus", was_counted=False, is_counted=prepared.get("is_active", True))
    with refine_integrity_error(_VARIANT_RULES):
        return Variant.objects.create(product=product, **prepared)


@transaction.atomic
def change_variant(*, variant_id: int, **changes: Unpack[VariantFields]) -> Variant:
    """Change a SKU; a new price is written to the audit log. A SKU that is not for sale leaves its place to another.

    Raises VariantNotFound and what add_variant raises.
    """
    variant = get_variant(variant_id=variant_id)
    prepared = _prepare_variant(changes)
    old_price = variant.retail_price
    if "is_active" in prepared:  # locked: of two who take the same SKU off sale, one gives its place back
        was_active = (
            Variant.objects.select_for_update(no_key=True).values_list("is_active", flat=True).get(id=variant_id)
        )
        entitlements.follow("skus", was_counted=was_active, is_counted=prepared["is_active"])
    with refine_integrity_error(_VARIANT_RULES):
        write_changes(variant, prepared)
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
        prepared["sku"] = valid_sku(prepared["sku"])
    if not rules.is_valid_barcode(prepared.get("barcode", "")):
        raise InvalidVariant(
            _("A barcode is at most 32 letters and digits; 13 digits must be a correct EAN-13."), field="barcode"
        )
    if not rules.is_valid_price(prepared.get("retail_price", rules.FREE)):
        raise InvalidVariant(
            _("A price is not negative, below ten billion, and has at most two decimals."), field="retail_price"
        )
    return prepared


def valid_sku(sku: str) -> str:
    normal = rules.normalise_sku(sku)
    if not rules.is_valid_sku(normal):
        raise InvalidVariant(_("A SKU has 1 to 64 visible characters."), field="sku")
    return normal
