"""Import a price list: a row for each SKU, a column for each level. It becomes a draft, to be previewed.

SKU    | From pieces | 总代理 | 分销员
LIP-01 |             | 49.00  | 59.00
LIP-01 | 100         | 45.00  |
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import FieldError, Invalid
from tenant_apps.agents.selectors import agents
from tenant_apps.catalog.selectors import sellable as catalog
from tenant_apps.imports.services.importer import Importer, InvalidOption, OptionField, Outcome, Run
from tenant_apps.imports.services.reading.cells import CellRefused, read_decimal, read_moment, read_whole
from tenant_apps.imports.services.reading.columns import Column, fold_heading
from tenant_apps.imports.services.reading.rows import SourceRow
from tenant_apps.pricing import rules
from tenant_apps.pricing.services import changes, checking
from tenant_apps.pricing.services.level_prices import NewLevelPrice

LEVEL = "level_"


class InvalidPriceList(Invalid):
    code = "invalid_price_list"
    title = _("The price list breaks a rule")


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A row as the file tells it: the price of each level that has one."""

    line: int
    sku: str
    pieces: int
    prices: Mapping[int, Decimal]


class PriceListImporter(Importer[PriceRow, list[NewLevelPrice]]):
    """Drafts a change of prices; empty cells leave a price as it is. All rows or none."""

    kind = "price_list"
    label = _("Import a price list")
    permission = "pricing.edit"
    max_rows = 20_000
    reasons = {
        "duplicate_sku": _("A SKU on two rows"),
        "invalid_price": _("Not a price"),
        "invalid_quantity": _("Not a quantity"),
    }
    figures = {"prices": _("Prices"), "change": _("Price change")}

    def columns(self) -> Sequence[Column]:
        levels = [
            Column(f"{LEVEL}{level.pk}", level.name, (level.code,), example="49.00") for level in agents.list_levels()
        ]
        pieces = Column(
            "from_pieces",
            _("From pieces"),
            ("from pieces", "min quantity", "起订数量", "起订量", "数量起"),
            example="1",
        )
        return (Column("sku", aliases=("编码",), required=True, example="LIP-01"), pieces, *levels)

    def option_fields(self) -> Sequence[OptionField]:
        return (OptionField("name", _("Name")), OptionField("effective_at", _("In force from")))

    def ensure_options(self, options: Mapping[str, Any]) -> None:
        super().ensure_options({name: value for name, value in options.items() if name not in {"name", "effective_at"}})
        _read_moment(options)

    def read_row(self, row: SourceRow, run: Run) -> PriceRow:
        prices = {
            int(name.removeprefix(LEVEL)): price
            for name in row.texts
            if name.startswith(LEVEL) and (price := row.read(name, _read_price)) is not None
        }
        sku = row.identifier("sku", required=True).upper()
        return PriceRow(row.number, sku, row.read("from_pieces", _read_pieces) or 1, prices)

    def plan(self, rows: Iterator[PriceRow], run: Run) -> list[NewLevelPrice]:
        _ensure_every_column_means_something(run)
        read = list(rows)
        variants = catalog.get_variants_by_sku(skus={row.sku for row in read}, now=clock.now())
        seen: set[tuple[str, int]] = set()
        prices = []
        for row in read:
            if row.sku not in variants:
                detail = _("There is no SKU %(sku)s") % {"sku": row.sku}
                run.refuse(row.line, "unknown_sku", detail, column="sku")
            elif (row.sku, row.pieces) in seen:
                detail = _("SKU %(sku)s stands on two rows") % {"sku": row.sku}
                run.refuse(row.line, "duplicate_sku", detail, column="sku")
            else:
                seen.add((row.sku, row.pieces))
                variant_id = variants[row.sku].id
                prices += [NewLevelPrice(level, variant_id, price, row.pieces) for level, price in row.prices.items()]
        if not prices and not run.issues.lines:
            raise InvalidPriceList(_("The list holds no price."), field="file")
        return prices

    def write(self, plan: list[NewLevelPrice], run: Run) -> Outcome:
        """Draft the change. Without a name it has the day's; without a moment it begins tomorrow."""
        options = run.job.options
        tomorrow = clock.day_bounds(clock.business_date(run.now + timedelta(days=1)))[0]
        name = str(options.get("name") or gettext("Price list of %(day)s") % {"day": clock.business_date(run.now)})
        moment = _read_moment(options) or tomorrow
        change = changes.draft_change(name=name, effective_at=moment, now=run.now)
        changes.plan_prices(change_id=change.pk, prices=plan)
        return Outcome({"prices": len(plan), "change": change.name}, {"change_id": change.pk})

    def undo(self, run: Run) -> None:
        """Cancel the change; its prices were never in force. Raises ChangeInForce."""
        changes.cancel_change(change_id=run.job.result["change_id"], now=run.now)


def _ensure_every_column_means_something(run: Run) -> None:
    """A misspelt level is no column to pass over. Raises InvalidPriceList naming each heading."""
    match = run.source.match if run.source else None
    if match is None:
        return
    left_out = {fold_heading(heading) for heading in match.left_out}
    taken = set(match.positions.values())
    detail = _("The column is neither SKU nor from pieces nor a level, or stands twice: %(title)s")
    errors = [
        FieldError(f"rows.1.{heading}"[:100], "unknown_column", detail % {"title": heading})
        for position, heading in enumerate(match.headings)
        if heading and position not in taken and fold_heading(heading) not in left_out
    ]
    if not any(name.startswith(LEVEL) for name in match.positions):
        detail = _("The first row needs a column SKU and one named like a level.")
        errors.insert(0, FieldError("file", InvalidPriceList.code, detail))
    if errors:
        raise InvalidPriceList(errors=errors)


def _read_moment(options: Mapping[str, Any]) -> datetime | None:
    """Raises InvalidOption."""
    value = options.get("effective_at")
    if not value or isinstance(value, datetime):
        return value or None
    try:
        return read_moment(str(value), zone=clock.brand_zone())
    except CellRefused as refusal:
        raise InvalidOption(refusal.detail, field="options.effective_at") from refusal


def _read_price(text: str) -> Decimal:
    try:
        price = read_decimal(text)
    except CellRefused as refusal:
        raise CellRefused("invalid_price", refusal.detail) from refusal
    if not rules.is_valid_price(price):
        raise CellRefused("invalid_price", checking.BAD_PRICE)
    return price


def _read_pieces(text: str) -> int:
    try:
        pieces = read_whole(text)
    except CellRefused as refusal:
        raise CellRefused("invalid_quantity", refusal.detail) from refusal
    if not rules.is_valid_quantity(pieces):
        raise CellRefused("invalid_quantity", checking.BAD_QUANTITY)
    return pieces
