"""Judging one line of a file: an order line with its values, or the reason why it is none.

Real files repeat a few thousand distinct prices, quantities, dates and codes over half a million lines, so every value
is parsed once and remembered by its text.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from kernel.money import round_money
from kernel.spreadsheets import unescape_cell
from tenant_apps.orders.services.imports.mapping import ChannelRules, ColumnMapping
from tenant_apps.orders.services.imports.reading import BrokenRow

MAXIMUM_QUANTITY = 1_000_000
MAXIMUM_UNIT_PRICE = Decimal("9999999.9999")
UNIT_PRICE_PLACES = Decimal("0.0001")
# No underscores, exponents or "NaN", which Python would read as numbers.
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,12}")
_DECIMAL_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?")
_DATE_FORMATS = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日")


class Line(NamedTuple):
    """A line that can become an order line. Quantity and amount are positive; a return is told by its order number."""

    order_number: str
    is_return: bool
    sku: str
    name: str
    quantity: int
    unit_price: Decimal  # four places: a price is not money
    amount: Decimal  # quantity × price, rounded to two places
    placed_at: datetime
    customer: str


@dataclass(frozen=True)
class Refused:
    """Why a line is not imported. `reason` is one of the issue codes in `states.ImportReason`."""

    reason: str


class LineJudge:
    """Turns cells into a `Line` or a `Refused`, by a mapping and the channel's rules."""

    def __init__(self, *, mapping: ColumnMapping, rules: ChannelRules, brand_zone: str) -> None:
        self.rules = rules
        self.columns = len(mapping.headings)
        self.zone = ZoneInfo(rules.time_zone or brand_zone)
        position = mapping.position
        self.at = tuple(position(name) for name in ("order_number", "sku", "quantity", "unit_price", "placed_at"))
        self.name_at = position("name")
        self.customer_at = position("customer")
        self.needed = max(index for index in self.at if index is not None)
        self.quantities: dict[str, int | str] = {}
        self.prices: dict[str, Decimal | str] = {}
        self.times: dict[str, datetime | str] = {}
        self.skus: dict[str, str] = {}
        self.customers: dict[str, str] = {}
        self.amounts: dict[tuple[int, Decimal], Decimal] = {}

    def judge(self, cells: Sequence[Any] | BrokenRow) -> Line | Refused:
        """The line, or the reason against it. Never raises."""
        if isinstance(cells, BrokenRow):
            return Refused(cells.reason)
        if len(cells) <= self.needed:
            return Refused("missing_columns" if any(cells) else "empty_row")
        order_at, sku_at, quantity_at, price_at, time_at = self.at
        number = unescape_cell(cells[order_at].strip())  # type: ignore[index]
        sku = self._remembered(self.skus, cells[sku_at], _sku)  # type: ignore[index]
        quantity = self._remembered(self.quantities, cells[quantity_at], _quantity)  # type: ignore[index]
        price = self._remembered(self.prices, cells[price_at], _price)  # type: ignore[index]
        placed_at = self._remembered(self.times, cells[time_at], self._time)  # type: ignore[index]
        if not number or len(number) > 64:
            return Refused("bad_order_number")
        if not sku or len(sku) > 64:
            return Refused("bad_sku")
        for value in (quantity, price, placed_at):
            if isinstance(value, str):
                return Refused(value)
        customer = self._remembered(self.customers, self._cell(cells, self.customer_at), _customer)
        name = unescape_cell(self._cell(cells, self.name_at).strip())
        return self._line(number, sku, name, (quantity, price, placed_at), customer)

    def _line(
        self, number: str, sku: str, name: str, values: tuple[int, Decimal, datetime], customer: str
    ) -> Line | Refused:
        """The business rules, in the order a bookkeeper would ask them."""
        quantity, price, placed_at = values
        rules = self.rules
        if rules.adjustment_prefix and number.startswith(rules.adjustment_prefix):
            return Refused("bad_debt_adjustment")
        if price < 0:
            return Refused("negative_price")
        is_return = bool(rules.cancellation_prefix) and number.startswith(rules.cancellation_prefix)
        if price == 0 and not customer:
            return Refused("stock_correction")
        if is_return != (quantity < 0):
            return Refused("return_with_positive_quantity" if is_return else "negative_quantity")
        if is_return:
            quantity = -quantity
        key = (quantity, price)
        amount = self.amounts.get(key)
        if amount is None:
            amount = self.amounts[key] = round_money(quantity * price)
        return Line(number, is_return, sku, name[:200], quantity, price, amount, placed_at, customer)

    @staticmethod
    def _cell(cells: Sequence[Any], index: int | None) -> str:
        return str(cells[index]) if index is not None and index < len(cells) else ""

    @staticmethod
    def _remembered(memory: dict[str, Any], text: str, parse: Callable[[str], Any]) -> Any:
        value = memory.get(text)
        if value is None:
            value = memory[text] = parse(text)
        return value

    def _time(self, text: str) -> datetime | str:
        text = text.strip()
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            for form in _DATE_FORMATS:
                try:
                    moment = datetime.strptime(text, form)  # noqa: DTZ007  the zone is set below
                    break
                except ValueError:
                    continue
            else:
                return "bad_date"
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        if not 1990 <= moment.year <= 2100:
            return "bad_date"
        return moment.astimezone(UTC)


def _sku(text: str) -> str:
    return unescape_cell(text.strip()).upper()


def _customer(text: str) -> str:
    """The channel's id of the customer as text. Programs that read it as a number left `17850.0` behind."""
    text = text.strip()
    if text.endswith(".0") and text[:-2].isdigit():
        text = text[:-2]
    return text[:64]


def _quantity(text: str) -> int | str:
    text = text.strip().replace(",", "")
    if text.endswith(".0"):
        text = text[:-2]
    if not _WHOLE_NUMBER.fullmatch(text):
        return "bad_quantity"
    quantity = int(text)
    if quantity == 0:
        return "zero_quantity"
    if abs(quantity) > MAXIMUM_QUANTITY:
        return "quantity_out_of_range"
    return quantity


def _price(text: str) -> Decimal | str:
    text = text.strip().replace(",", "").removeprefix("¥").removeprefix("￥")
    if not _DECIMAL_NUMBER.fullmatch(text):
        return "bad_price"
    price = Decimal(text)
    if abs(price) > MAXIMUM_UNIT_PRICE or price != price.quantize(UNIT_PRICE_PLACES):
        return "bad_price"
    return price
