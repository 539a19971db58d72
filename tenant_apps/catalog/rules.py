"""Pure rules of the catalogue: how a SKU is written, what a valid barcode is, which VAT rates exist."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, TypedDict

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
MAX_CATEGORY_DEPTH: Final = 6


class CategoryFields(TypedDict, total=False):
    """What may be said of a category."""

    name: str
    parent_id: int | None
    position: int


class ProductDetails(TypedDict, total=False):
    """What may be said of a product besides its name and shelf state."""

    category_id: int | None
    kind: str
    tax_code: str
    tax_rate: Decimal
    description: str


class ProductFields(ProductDetails, total=False):
    """What may change of a product."""

    name: str


class VariantDetails(TypedDict, total=False):
    """What may be said of a variant besides SKU and price."""

    barcode: str
    name: str
    is_active: bool


class VariantFields(VariantDetails, total=False):
    """What may change of a variant. `retail_price` is money."""

    sku: str
    retail_price: Decimal


def normalise_sku(sku: str) -> str:
    """Trim and upper-case: "ab-1 " and "AB-1" are the same article."""
    return sku.strip().upper()


def is_valid_sku(sku: str) -> bool:
    """Tell whether a normalised SKU has 1 to 64 characters, all printable (a space inside is allowed)."""
    return 0 < len(sku) <= SKU_LENGTH and sku.isprintable()


def is_valid_price(price: Decimal) -> bool:
    """Money that is not negative, has at most two decimals and fits the column."""
    if not price.is_finite() or not FREE <= price <= MAX_PRICE:
        return False
    return price == price.quantize(FREE)


def has_valid_check_digit(barcode: str) -> bool:
    """Tell whether a 13-digit EAN ends in its check digit (GS1 7.9: weights 1, 3 from the left)."""
    digits = [int(character) for character in barcode]
    weighted = sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits[:12]))
    return (10 - weighted % 10) % 10 == digits[12]


def is_valid_barcode(barcode: str) -> bool:
    """Visible ASCII of at most 32 characters; thirteen digits must be a correct EAN-13. Empty means there is none."""
    if not barcode:
        return True
    if len(barcode) > 32 or not all("!" <= character <= "~" for character in barcode):
        return False
    return not (len(barcode) == 13 and barcode.isdigit()) or has_valid_check_digit(barcode)


def is_valid_tax_code(tax_code: str) -> bool:
    """The national code of goods and services (税收分类编码) has nineteen digits; empty means not yet known."""
    return not tax_code or (len(tax_code) == TAX_CODE_LENGTH and tax_code.isascii() and tax_code.isdigit())


def would_loop(parents: Mapping[int, int | None], *, node: int, parent: int) -> bool:
    """Tell whether hanging `node` under `parent` closes a circle in the tree `parents` (child id → parent id)."""
    seen: set[int] = set()
    current: int | None = parent
    while current is not None and current not in seen:
        if current == node:
            return True
        seen.add(current)
        current = parents.get(current)
    return False


def depth_of(parents: Mapping[int, int | None], node: int) -> int:
    """How many categories stand from the top down to `node`, itself included."""
    depth = 1
    above = parents.get(node)
    while above is not None and depth <= len(parents):
        depth += 1
        above = parents.get(above)
    return depth


def height_of(parents: Mapping[int, int | None], node: int | None) -> int:
    """How many categories stand from `node` down to its deepest leaf, itself included; a new one is 1 high."""
    if node is None:
        return 1
    below = [child for child, parent in parents.items() if parent == node]
    return 1 + max((height_of(parents, child) for child in below), default=0)
