"""Pure rules of the catalogue: SKUs, barcodes, VAT rates, the tree of categories."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final, TypedDict
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from kernel.china.numbers import is_ean13
from kernel.china.pinyin import search_text
from kernel.core.errors import FieldError
from tenant_apps.catalog.states import ProductKind

# China's VAT rates: 13/9/6 % of general taxpayers, the 3 % levy of small ones, 1 % while it is reduced, and exempt.
TAX_RATES: Final = (
    Decimal("0.13"),
    Decimal("0.09"),
    Decimal("0.06"),
    Decimal("0.03"),
    Decimal("0.01"),
    Decimal("0"),
)

FREE: Final = Decimal("0.00")
MAX_PRICE: Final = Decimal("9999999999.99")  # what the unit price of an order's line holds

SKU_LENGTH: Final = 64
TAX_CODE_LENGTH: Final = 19
MAX_CATEGORY_DEPTH: Final = 5
MAX_SHELF_LIFE_DAYS: Final = 36_500
MAX_WEIGHT_GRAMS: Final = 10_000_000
MIN_BOX_SIZE = 2
MAX_BOX_SIZE = 100_000
SEARCH_TEXT_LENGTH: Final = 1_000


class CategoryFields(TypedDict, total=False):
    name: str
    parent_id: int | None
    position: int


class ProductDetails(TypedDict, total=False):
    category_id: int | None
    kind: str
    tax_code: str
    tax_rate: Decimal
    description: str
    brand_name: str
    unit: str
    video_url: str
    shelf_life_days: int | None
    freight_template_id: int | None


class ProductFields(ProductDetails, total=False):
    name: str


class VariantDetails(TypedDict, total=False):
    """Fields of a variant besides SKU and price. `cost_price` has four decimals."""

    barcode: str
    name: str
    is_active: bool
    weight_grams: int | None
    box_size: int | None
    cost_price: Decimal | None
    option_values: dict[str, str]


class VariantFields(VariantDetails, total=False):
    sku: str
    retail_price: Decimal


def normalise_sku(sku: str) -> str:
    """Trim and upper-case: "ab-1 " and "AB-1" are the same SKU."""
    return sku.strip().upper()


def is_valid_sku(sku: str) -> bool:
    """Require 1 to 64 printable characters; inner spaces are allowed."""
    return 0 < len(sku) <= SKU_LENGTH and sku.isprintable()


def is_valid_price(price: Decimal) -> bool:
    """Require money ≥ 0 with at most two decimals that fits the column."""
    if not price.is_finite() or not FREE <= price <= MAX_PRICE:
        return False
    return price == price.quantize(FREE)


def is_valid_barcode(barcode: str) -> bool:
    """Require visible ASCII of at most 32 characters; thirteen digits must be a valid EAN-13. Empty means none."""
    if not barcode:
        return True
    if len(barcode) > 32 or not all("!" <= character <= "~" for character in barcode):
        return False
    return not (len(barcode) == 13 and barcode.isdigit()) or is_ean13(barcode)


def is_valid_tax_code(tax_code: str) -> bool:
    """Require the nineteen digits of the national code of goods and services (税收分类编码), or empty for unknown."""
    return not tax_code or (len(tax_code) == TAX_CODE_LENGTH and tax_code.isascii() and tax_code.isdigit())


def is_valid_cost(cost: Decimal | None) -> bool:
    """Require a cost ≥ 0 with at most four decimals that fits the column, or None."""
    if cost is None:
        return True
    return cost.is_finite() and FREE <= cost <= MAX_PRICE and cost == cost.quantize(Decimal("0.0001"))


def is_valid_video_url(address: str) -> bool:
    """Require an http(s) address of at most 500 characters, or empty."""
    if not address:
        return True
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    plain = address.isprintable() and " " not in address and len(address) <= 500
    return plain and parts.scheme in {"http", "https"} and bool(host)


def product_search_text(name: str, brand_name: str = "") -> str:
    return search_text(name, brand_name, longest=SEARCH_TEXT_LENGTH)


def product_faults(fields: ProductFields) -> Iterator[FieldError]:
    if not fields.get("name", "x"):
        yield FieldError("name", "name_missing", _("A product needs a name."))
    if fields.get("kind", ProductKind.GOODS) not in ProductKind.values:
        yield FieldError("kind", "invalid_kind", _("The kind is goods, service or bundle."))
    if not is_valid_tax_code(fields.get("tax_code", "")):
        yield FieldError("tax_code", "invalid_tax_code", _("A tax code has 19 digits."))
    if fields.get("tax_rate", TAX_RATES[0]) not in TAX_RATES:
        detail = _("The tax rate is one of 0.13, 0.09, 0.06, 0.03, 0.01 and 0.")
        yield FieldError("tax_rate", "invalid_tax_rate", detail)
    if not is_valid_video_url(fields.get("video_url", "")):
        yield FieldError("video_url", "invalid_address", _("A video's address begins with http:// or https://."))
    days = fields.get("shelf_life_days")
    if days is not None and not 1 <= days <= MAX_SHELF_LIFE_DAYS:
        yield FieldError("shelf_life_days", "invalid_shelf_life", _("A shelf life is 1 to 36,500 days."))


def variant_faults(fields: VariantFields) -> Iterator[FieldError]:
    """Yield the faults of a variant's fields. Expects a normalised SKU."""
    if "sku" in fields and not is_valid_sku(fields["sku"]):
        yield FieldError("sku", "invalid_sku", _("A SKU has 1 to 64 visible characters."))
    if not is_valid_barcode(fields.get("barcode", "")):
        detail = _("A barcode is at most 32 letters and digits; 13 digits must be a correct EAN-13.")
        yield FieldError("barcode", "invalid_barcode", detail)
    if not is_valid_price(fields.get("retail_price", FREE)):
        detail = _("A price is not negative, below ten billion, and has at most two decimals.")
        yield FieldError("retail_price", "invalid_price", detail)
    if not is_valid_cost(fields.get("cost_price")):
        detail = _("A cost is not negative, below ten billion, and has at most four decimals.")
        yield FieldError("cost_price", "invalid_cost", detail)
    weight = fields.get("weight_grams")
    if weight is not None and not 0 <= weight <= MAX_WEIGHT_GRAMS:
        yield FieldError("weight_grams", "invalid_weight", _("A weight is 0 to 10,000,000 grams."))
    box_size = fields.get("box_size")
    if box_size is not None and not MIN_BOX_SIZE <= box_size <= MAX_BOX_SIZE:
        yield FieldError("box_size", "invalid_box_size", _("A box holds 2 to 100,000 pieces."))


def would_loop(parents: Mapping[int, int | None], *, node: int, parent: int) -> bool:
    """Tell whether moving `node` below `parent` makes a cycle in `parents` (child id → parent id)."""
    seen: set[int] = set()
    current: int | None = parent
    while current is not None and current not in seen:
        if current == node:
            return True
        seen.add(current)
        current = parents.get(current)
    return False


def depth_of(parents: Mapping[int, int | None], node: int) -> int:
    """Count the levels from the root down to `node`, inclusive."""
    depth = 1
    above = parents.get(node)
    while above is not None and depth <= len(parents):
        depth += 1
        above = parents.get(above)
    return depth


def height_of(parents: Mapping[int, int | None], node: int | None) -> int:
    """Count the levels from `node` down to its deepest descendant, inclusive; 1 for a new node."""
    if node is None:
        return 1
    below = [child for child, parent in parents.items() if parent == node]
    return 1 + max((height_of(parents, child) for child in below), default=0)
