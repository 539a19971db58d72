"""What goes over the wire about the catalogue."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from ninja import Schema
from pydantic import Field, StringConstraints

from kernel.http.schemas import Id, MoneyIn, MoneyText, Note200, RateIn, RateText, Strict, Text100, Text200
from tenant_apps.catalog.models import Category, Product, Variant
from tenant_apps.catalog.rules import TAX_CODE_LENGTH
from tenant_apps.catalog.states import ProductKind, ShelfState

SkuIn = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
BarcodeIn = Annotated[str, StringConstraints(strip_whitespace=True, max_length=32)]
TaxCodeIn = Annotated[str, StringConstraints(strip_whitespace=True, max_length=TAX_CODE_LENGTH)]
DescriptionIn = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]
Position = Annotated[int, Field(strict=True, ge=-1_000_000, le=1_000_000)]
QueryId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class PageFilters(Strict):
    """Which page of a list."""

    cursor: str | None = None
    limit: int = 50


class CategoryIn(Strict):
    """A new category; `parent_id` null puts it at the top."""

    name: Text100
    parent_id: Id | None = None
    position: Position = 0


class CategoryPatch(Strict):
    """What changes; what is left out stays."""

    name: Text100 = Field(default_factory=str)
    parent_id: Id | None = None
    position: Position = Field(default_factory=int)


class CategoryOut(Schema):
    """A category."""

    id: int
    name: str
    parent_id: int | None
    position: int


class ProductFilters(PageFilters):
    """`search` looks in the name, the SKUs and the barcodes."""

    state: ShelfState | None = None
    kind: ProductKind | None = None
    category_id: QueryId | None = None
    search: Note200 = ""


class ProductIn(Strict):
    """A new product, off the shelf. `tax_rate` is one of 0.13, 0.09, 0.06, 0.03, 0.01 and 0."""

    name: Text200
    category_id: Id | None = None
    kind: ProductKind = ProductKind.GOODS
    tax_code: TaxCodeIn = ""
    tax_rate: RateIn = Decimal("0.130000")
    description: DescriptionIn = ""


class ProductPatch(Strict):
    """What changes; what is left out stays."""

    name: Text200 = Field(default_factory=str)
    category_id: Id | None = None
    kind: ProductKind = Field(default_factory=lambda: ProductKind.GOODS)
    tax_code: TaxCodeIn = Field(default_factory=str)
    tax_rate: RateIn = Field(default_factory=Decimal)
    description: DescriptionIn = Field(default_factory=str)


class VariantFilters(PageFilters):
    """`search` looks in the SKU, the barcode and the product's name."""

    product_id: QueryId | None = None
    is_active: bool | None = None
    search: Note200 = ""


class VariantIn(Strict):
    """A new SKU. It is stored in capitals; thirteen digits as barcode must be a correct EAN-13."""

    sku: SkuIn
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    barcode: BarcodeIn = ""
    retail_price: MoneyIn
    is_active: bool = True


class VariantPatch(Strict):
    """What changes; what is left out stays."""

    sku: SkuIn = Field(default_factory=str)
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = Field(default_factory=str)
    barcode: BarcodeIn = Field(default_factory=str)
    retail_price: MoneyIn = Field(default_factory=Decimal)
    is_active: bool = Field(default_factory=bool)


class VariantOut(Schema):
    """A SKU."""

    id: int
    product_id: int
    sku: str
    name: str
    barcode: str
    retail_price: MoneyText
    is_active: bool


class VariantRow(VariantOut):
    """A SKU in a list, with what its product is called and whether it can be ordered."""

    product_name: str
    is_on_shelf: bool


class ProductRow(Schema):
    """A product in a list."""

    id: int
    name: str
    category_id: int | None
    kind: ProductKind
    state: ShelfState
    tax_code: str
    tax_rate: RateText
    created_at: datetime
    updated_at: datetime


class ProductOut(ProductRow):
    """A product with all its variants."""

    description: str
    variants: list[VariantOut]

    @staticmethod
    def resolve_variants(product: Product) -> list[Variant]:
        """Read from the prefetched rows."""
        return list(product.variants.all())


def category_row(category: Category) -> dict[str, object]:
    """The category as `CategoryOut`, ready to be rendered."""
    return {
        "id": category.pk,
        "name": category.name,
        "parent_id": category.parent_id,
        "position": category.position,
    }


def product_row(product: Product) -> dict[str, object]:
    """The product as `ProductRow`, ready to be rendered."""
    return {
        "id": product.pk,
        "name": product.name,
        "category_id": product.category_id,
        "kind": product.kind,
        "state": product.state,
        "tax_code": product.tax_code,
        "tax_rate": product.tax_rate,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }


def variant_row(variant: Variant) -> dict[str, object]:
    """The variant as `VariantRow`, ready to be rendered."""
    return {
        "id": variant.pk,
        "product_id": variant.product_id,
        "sku": variant.sku,
        "name": variant.name,
        "barcode": variant.barcode,
        "retail_price": variant.retail_price,
        "is_active": variant.is_active,
        "product_name": variant.product.name,
        "is_on_shelf": variant.is_active and variant.product.state == ShelfState.ON,
    }
