"""Add and change single SKUs."""

from decimal import Decimal
from typing import Unpack

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.database.rows import write_changes
from shared_apps.entitlements.services import quotas
from tenant_apps.catalog import rules
from tenant_apps.catalog.models import Variant
from tenant_apps.catalog.rules import VariantDetails, VariantFields
from tenant_apps.catalog.selectors.products import get_product, get_variant
from tenant_apps.catalog.services import free_prices
from tenant_apps.catalog.services.options import InvalidOptions, option_key
from tenant_apps.catalog.services.products import lock_product
from tenant_apps.catalog.states import ShelfState


class DuplicateSku(Conflict):
    code = "duplicate_sku"
    title = _("Another variant has this SKU")


class DuplicateBarcode(Conflict):
    code = "duplicate_barcode"
    title = _("Another variant has this barcode")


class DuplicateOptions(Conflict):
    code = "duplicate_options"
    title = _("Another variant of the product has these option values")


class InvalidVariant(Invalid):
    code = "invalid_variant"
    title = _("The variant breaks a rule")


VARIANT_RULES = {
    "catalog_variant_sku_unique": lambda: DuplicateSku(field="sku"),
    "catalog_variant_barcode_unique": lambda: DuplicateBarcode(field="barcode"),
    "catalog_variant_options_once": lambda: DuplicateOptions(field="option_values"),
    "catalog_variant_sku_upper_and_trimmed": lambda: InvalidVariant(_("The SKU is not valid."), field="sku"),
}


@transaction.atomic
def add_variant(
    *,
    product_id: int,
    sku: str,
    retail_price: Decimal,
    free_is_meant: bool = False,
    **details: Unpack[VariantDetails],
) -> Variant:
    """Add a SKU to a product. On the shelf a price of 0.00 is refused (PriceIsZero) unless `free_is_meant`.

    Raises ProductNotFound, DuplicateSku, DuplicateBarcode, DuplicateOptions, InvalidVariant, InvalidOptions,
    QuotaExceeded.
    """
    prepared = _prepare_variant({**details, "sku": sku, "retail_price": retail_price})
    written: dict[str, object] = {**prepared}
    if prepared.get("option_values"):
        written |= _option_columns(product_id, prepared["option_values"])
    product = get_product(product_id=product_id)
    quotas.follow("skus", was_counted=False, is_counted=prepared.get("is_active", True))
    if product.state == ShelfState.ON and prepared.get("is_active", True) and not retail_price and not free_is_meant:
        raise free_prices.PriceIsZero(field="free_is_meant")
    with refine_integrity_error(VARIANT_RULES):
        return Variant.objects.create(product=product, **written)


@transaction.atomic
def change_variant(*, variant_id: int, free_is_meant: bool = False, **changes: Unpack[VariantFields]) -> Variant:
    """Change a SKU; a new price is written to the audit log. Deactivating frees a place of the plan.

    On the shelf a price that becomes 0.00 is refused (PriceIsZero) unless `free_is_meant`.

    The log records that a cost changed, but not the amount: its readers may lack the permission. Raises VariantNotFound
    and as add_variant.
    """
    variant = get_variant(variant_id=variant_id)
    prepared = _prepare_variant(changes)
    written: dict[str, object] = {**prepared}
    if "option_values" in prepared:
        written |= _option_columns(variant.product_id, prepared["option_values"])
    old_price = variant.retail_price
    old_cost = variant.cost_price
    if "is_active" in prepared:  # locked: of two who take the same SKU off sale, one gives its place back
        was_active = (
            Variant.objects.select_for_update(no_key=True).values_list("is_active", flat=True).get(id=variant_id)
        )
        quotas.follow("skus", was_counted=was_active, is_counted=prepared["is_active"])
    was_for_sale = variant.is_active
    with refine_integrity_error(VARIANT_RULES):
        write_changes(variant, written)
    becomes_free = variant.is_active and not variant.retail_price and bool(old_price or not was_for_sale)
    if becomes_free and not free_is_meant and variant.product.state == ShelfState.ON:
        raise free_prices.PriceIsZero(field="free_is_meant")
    if variant.retail_price != old_price:
        audit.record(
            action="catalog.retail_price",
            subject=f"variant:{variant_id}",
            before={"retail_price": str(old_price)},
            after={"retail_price": str(variant.retail_price)},
        )
    if variant.cost_price != old_cost:
        audit.record(action="catalog.cost_price", subject=f"variant:{variant_id}")
    return variant


def _option_columns(product_id: int, values: dict[str, str]) -> dict[str, object]:
    """Validate the values against the product's options, and return them with their unique key. Locks the product."""
    if not values:
        return {"option_values": {}, "option_key": ""}
    options = lock_product(product_id).options
    known = {option["name"]: option["values"] for option in options}
    if set(values) != set(known) or any(value not in known[name] for name, value in values.items()):
        raise InvalidOptions(_("Name one value of each of the product's options."), field="option_values")
    return {"option_values": {name: values[name] for name in known}, "option_key": option_key(values)}


def _prepare_variant(fields: VariantFields) -> VariantFields:
    prepared = fields.copy()
    if "sku" in prepared:
        prepared["sku"] = rules.normalise_sku(prepared["sku"])
    if faults := list(rules.variant_faults(prepared)):
        raise InvalidVariant(faults[0].detail, errors=faults)
    return prepared


def valid_sku(sku: str) -> str:
    """Normalise the SKU. Raises InvalidVariant."""
    return _prepare_variant({"sku": sku})["sku"]
