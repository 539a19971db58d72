"""Add SKUs found in imports of other apps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from shared_apps.entitlements.services import quotas
from tenant_apps.catalog.models import Product, Variant
from tenant_apps.catalog.rules import product_search_text
from tenant_apps.catalog.services.variants import valid_sku
from tenant_apps.catalog.states import ProductKind


@dataclass(frozen=True, slots=True)
class NewVariant:
    """A SKU found in an import; it becomes a product with one variant, off the shelf."""

    sku: str
    name: str
    kind: str = ProductKind.GOODS.value
    retail_price: Decimal = Decimal("0.00")
    tax_rate: Decimal = Decimal("0.13")


@transaction.atomic
def ensure_variants(*, rows: Sequence[NewVariant]) -> dict[str, int]:
    """Map every SKU (upper case) to its variant's id, adding unknown ones off the shelf.

    Uses at most seven statements for any number of rows. The first row of a SKU counts; existing variants stay
    unchanged.
    All new ones fit the plan or none is added. Raises InvalidVariant, QuotaExceeded.
    """
    wanted: dict[str, NewVariant] = {}
    for row in rows:
        wanted.setdefault(valid_sku(row.sku), row)
    ids = {sku: variant_id for sku, variant_id, _product in _find(wanted)}
    # Sorted: two imports that add the same SKUs wait for each other instead of deadlocking.
    missing = sorted(wanted.keys() - ids.keys())
    if not missing:
        return ids
    try:
        quotas.take("skus", len(missing))
    except quotas.QuotaExceeded:
        if not _find(missing):
            raise
        return ensure_variants(rows=rows)  # somebody else added some of them in the meantime
    products = Product.objects.bulk_create(_shell(sku, wanted[sku]) for sku in missing)
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
        quotas.give_back("skus", len(shells))
    return ids | {sku: variant_id for sku, variant_id, _product in found}


def _shell(sku: str, new: NewVariant) -> Product:
    name = new.name.strip()[:200] or sku
    text = product_search_text(name)
    return Product(name=name, search_text=text, kind=new.kind, tax_rate=new.tax_rate)


def _find(skus: Iterable[str]) -> list[tuple[str, int, int]]:
    return list(Variant.objects.filter(sku__in=list(skus)).order_by("id").values_list("sku", "id", "product_id"))
