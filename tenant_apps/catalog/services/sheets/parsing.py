"""One row of the workbook, read without the database: what it says, and which of its cells say nothing sensible."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext_lazy as _

from kernel.china.pinyin import normalise
from kernel.core.errors import FieldError, Text
from tenant_apps.catalog import rules
from tenant_apps.catalog.rules import ProductFields, VariantFields
from tenant_apps.catalog.services.sheets.columns import KINDS, NO, YES, split_list, split_raw, unescape

_MAX_LENGTHS = {"name": 200, "brand_name": 100, "unit": 20, "description": 20_000, "variant": 100, "product": 64}
_TRUE = {*YES, "1", "true", "上架", "在售", "y"}
_FALSE = {*NO, "0", "false", "下架", "停售", "n"}


@dataclass(frozen=True, slots=True)
class Issue:
    """What is wrong with one cell. `row` is the number that the user's program shows."""

    row: int
    column: str
    code: str
    detail: Text

    def as_json(self) -> dict[str, object]:
        """As the import keeps it."""
        return {"row": self.row, "column": self.column, "code": self.code, "detail": str(self.detail)}


@dataclass(slots=True)
class Row:
    """What one row says. Empty cells say nothing: what is known stays as it is."""

    number: int
    label: str = ""
    sku: str = ""
    product: ProductFields = field(default_factory=ProductFields)
    variant: VariantFields = field(default_factory=VariantFields)
    category: tuple[str, ...] | None = None
    shelf: bool | None = None
    options: dict[str, str] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)
    variant_pictures: list[str] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


class _Bad(Exception):
    """A cell that cannot be read: code and detail."""


def read_row(number: int, cells: dict[str, str]) -> Row:
    """The row of these cells (by column name), with its issues."""
    row = Row(number)
    for column, cell in cells.items():
        if not cell:
            continue
        try:
            _READERS[column](row, _checked(column, cell))
        except _Bad as bad:
            row.issues.append(Issue(number, column, *bad.args))
    row.sku = row.variant.get("sku", "")
    if not row.sku:
        row.issues.append(Issue(number, "sku", "sku_missing", _("The SKU is missing.")))
    faults: list[FieldError] = [*rules.product_faults(row.product), *rules.variant_faults(row.variant)]
    told = {issue.column for issue in row.issues}
    row.issues += [Issue(number, fault.field, fault.code, fault.detail) for fault in faults if fault.field not in told]
    return row


def _checked(column: str, cell: str) -> str:
    if "\x00" in cell or any(unicodedata.category(letter) == "Cs" for letter in cell):
        raise _Bad("nul_character", _("The cell holds a character that is no text."))
    longest = _MAX_LENGTHS.get(column, 5_000)
    if len(cell) > longest:
        raise _Bad("too_long", _("The text has more than %(count)d characters.") % {"count": longest})
    return cell


def _decimal(cell: str) -> Decimal:
    try:
        value = Decimal(cell.replace(",", "").removeprefix("¥").removeprefix("￥").strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) > rules.MAX_PRICE * 10:
        raise _Bad("bad_number", _("This is not a number."))
    return value


def _whole(cell: str) -> int:
    value = _decimal(cell)
    if value != value.to_integral_value():
        raise _Bad("bad_number", _("This is not a whole number."))
    return int(value)


def _yes_or_no(cell: str) -> bool:
    word = normalise(cell)
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise _Bad("bad_word", _("This is yes or no."))


def _rate(cell: str) -> Decimal:
    if cell.endswith("%"):
        return _decimal(cell[:-1]) / 100
    value = _decimal(cell)
    return value / 100 if value >= 1 else value


def _kind(cell: str) -> str:
    word = normalise(cell)
    for kind, chinese in KINDS.items():
        if word in {kind, chinese}:
            return kind
    raise _Bad("bad_word", _("The kind is goods, service or bundle."))


def _category(row: Row, cell: str) -> None:
    path = tuple(split_list(cell, ">"))
    if not 1 <= len(path) <= rules.MAX_CATEGORY_DEPTH or any(len(name) > 100 for name in path):
        raise _Bad("bad_category", _("A category is a path of five names at most: 护肤 > 面霜."))
    row.category = path


def _options(row: Row, cell: str) -> None:
    for item in split_raw(cell, ";"):
        name, *value = split_list(item, ":")
        if len(value) != 1 or name in row.options:
            raise _Bad("bad_options", _("Options are written as 颜色:红; 尺码:M."))
        row.options[unicodedata.normalize("NFC", name)] = unicodedata.normalize("NFC", value[0])


def _parts(row: Row, cell: str) -> None:
    for item in split_raw(cell, ";"):
        sku, *count = split_raw(item, "*")
        pieces = _whole(count[0]) if len(count) == 1 else 1 if not count else 0
        normal = rules.normalise_sku(unescape(sku))
        if not 1 <= pieces <= 1_000 or normal in row.parts:
            raise _Bad("bad_parts", _("Parts are written as SKU*2; SKU*1, each once."))
        row.parts[normal] = pieces


def _price(row: Row, cell: str) -> None:
    row.variant["retail_price"] = _in_places(_decimal(cell), rules.FREE)


def _cost(row: Row, cell: str) -> None:
    row.variant["cost_price"] = _in_places(_decimal(cell), Decimal("0.0001"))


def _in_places(value: Decimal, step: Decimal) -> Decimal:
    """With the column's number of places; one that has more is left for the rules to refuse."""
    return value.quantize(step) if value == value.quantize(step) else value


_READERS: dict[str, Callable[[Row, str], None]] = {
    "product": lambda row, cell: setattr(row, "label", cell),
    "name": lambda row, cell: row.product.update({"name": cell}),
    "category": _category,
    "brand_name": lambda row, cell: row.product.update({"brand_name": cell}),
    "unit": lambda row, cell: row.product.update({"unit": cell}),
    "kind": lambda row, cell: row.product.update({"kind": _kind(cell)}),
    "tax_code": lambda row, cell: row.product.update({"tax_code": cell}),
    "tax_rate": lambda row, cell: row.product.update({"tax_rate": _rate(cell)}),
    "shelf_life_days": lambda row, cell: row.product.update({"shelf_life_days": _whole(cell)}),
    "description": lambda row, cell: row.product.update({"description": cell.replace("\r\n", "\n")}),
    "video_url": lambda row, cell: row.product.update({"video_url": cell}),
    "shelf": lambda row, cell: setattr(row, "shelf", _yes_or_no(cell)),
    "pictures": lambda row, cell: setattr(row, "pictures", split_list(cell, ";")),
    "sku": lambda row, cell: row.variant.update({"sku": rules.normalise_sku(cell)}),
    "variant": lambda row, cell: row.variant.update({"name": cell}),
    "options": _options,
    "barcode": lambda row, cell: row.variant.update({"barcode": cell}),
    "retail_price": _price,
    "weight_grams": lambda row, cell: row.variant.update({"weight_grams": _whole(cell)}),
    "cost_price": _cost,
    "is_active": lambda row, cell: row.variant.update({"is_active": _yes_or_no(cell)}),
    "parts": _parts,
    "variant_pictures": lambda row, cell: setattr(row, "variant_pictures", split_list(cell, ";")),
}
