"""API schemas of products."""

from datetime import date, datetime
from decimal import Decimal

from ninja import Schema
from pydantic import Field

from kernel.http.schemas import DayIn, Id, MomentIn, Note200, RateIn, RateText, Strict, Text200
from tenant_apps.catalog.models import Product, ProductImage, ProductTaxRate
from tenant_apps.catalog.schemas.fields import (
    AddressIn,
    Days,
    DescriptionIn,
    Note20,
    Note100,
    PageFilters,
    QueryId,
    Rank,
    TaxCodeIn,
)
from tenant_apps.catalog.schemas.variants import VariantOut, variant_out
from tenant_apps.catalog.states import ProductKind, ShelfState


class ExportFilters(Strict):
    """Filters of products. `search` looks in the name, its pinyin and initials, the brand, SKUs and barcodes."""

    state: ShelfState | None = None
    kind: ProductKind | None = None
    category_id: QueryId | None = None
    search: Note200 = ""


class ProductFilters(ExportFilters, PageFilters):
    """Filters of the list of products, and its page."""


class ProductIn(Strict):
    """A new product, off the shelf. `tax_rate` is one of 0.13, 0.09, 0.06, 0.03, 0.01 and 0."""

    name: Text200
    category_id: Id | None = None
    kind: ProductKind = ProductKind.GOODS
    tax_code: TaxCodeIn = ""
    tax_rate: RateIn = Decimal("0.130000")
    description: DescriptionIn = ""
    brand_name: Note100 = ""
    unit: Note20 = "件"
    video_url: AddressIn = ""
    shelf_life_days: Days | None = None
    freight_template_id: Id | None = None


class ProductPatch(Strict):
    """Fields to change; those left out stay."""

    name: Text200 = Field(default_factory=str)
    category_id: Id | None = None
    kind: ProductKind = Field(default_factory=lambda: ProductKind.GOODS)
    tax_code: TaxCodeIn = Field(default_factory=str)
    tax_rate: RateIn = Field(default_factory=Decimal)
    description: DescriptionIn = Field(default_factory=str)
    brand_name: Note100 = Field(default_factory=str)
    unit: Note20 = Field(default_factory=str)
    video_url: AddressIn = Field(default_factory=str)
    shelf_life_days: Days | None = None
    freight_template_id: Id | None = None


class ScheduleIn(Strict):
    """Period in which the product is offered: `on_shelf_at` (null: at once) to `off_shelf_at` (null: no end).

    Agents of `early_access_rank` and above (1 is the highest) whose level has early access may order from
    `early_access_at` on. Goods for 0.00 are refused unless `free_is_meant`.
    """

    free_is_meant: bool = False
    on_shelf_at: MomentIn | None = None
    off_shelf_at: MomentIn | None = None
    early_access_at: MomentIn | None = None
    early_access_rank: Rank | None = None


class TaxRateIn(Strict):
    """A VAT rate and the day it starts."""

    valid_from: DayIn
    rate: RateIn


class TaxRateOut(Schema):
    """A VAT rate and the day it starts."""

    valid_from: date
    rate: RateText


class TaxRatesOut(Schema):
    """Dated rates, latest first; before the first one `tax_rate` applies."""

    tax_rate: RateText
    dated: list[TaxRateOut]


class ImageOut(Schema):
    """A picture. `content_url` and `thumbnail_url` require the same permission as this answer."""

    id: int
    product_id: int
    variant_id: int | None
    position: int
    name: str
    description: str
    width: int
    height: int
    size_bytes: int
    content_url: str
    thumbnail_url: str


class ImagesOut(Schema):
    """All pictures of a product, in their order."""

    items: list[ImageOut]


class ImageForm(Strict):
    """Fields that accompany the file: the variant shown, and the alternative text."""

    variant_id: QueryId | None = None
    description: Note200 = ""


class ImagePatch(Strict):
    """Alternative text of the picture."""

    description: Note200


class ImageOrderIn(Strict):
    """Ids of all pictures of the product, each once."""

    image_ids: list[Id] = Field(max_length=200)


class ProductRow(Schema):
    """A product in a list. `is_on_shelf` tells whether it can be ordered now without early access."""

    id: int
    name: str
    category_id: int | None
    kind: ProductKind
    state: ShelfState
    is_on_shelf: bool
    on_shelf_at: datetime | None
    off_shelf_at: datetime | None
    early_access_at: datetime | None
    early_access_rank: int | None
    brand_name: str
    unit: str
    tax_code: str
    tax_rate: RateText
    created_at: datetime
    updated_at: datetime


class ProductOptionOut(Schema):
    """An option and its values."""

    name: str
    values: list[str]


class ProductOut(ProductRow):
    """A product with all its variants."""

    description: str
    video_url: str
    shelf_life_days: int | None
    freight_template_id: int | None
    options: list[ProductOptionOut]
    variants: list[VariantOut]


def product_row(product: Product, now: datetime) -> dict[str, object]:
    return {
        "id": product.pk,
        "name": product.name,
        "category_id": product.category_id,
        "kind": product.kind,
        "state": product.state,
        "is_on_shelf": product.is_offered(now),
        "on_shelf_at": product.on_shelf_at,
        "off_shelf_at": product.off_shelf_at,
        "early_access_at": product.early_access_at,
        "early_access_rank": product.early_access_rank,
        "brand_name": product.brand_name,
        "unit": product.unit,
        "tax_code": product.tax_code,
        "tax_rate": product.tax_rate,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }


def product_document(product: Product, now: datetime, *, with_cost: bool) -> dict[str, object]:
    return {
        **product_row(product, now),
        "description": product.description,
        "video_url": product.video_url,
        "shelf_life_days": product.shelf_life_days,
        "freight_template_id": product.freight_template_id,
        "options": product.options,
        "variants": [variant_out(variant, with_cost=with_cost) for variant in product.variants.all()],
    }


def tax_rate_row(row: ProductTaxRate) -> dict[str, object]:
    return {"valid_from": row.valid_from, "rate": row.rate}


def image_row(image: ProductImage) -> dict[str, object]:
    address = f"/api/v1/pictures/{image.pk}"
    return {
        "id": image.pk,
        "product_id": image.product_id,
        "variant_id": image.variant_id,
        "position": image.position,
        "name": image.name,
        "description": image.description,
        "width": image.width,
        "height": image.height,
        "size_bytes": image.size_bytes,
        "content_url": f"{address}/content",
        "thumbnail_url": f"{address}/thumbnail",
    }
