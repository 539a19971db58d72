"""What selling asks of the catalogue."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tenant_apps.catalog.models import Variant
from tenant_apps.catalog.rules import normalise_sku
from tenant_apps.catalog.states import ShelfState

_SELLABLE_COLUMNS = (
    "id",
    "sku",
    "product_id",
    "product__name",
    "name",
    "product__kind",
    "retail_price",
    "product__tax_rate",
    "product__state",
    "is_active",
)


@dataclass(frozen=True, slots=True)
class SellableVariant:
    """What selling needs to know of a variant. `retail_price` is money, `tax_rate` a fraction such as 0.13."""

    id: int
    sku: str
    product_id: int
    product_name: str
    variant_name: str
    kind: str
    retail_price: Decimal
    tax_rate: Decimal
    is_on_shelf: bool


def _read_sellable(**where: Any) -> Iterator[SellableVariant]:
    for row in Variant.objects.filter(**where).order_by("id").values_list(*_SELLABLE_COLUMNS):
        *facts, state, is_active = row
        yield SellableVariant(*(*facts, is_active and state == ShelfState.ON))


def get_variants(*, variant_ids: Collection[int]) -> dict[int, SellableVariant]:
    """Map each known id to what selling needs, in one query; unknown ids are absent."""
    return {variant.id: variant for variant in _read_sellable(id__in=set(variant_ids))}


def get_variants_by_sku(*, skus: Collection[str]) -> dict[str, SellableVariant]:
    """Map each known SKU, written as stored (upper case), to what selling needs, in one query."""
    return {variant.sku: variant for variant in _read_sellable(sku__in={normalise_sku(sku) for sku in skus})}
