"""Empty workbooks to fill in."""

import io
from typing import Any

import xlsxwriter

from kernel.tenancy.actors import current_actor
from tenant_apps.imports.services.importer import Importer


def write_template(importer: Importer[Any, Any]) -> bytes:
    """An XLSX with the importer's headings, in the reader's language, and one row of examples."""
    columns = [column for column in importer.columns() if not column.needs or current_actor().may(column.needs)]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        needed = book.add_format({"bold": True})
        text = book.add_format({"num_format": "@"})  # so that no identifier becomes a number
        for place, column in enumerate(columns):
            sheet.write_string(0, place, str(column.title), needed if column.required else None)
            sheet.set_column(place, place, 16, text)
            if column.example:
                sheet.write_string(1, place, column.example, text)
    return out.getvalue()
