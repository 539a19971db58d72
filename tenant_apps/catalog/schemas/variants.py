"""API schemas of variants. The cost of a SKU is left out for callers without the permission catalog.cost."""

from datetime import datetime
from decimal import Decimal

from ninja import Schema
from pydantic import Field

from kernel.http.schemas import Id, MoneyIn, MoneyText, Note200, Quantity, Strict, Text40, UnitPriceIn, UnitPriceText
from tenant_apps.catalog.models import BundlePart, Variant
from tenant_apps.catalog.schemas.fields import BarcodeIn, Grams, Note100, PageFilters, QueryId, SkuIn


class VariantFilters(PageFilters):
    """`search` looks in the SKU, the barcode, the product's name and its pinyin."""

    product_id: QueryId | None = None
    is_active: bool | None = None
    search: Note200 = ""


class VariantIn(Strict):
    """A new SKU. It is stored in capitals; thirteen digits as barcode must be a correct EAN-13.

    `box_size` are the pieces that a full box holds. `option_values` names one value of each of the product's options;
    `cost_price` needs the permission catalog.cost.
    On the shelf a price of 0.00 is refused unless `free_is_meant`.
    """

    sku: SkuIn
    free_is_meant: bool = False
    name: Note100 = ""
    barcode: BarcodeIn = ""
    retail_price: MoneyIn
    is_active: bool = True
    weight_grams: Grams | None = None
    box_size: int | None = Field(default=None, strict=True)
    cost_price: UnitPriceIn | None = None
    option_values: dict[Text40, Text40] = Field(default_factory=dict, max_length=3)


class VariantPatch(Strict):
    """Fields to change; those left out stay. On the shelf a price of 0.00 is refused unless `free_is_meant`."""

    sku: SkuIn = Field(default_factory=str)
    free_is_meant: bool = False
    name: Note100 = Field(default_factory=str)
    barcode: BarcodeIn = Field(default_factory=str)
    retail_price: MoneyIn = Field(default_factory=Decimal)
    is_active: bool = Field(default_factory=bool)
    weight_grams: Grams | None = None
    box_size: int | None = Field(default=None, strict=True)
    cost_price: UnitPriceIn | None = None
    option_values: dict[Text40, Text40] = Field(default_factory=dict, max_length=3)


class VariantOut(Schema):
    """A SKU. `cost_price` is absent without the permission catalog.cost."""

    id: int
    product_id: int
    sku: str
    name: str
    barcode: str
    retail_price: MoneyText
    is_active: bool
    weight_grams: int | None
    box_size: int | None
    option_values: dict[str, str]
    cost_price: UnitPriceText | None = None


class VariantRow(VariantOut):
    """A SKU in a list, with its product's name and whether it can be ordered."""

    product_name: str
    is_on_shelf: bool


class OptionIn(Strict):
    """An option such as 颜色, and its values."""

    name: str
    values: list[str] = Field(max_length=200)


class OptionsIn(Strict):
    """All options of the product, at most three, in display order."""

    options: list[OptionIn] = Field(max_length=50)


class GenerateIn(Strict):
    """Price of the new variants and the start of their SKUs: `<sku_prefix>-<value>-<value>`."""

    sku_prefix: SkuIn
    retail_price: MoneyIn
    free_is_meant: bool = Field(default=False, strict=True)


class GeneratedOut(Schema):
    """The new variants, and the number of combinations that existed already."""

    created: list[VariantOut]
    existing: int


class PartIn(Strict):
    """Quantity of a variant in one bundle."""

    variant_id: Id
    quantity: Quantity


class PartsIn(Strict):
    """All parts of the bundle, 1 to 20."""

    parts: list[PartIn] = Field(max_length=200)


class PartOut(Schema):
    """A part of a bundle."""

    variant_id: int
    sku: str
    quantity: int


class PartsOut(Schema):
    """All parts of a bundle."""

    parts: list[PartOut]


def variant_out(variant: Variant, *, with_cost: bool) -> dict[str, object]:
    row: dict[str, object] = {
        "id": variant.pk,
        "product_id": variant.product_id,
        "sku": variant.sku,
        "name": variant.name,
        "barcode": variant.barcode,
        "retail_price": variant.retail_price,
        "is_active": variant.is_active,
        "weight_grams": variant.weight_grams,
        "box_size": variant.box_size,
        "option_values": variant.option_values,
    }
    return {**row, "cost_price": variant.cost_price} if with_cost else row


def variant_row(variant: Variant, now: datetime, *, with_cost: bool) -> dict[str, object]:
    return {
        **variant_out(variant, with_cost=with_cost),
        "product_name": variant.product.name,
        "is_on_shelf": variant.is_active and variant.product.is_offered(now),
    }


def part_row(part: BundlePart) -> dict[str, object]:
    return {"variant_id": part.part_id, "sku": part.part.sku, "quantity": part.quantity}
