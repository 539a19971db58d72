"""Parse one row of the workbook without the database."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from unicodedata import category

from django.utils.translation import gettext_lazy as _

from kernel.china.pinyin import normalise
from kernel.core.errors import FieldError, Text
from kernel.files.spreadsheets import unescape_cell
from tenant_apps.catalog import rules
from tenant_apps.catalog.rules import ProductFields, VariantFields
from tenant_apps.catalog.services.sheets.columns import KINDS, PLAIN_OPTION, is_plain, split_list, split_raw, unescape
from tenant_apps.imports.services.reading.cells import (
    CellRefused,
    clean_text,
    read_decimal,
    read_identifier,
    read_rate,
    read_whole,
    read_yes_no,
)
from tenant_apps.imports.services.reading.rows import SourceRow

_MAX_LENGTHS = {"name": 200, "brand_name": 100, "unit": 20, "description": 20_000, "variant": 100, "product": 64}
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})


@dataclass(frozen=True, slots=True)
class Issue:
    """A cell that failed validation. `row` is the number that the spreadsheet program shows."""

    row: int
    column: str
    code: str
    detail: Text


@dataclass(slots=True)
class Row:
    """A parsed row. Empty cells leave stored values unchanged."""

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


def read_row(source: SourceRow) -> Row:
    """Parse a row's cells; faults go to `issues`."""
    row = Row(source.number)
    for column in source.texts:
        if not source.has(column):
            continue
        try:
            _READERS[column](row, _checked(column, source.texts[column]))
        except CellRefused as refusal:
            row.issues.append(Issue(row.number, column, refusal.code, refusal.detail))
        source.values[column] = source.raw(column)
    row.sku = row.variant.get("sku", "")
    told = {issue.column for issue in row.issues}
    if not row.sku and "sku" not in told:
        row.issues.append(Issue(row.number, "sku", "sku_missing", _("The SKU is missing.")))
        told.add("sku")
    faults: list[FieldError] = [*rules.product_faults(row.product), *rules.variant_faults(row.variant)]
    row.issues += [Issue(row.number, one.field, one.code, one.detail) for one in faults if one.field not in told]
    return row


def _checked(column: str, cell: str) -> str:
    """Remove the formula guard; line breaks stay, since lists and descriptions use them."""
    text = unescape_cell(cell).strip()
    text = "".join(letter for letter in text if letter in "\n\r\t" or category(letter) not in _UNSEEN)
    longest = _MAX_LENGTHS.get(column, 5_000)
    if len(text) > longest:
        raise CellRefused("too_long", _("The text has more than %(count)d characters.") % {"count": longest})
    return text


def _identifier(cell: str) -> str:
    return read_identifier(cell, max_length=5_000)  # the rules say how long each may be


def _kind(cell: str) -> str:
    word = normalise(cell)
    for kind, chinese in KINDS.items():
        if word in {kind, chinese}:
            return kind
    raise CellRefused("bad_word", _("The kind is goods, service or bundle."))


def _category(row: Row, cell: str) -> None:
    path = tuple(split_list(cell, ">"))
    if not 1 <= len(path) <= rules.MAX_CATEGORY_DEPTH or any(len(name) > 100 for name in path):
        raise CellRefused("bad_category", _("A category is a path of five names at most: 护肤 > 面霜."))
    row.category = path


def _options(row: Row, cell: str) -> None:
    # Shops' own files say just 50ml where there is but one option; their column's heading names it.
    said = f"{PLAIN_OPTION}:{cell}" if is_plain(cell) else cell
    for item in split_raw(said, ";"):
        name, *value = split_list(item, ":")
        if len(value) != 1 or name in row.options:
            raise CellRefused("bad_options", _("Options are written as 颜色:红; 尺码:M."))
        row.options[unicodedata.normalize("NFC", name)] = unicodedata.normalize("NFC", value[0])


def _parts(row: Row, cell: str) -> None:
    for item in split_raw(cell, ";"):
        sku, *count = split_raw(item, "*")
        pieces = read_whole(count[0]) if len(count) == 1 else 1 if not count else 0
        normal = rules.normalise_sku(_identifier(unescape(sku)))
        if not 1 <= pieces <= 1_000 or normal in row.parts:
            raise CellRefused("bad_parts", _("Parts are written as SKU*2; SKU*1, each once."))
        row.parts[normal] = pieces


def _price(row: Row, cell: str) -> None:
    row.variant["retail_price"] = _in_places(read_decimal(cell), rules.FREE)


def _cost(row: Row, cell: str) -> None:
    row.variant["cost_price"] = _in_places(read_decimal(cell), Decimal("0.0001"))


def _in_places(value: Decimal, step: Decimal) -> Decimal:
    """Quantize to the column's places; a finer value stays, and the rules refuse it."""
    return value.quantize(step) if value == value.quantize(step) else value


_READERS: dict[str, Callable[[Row, str], None]] = {
    "product": lambda row, cell: setattr(row, "label", _identifier(cell)),
    "name": lambda row, cell: row.product.update({"name": clean_text(cell)}),
    "category": _category,
    "brand_name": lambda row, cell: row.product.update({"brand_name": clean_text(cell)}),
    "unit": lambda row, cell: row.product.update({"unit": clean_text(cell)}),
    "kind": lambda row, cell: row.product.update({"kind": _kind(cell)}),
    "tax_code": lambda row, cell: row.product.update({"tax_code": _identifier(cell)}),
    "tax_rate": lambda row, cell: row.product.update({"tax_rate": read_rate(cell)}),
    "shelf_life_days": lambda row, cell: row.product.update({"shelf_life_days": read_whole(cell)}),
    "description": lambda row, cell: row.product.update({"description": cell.replace("\r\n", "\n")}),
    "video_url": lambda row, cell: row.product.update({"video_url": cell}),
    "shelf": lambda row, cell: setattr(row, "shelf", read_yes_no(cell)),
    "pictures": lambda row, cell: setattr(row, "pictures", split_list(cell, ";")),
    "sku": lambda row, cell: row.variant.update({"sku": rules.normalise_sku(_identifier(cell))}),
    "variant": lambda row, cell: row.variant.update({"name": clean_text(cell)}),
    "options": _options,
    "barcode": lambda row, cell: row.variant.update({"barcode": _identifier(cell)}),
    "retail_price": _price,
    "weight_grams": lambda row, cell: row.variant.update({"weight_grams": read_whole(cell)}),
    "box_size": lambda row, cell: row.variant.update({"box_size": read_whole(cell)}),
    "cost_price": _cost,
    "is_active": lambda row, cell: row.variant.update({"is_active": read_yes_no(cell)}),
    "parts": _parts,
    "variant_pictures": lambda row, cell: setattr(row, "variant_pictures", split_list(cell, ";")),
}
