"""Read a price list from XLSX: a row for each SKU, a column for each level. It becomes a draft, to be previewed.

SKU    | From pieces | 总代理 | 分销员
LIP-01 |             | 49.00  | 59.00
LIP-01 | 100         | 45.00  |
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import FieldError, Invalid, Text, TooLarge
from kernel.files.workbooks import read_sheet
from tenant_apps.agents import selectors as agents
from tenant_apps.catalog.selectors import sellable as catalog
from tenant_apps.pricing import rules
from tenant_apps.pricing.models import PriceChange
from tenant_apps.pricing.services import changes, checking
from tenant_apps.pricing.services.level_prices import NewLevelPrice

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MAX_ROWS = 20_000
MAX_ERRORS = 100
MAX_BYTES = 10_000_000
SKU_HEADINGS = frozenset({"sku", "货号", "编码", "商品编码", "商家编码"})
PIECES_HEADINGS = frozenset({"from pieces", "min quantity", "min_quantity", "起订数量", "起订量", "数量起"})


class InvalidPriceList(Invalid):
    code = "invalid_price_list"
    title = _("The price list breaks a rule")


class PriceListTooLarge(TooLarge):
    code = "file_too_large"
    title = _("A price list has 10 MB at most")


@transaction.atomic
def import_price_list(*, path: Path, name: str, effective_at: datetime, now: datetime) -> PriceChange:
    """Read the workbook into a new draft; empty cells leave a price as it is. Nothing is written where a cell is wrong.

    Raises InvalidPriceList naming row and column (`rows.3.总代理`), what `draft_change` raises, and UnreadableWorkbook,
    HarmfulWorkbook, WorkbookTooLarge.
    """
    (_number, heading), *rows = read_sheet(path, most_rows=MAX_ROWS)
    sheet = _Sheet(heading)
    prices = list(sheet.read(rows))
    if sheet.errors:
        raise InvalidPriceList(errors=sheet.errors[:MAX_ERRORS])
    if not prices:
        raise InvalidPriceList(_("The list holds no price."), field="file")
    change = changes.draft_change(name=name, effective_at=effective_at, now=now)
    changes.plan_prices(change_id=change.pk, prices=prices)
    return change


def import_uploaded(*, upload: "UploadedFile[bytes]", name: str, effective_at: datetime, now: datetime) -> PriceChange:
    """The same from an upload of at most 10 MB. Raises PriceListTooLarge besides."""
    if (upload.size or 0) > MAX_BYTES:
        raise PriceListTooLarge(field="file")
    with NamedTemporaryFile(suffix=".xlsx") as file:
        for chunk in upload.chunks():
            file.write(chunk)
        file.flush()
        return import_price_list(path=Path(file.name), name=name, effective_at=effective_at, now=now)


class _Sheet:
    """Meaning of the columns, and all faults of the cells."""

    def __init__(self, heading: Sequence[str]) -> None:
        self.errors: list[FieldError] = []
        self.sku_column = self.pieces_column = -1
        self.levels: dict[int, tuple[str, int]] = {}  # column → heading and level
        known = {word.casefold(): level.pk for level in agents.list_levels() for word in (level.name, level.code)}
        for column, title in enumerate(heading):
            self._place(column, title.strip(), known)
        if self.sku_column < 0 or not self.levels:
            detail = _("The first row needs a column SKU and one named like a level.")
            raise InvalidPriceList(detail, field="file", errors=self.errors)

    def _place(self, column: int, title: str, known: Mapping[str, int]) -> None:
        word = title.casefold()
        if word in SKU_HEADINGS and self.sku_column < 0:
            self.sku_column = column
        elif word in PIECES_HEADINGS and self.pieces_column < 0:
            self.pieces_column = column
        elif word in known and known[word] not in {level for _title, level in self.levels.values()}:
            self.levels[column] = title, known[word]
        elif word:
            detail = _("The column is neither SKU nor from pieces nor a level, or stands twice: %(title)s")
            self._complain(1, title, "unknown_column", detail % {"title": title})

    def _complain(self, row: int, column: str, code: str, detail: Text) -> None:
        self.errors.append(FieldError(f"rows.{row}.{column}", code, detail))

    def read(self, rows: Sequence[tuple[int, list[str]]]) -> Iterator[NewLevelPrice]:
        """Return the prices; faults are in `errors` afterwards."""
        skus = {_sku(cells, self.sku_column) for _number, cells in rows}
        variants = catalog.get_variants_by_sku(skus=skus)
        seen: set[tuple[int, int]] = set()
        for number, cells in rows:
            sku = _sku(cells, self.sku_column)
            pieces = self._pieces(number, _cell(cells, self.pieces_column))
            if sku not in variants:
                self._complain(number, "SKU", "unknown_sku", _("There is no SKU %(sku)s") % {"sku": sku})
                continue
            if (variants[sku].id, pieces) in seen:
                self._complain(number, "SKU", "duplicate_sku", _("SKU %(sku)s stands on two rows") % {"sku": sku})
                continue
            seen.add((variants[sku].id, pieces))
            yield from self._prices(number, cells, variants[sku].id, pieces)

    def _pieces(self, number: int, text: str) -> int:
        if not text:
            return 1
        if text.isascii() and text.isdigit() and len(text) < 9 and rules.is_valid_quantity(int(text)):
            return int(text)
        self._complain(number, "from pieces", "invalid_quantity", checking.BAD_QUANTITY)
        return 1

    def _prices(self, number: int, cells: Sequence[str], variant_id: int, pieces: int) -> Iterator[NewLevelPrice]:
        for column, (title, level_id) in self.levels.items():
            text = _cell(cells, column)
            if not text:
                continue
            price = _decimal(text)
            if price is None or not rules.is_valid_price(price):
                self._complain(number, title, "invalid_price", checking.BAD_PRICE)
                continue
            yield NewLevelPrice(level_id, variant_id, price, pieces)


def _cell(cells: Sequence[str], column: int) -> str:
    return cells[column].strip() if 0 <= column < len(cells) else ""


def _sku(cells: Sequence[str], column: int) -> str:
    return _cell(cells, column).upper()


def _decimal(text: str) -> Decimal | None:
    """Read amounts as people write them in a list: ¥1,299.00."""
    try:
        return Decimal(text.lstrip("¥￥").replace(",", "").strip())
    except InvalidOperation:
        return None
