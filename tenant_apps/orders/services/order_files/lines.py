"""Parse and validate one line of a file.

Files repeat a few thousand distinct prices, quantities, dates and codes over half a million lines, so parsed values
are cached by their text.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Text
from kernel.core.money import MAX_MONEY, ZERO, round_money
from tenant_apps.imports.services.importer import BROKEN_ROWS
from tenant_apps.imports.services.reading import cells
from tenant_apps.imports.services.reading.cells import CellRefused
from tenant_apps.imports.services.reading.columns import Match
from tenant_apps.imports.services.reading.tables import BrokenRow
from tenant_apps.orders.services.order_files.columns import FACTS, REQUIRED, ChannelRules

MAX_NAME_LENGTH: Final = 200
MAX_QUANTITY: Final = 1_000_000
MAX_UNIT_PRICE: Final = Decimal("9999999.9999")
UNIT_PRICE_PLACES: Final = Decimal("0.0001")

REASONS: Final[Mapping[str, Text]] = {
    **BROKEN_ROWS,
    "empty_row": _("The row is empty"),
    "missing_columns": _("The row has fewer columns than the heading"),
    "bad_order_number": _("The order number is missing or longer than 64 characters"),
    "bad_sku": _("The SKU is missing or longer than 64 characters"),
    "damaged_identifier": _("A spreadsheet program rounded this number: export it again as text"),
    "bad_quantity": _("The quantity is not a whole number"),
    "zero_quantity": _("The quantity is zero"),
    "quantity_out_of_range": _("The quantity is above 1,000,000"),
    "negative_quantity": _("The quantity is negative on an order that is no return"),
    "return_with_positive_quantity": _("A return has a positive quantity"),
    "bad_price": _("The unit price is not a number with four decimals at most"),
    "negative_price": _("The unit price is negative"),
    "bad_amount": _("The amount is not a number with two decimals at most"),
    "amount_out_of_range": _("The amount is too large"),
    "bad_date": _("The date cannot be read"),
    "year_out_of_range": _("The year is far from that of the other orders"),
    "stock_correction": _("No price and no customer: a stock correction, not a sale"),
    "bad_debt_adjustment": _("Bookkeeping of bad debt, not an order"),
    "already_imported": _("The order was imported before"),
    "order_refused": _("The order was refused"),
    "order_incomplete": _("Another line of the order is refused; an order comes in whole or not at all"),
    "facts_differ": _("The lines of the order say different things"),
    "unknown_state": _("The state is not known: say in the rules what it means"),
    "order_unpaid": _("The order is not paid"),
    "order_closed": _("The order is closed"),
    "order_in_after_sale": _("A return is under way"),
    "order_refunded": _("The order was refunded"),
    "order_not_finished": _("The order is not finished: import it as a new order"),
    "refund_unknown": _("The order is partly refunded, and no column says how much"),
    "refund_too_large": _("More is refunded than the order came to"),
    "discount_too_large": _("The discount is higher than the goods"),
    "unknown_agent": _("There is no such agent"),
    "too_many_lines": _("The order has too many lines"),
}
# Rows that are no part of an order, and so refuse none.
NO_SALES: Final = frozenset({"empty_row", "stock_correction", "bad_debt_adjustment"})


class Line(NamedTuple):
    """A valid line. On a return quantity and amount are negative."""

    line_no: int  # in the file, as the user's program counts
    order_number: str
    is_return: bool
    sku: str
    name: str
    quantity: int
    unit_price: Decimal  # four places: a price is not money
    amount: Decimal  # quantity × price, rounded to two places
    placed_at: datetime
    customer: str
    facts: tuple[str, ...] = ()  # of the order: cells in the order of `FACTS`; empty where the file has none


@dataclass(frozen=True)
class Refused:
    """The faults of a line as (code of `REASONS`, column), and its order.

    `order_number` is "" when the line has none; it may then belong to the previous order.
    """

    faults: tuple[tuple[str, str], ...]
    order_number: str = ""


Judge = Callable[[int, Sequence[str] | BrokenRow], Line | Refused]


class _Head(NamedTuple):
    """Parsed order number and the meaning of its prefix."""

    number: str
    is_return: bool
    is_adjustment: bool
    fault: str


class _Sum(NamedTuple):
    """Quantity, price and their product, or the `fault`."""

    quantity: int
    price: Decimal
    amount: Decimal
    fault: str


class _Memory(dict[Any, Any]):
    """Cache of parsed values by their text. A hit runs no Python code."""

    def __init__(self, parse: Callable[[Any], Any]) -> None:
        super().__init__()
        self.parse = parse

    def __missing__(self, text: Any) -> Any:
        value = self[text] = self.parse(text)
        return value


class LineReader:
    """Parser for a file's columns under the channel's rules."""

    def __init__(self, *, match: Match, rules: ChannelRules, zone: ZoneInfo) -> None:
        self.rules = rules
        self.zone = ZoneInfo(rules.time_zone) if rules.time_zone else zone
        self.at = [match.positions[name] for name in REQUIRED]
        self.needed = max(self.at)
        self.name_at = match.position("name")
        self.customer_at = match.position("customer")
        places = [match.position(name) for name in FACTS]
        self.facts_at = places if any(place is not None for place in places) else []

    def judge(self) -> Judge:
        """Return a function that parses one row and never raises.

        A closure, since it is called half a million times.
        """
        number_at, sku_at, quantity_at, price_at, time_at = self.at
        name_at = self.name_at
        customer_at = self.customer_at
        facts_at = self.facts_at
        needed = self.needed
        heads = _Memory(self._head)
        skus = _Memory(_sku)
        sums = _Memory(_sum)
        times = _Memory(self._time)
        names = _Memory(_name)
        customers = _Memory(_customer)

        def judge(line_no: int, row: Sequence[str] | BrokenRow) -> Line | Refused:
            if isinstance(row, BrokenRow) or len(row) <= needed:
                return _no_row(row, heads, number_at)
            width = len(row)
            number, is_return, is_adjustment, bad_number = heads[row[number_at]]
            sku, bad_sku = skus[row[sku_at]]
            quantity, price, amount, bad_sum = sums[row[quantity_at], row[price_at]]
            placed_at = times[row[time_at]]
            customer = customers[row[customer_at]] if customer_at is not None and customer_at < width else ""
            if bad_number or bad_sku or bad_sum or placed_at.__class__ is str:
                return Refused(_faults(row, bad_number, bad_sku, bad_sum, placed_at), number)
            if is_adjustment or price <= 0 or is_return is not (quantity < 0):
                reason, column = _objection(is_adjustment, is_return, price, customer, quantity)
                if reason:
                    return Refused(((reason, column),), number)
            name = names[row[name_at]] if name_at is not None and name_at < width else ""
            if facts_at:
                facts = tuple([row[at] if at is not None and at < width else "" for at in facts_at])
                return Line(line_no, number, is_return, sku, name, quantity, price, amount, placed_at, customer, facts)
            return Line(line_no, number, is_return, sku, name, quantity, price, amount, placed_at, customer)

        return judge

    def _head(self, text: str) -> _Head:
        number, fault = _identifier(text, "bad_order_number")
        prefix = self.rules.cancellation_prefix
        adjustment = self.rules.adjustment_prefix
        return _Head(
            number,
            bool(prefix) and number.startswith(prefix),
            bool(adjustment) and number.startswith(adjustment),
            fault,
        )

    def _time(self, text: str) -> datetime | str:
        try:
            moment = cells.read_moment(text, zone=self.zone)
        except CellRefused:
            return "bad_date"
        return moment if 1990 <= moment.year <= 2100 else "bad_date"


def _no_row(row: Sequence[str] | BrokenRow, heads: Mapping[str, _Head], number_at: int) -> Refused:
    """Refuse a row that lacks required columns; its order number is read if possible."""
    cells_at_hand = row.cells if isinstance(row, BrokenRow) else row
    number = heads[cells_at_hand[number_at]].number if len(cells_at_hand) > number_at else ""
    if isinstance(row, BrokenRow):
        return Refused(((row.reason, ""),), number)
    return Refused((("missing_columns" if any(row) else "empty_row", ""),), number)


def _faults(
    row: Sequence[str], bad_number: str, bad_sku: str, bad_sum: str, placed_at: datetime | str
) -> tuple[tuple[str, str], ...]:
    """Return the faults of all cells, most important column first."""
    if not any(cell.strip() for cell in row):
        return (("empty_row", ""),)
    column = "unit_price" if bad_sum in {"bad_price", "amount_out_of_range"} else "quantity"
    found = (
        (bad_number, "order_number"),
        (bad_sku, "sku"),
        (bad_sum, column),
        (placed_at if isinstance(placed_at, str) else "", "placed_at"),
    )
    return tuple((reason, name) for reason, name in found if reason)


def _objection(is_adjustment: bool, is_return: bool, price: Decimal, customer: str, quantity: int) -> tuple[str, str]:
    """Return the first business rule that is broken and its column, or two empty texts."""
    if is_adjustment:
        return "bad_debt_adjustment", "order_number"
    if price < 0:
        return "negative_price", "unit_price"
    if price == 0 and not customer:
        return "stock_correction", "unit_price"
    if is_return is not (quantity < 0):
        return ("return_with_positive_quantity" if is_return else "negative_quantity"), "quantity"
    return "", ""


def _identifier(text: str, missing: str) -> tuple[str, str]:
    """Return an identifier and its fault. A damaged one is returned too, for the error report."""
    try:
        identifier = cells.read_identifier(text)
    except CellRefused as refusal:
        damaged = cells.clean_identifier(text)[: cells.MAX_IDENTIFIER_LENGTH]
        return (damaged, refusal.code) if refusal.code == "damaged_identifier" else ("", missing)
    return identifier, "" if identifier else missing


def _sku(text: str) -> tuple[str, str]:
    sku, fault = _identifier(text, "bad_sku")
    # Some letters become several in capitals.
    return (sku.upper(), fault) if len(sku.upper()) <= cells.MAX_IDENTIFIER_LENGTH else ("", "bad_sku")


def _name(text: str) -> str:
    return cells.clean_text(text)[:MAX_NAME_LENGTH]


def _customer(text: str) -> str:
    """Return the channel's customer id. A damaged one becomes "", since it would merge many customers."""
    try:
        return cells.read_identifier(text)
    except CellRefused:
        return ""


def _sum(texts: tuple[str, str]) -> _Sum:
    quantity = _quantity(texts[0])
    price = _price(texts[1])
    if isinstance(quantity, str):
        return _Sum(0, ZERO, ZERO, quantity)
    if isinstance(price, str):
        return _Sum(0, ZERO, ZERO, price)
    amount = round_money(quantity * price)
    return _Sum(quantity, price, amount, "" if abs(amount) <= MAX_MONEY else "amount_out_of_range")


def _quantity(text: str) -> int | str:
    try:
        quantity = cells.read_whole(text)
    except CellRefused:
        return "bad_quantity"
    if quantity == 0:
        return "zero_quantity"
    return quantity if abs(quantity) <= MAX_QUANTITY else "quantity_out_of_range"


def _price(text: str) -> Decimal | str:
    try:
        price = cells.read_decimal(text)
    except CellRefused:
        return "bad_price"
    if abs(price) > MAX_UNIT_PRICE or price != price.quantize(UNIT_PRICE_PLACES):
        return "bad_price"
    return price
