"""Write the price list as a workbook, in the form in which it can be read in again."""

import io
from datetime import datetime
from decimal import Decimal

import xlsxwriter

from kernel.files.spreadsheets import escape_cell
from tenant_apps.agents.selectors import agents
from tenant_apps.catalog.selectors.products import list_variants
from tenant_apps.pricing.models import LevelPrice
from tenant_apps.pricing.selectors.level_prices import holding

HEADING = ("SKU", "From pieces")


def get_price_list(*, as_of: datetime) -> io.BytesIO:
    """An XLSX with a row for each active SKU and quantity break, a column for each level; three queries.

    Cells hold the prices set for the level at the moment; empty ones come from a discount or the retail price.
    """
    levels = list(agents.list_levels())
    rows = _rows(as_of)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("prices")
        for column, title in enumerate((*HEADING, *(level.name for level in levels))):
            sheet.write_string(0, column, escape_cell(title))
        for number, ((sku, pieces), prices) in enumerate(sorted(rows.items()), start=1):
            sheet.write_string(number, 0, escape_cell(sku))
            sheet.write_number(number, 1, pieces)
            for column, level in enumerate(levels, start=len(HEADING)):
                if level.pk in prices:
                    sheet.write_number(number, column, prices[level.pk])
    file.seek(0)
    return file


def _rows(as_of: datetime) -> dict[tuple[str, int], dict[int, Decimal]]:
    """Map (SKU, pieces) to level id → price; of one rule the row that began last."""
    rows: dict[tuple[str, int], dict[int, Decimal]] = {
        (sku, 1): {} for sku in list_variants(is_active=True).values_list("sku", flat=True)
    }
    prices = LevelPrice.objects.filter(holding(as_of), variant__is_active=True).order_by("valid_from")
    for sku, pieces, level_id, price in prices.values_list("variant__sku", "min_quantity", "level_id", "price"):
        rows.setdefault((sku, pieces), {})[level_id] = price
    return rows
