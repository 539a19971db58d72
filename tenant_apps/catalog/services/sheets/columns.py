"""Columns of the workbook, and the notation of lists in a cell."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.translation import get_language


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its headings. Without the permission `needs` it is left out."""

    name: str
    english: str
    chinese: str
    needs: str = ""


COLUMNS: Final = (
    Column("product", "Product no.", "商品号"),
    Column("name", "Product", "商品名称"),
    Column("category", "Category", "类目"),
    Column("brand_name", "Brand", "品牌"),
    Column("unit", "Unit", "单位"),
    Column("kind", "Kind", "类型"),
    Column("tax_code", "Tax code", "税收分类编码"),
    Column("tax_rate", "VAT rate", "税率"),
    Column("shelf_life_days", "Shelf life (days)", "保质期(天)"),
    Column("description", "Description", "商品描述"),
    Column("video_url", "Video", "视频链接"),
    Column("shelf", "On shelf", "上架"),
    Column("pictures", "Pictures", "图片"),
    Column("sku", "SKU", "商家编码"),
    Column("variant", "Variant", "规格名称"),
    Column("options", "Options", "规格"),
    Column("barcode", "Barcode", "条码"),
    Column("retail_price", "Retail price", "零售价"),
    Column("weight_grams", "Weight (g)", "重量(克)"),
    Column("box_size", "Pieces per box", "每箱件数"),
    Column("cost_price", "Cost", "成本价", needs="catalog.cost"),
    Column("is_active", "For sale", "在售"),
    Column("parts", "Parts", "组合内容"),
    Column("variant_pictures", "Variant pictures", "规格图片"),
)
YES = ("yes", "是")
NO = ("no", "否")
KINDS: Final = {"goods": "商品", "service": "服务", "bundle": "组合"}
PLAIN_OPTION: Final = "规格"  # the option whose value stands alone in a cell
_SEPARATORS: Final = {";": ";；\n", ":": ":：", ">": ">", "*": "*×"}


def is_chinese() -> bool:
    """Tell whether the workbook is in Chinese, from the language of the caller."""
    return (get_language() or "").startswith("zh")


def heading_of(column: Column) -> str:
    return column.chinese if is_chinese() else column.english


def join_list(items: Iterable[str], separator: str) -> str:
    """Join the items into one cell; separators within items are escaped by a backslash."""
    marks = "".join({mark for group in _SEPARATORS.values() for mark in group}) + "\\"
    escaped = (re.sub(f"([{re.escape(marks)}])", r"\\\1", item) for item in items)
    return f"{separator} ".join(escaped) if separator != ">" else " > ".join(escaped)


def split_list(cell: str, separator: str) -> list[str]:
    """Split a cell written by join_list or by hand: surrounding spaces and empty items are ignored."""
    items = _split(cell, separator)
    return [unescape(item) for item in items if item]


def split_raw(cell: str, separator: str) -> list[str]:
    """Split without unescaping, for a further split."""
    return [item for item in _split(cell, separator) if item]


def is_plain(cell: str) -> bool:
    """Tell whether a cell of options is one value alone, without the option's name."""
    return all(len(_split(cell, separator)) == 1 for separator in ":;")


def _split(cell: str, separator: str) -> list[str]:
    items = []
    current = ""
    escaped = False
    for character in cell:
        if escaped:
            current = f"{current}\\{character}"
            escaped = False
        elif character == "\\":
            escaped = True
        elif character in _SEPARATORS[separator]:
            items.append(current.strip())
            current = ""
        else:
            current += character
    return [*items, current.strip()]


def unescape(item: str) -> str:
    return re.sub(r"\\(.)", r"\1", item, flags=re.DOTALL).strip()
