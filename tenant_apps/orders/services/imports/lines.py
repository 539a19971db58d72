"""Judging one line of a file: an order line with its values, or the reason why it is none.

Real files repeat a few thousand distinct prices, quantities, dates and codes over half a million lines, so every value
is parsed once and remembered by its text.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from kernel.core.money import ZERO, round_money
from kernel.files.spreadsheets import unescape_cell
from tenant_apps.orders.services.imports.mapping import REQUIRED, ChannelRules, ColumnMapping
from tenant_apps.orders.services.imports.reading import BrokenRow

MAX_CODE_LENGTH = 64
MAX_NAME_LENGTH = 200
MAX_QUANTITY = 1_000_000
MAX_UNIT_PRICE = Decimal("9999999.9999")
UNIT_PRICE_PLACES = Decimal("0.0001")
# No underscores, exponents or "NaN", which Python would read as numbers.
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,12}")
_DECIMAL_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?")
_DATE_FORMATS = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日")


class Line(NamedTuple):
    """A line that can become an order line. On a return quantity and amount are negative."""

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
    cells: tuple[str, ...] = ()  # receiver and agent, only for new orders


@dataclass(frozen=True)
class Refused:
    """Why a line is not imported. `reason` is one of the issue codes in `ImportReason`."""

    reason: str


Judge = Callable[[int, Sequence[Any] | BrokenRow], Line | Refused]


class _Head(NamedTuple):
    """What an order number says."""

    number: str
    is_return: bool
    is_adjustment: bool


class _Sum(NamedTuple):
    """What a quantity and a price come to; `fault` where one of them is none."""

    quantity: int
    price: Decimal
    amount: Decimal
    fault: str


class _Memory(dict[Any, Any]):
    """Values by their texts; what is not known yet is parsed once. A hit costs no call of ours."""

    def __init__(self, parse: Callable[[Any], Any]) -> None:
        super().__init__()
        self.parse = parse

    def __missing__(self, text: Any) -> Any:
        value = self[text] = self.parse(text)
        return value


class LineReader:
    """What the cells of a file mean, by a mapping and the channel's rules."""

    def __init__(self, *, mapping: ColumnMapping, rules: ChannelRules, brand_zone: str) -> None:
        self.rules = rules
        self.zone = ZoneInfo(rules.time_zone or brand_zone)
        position = mapping.position
        self.at = [position(name) or 0 for name in REQUIRED]
        self.needed = max(self.at)
        self.name_at = position("name")
        self.customer_at = position("customer")

    def judge(self) -> Judge:
        """The judge of the file's lines: the line, or the reason against it. Never raises.

        A function that holds everything it needs, since it is called half a million times.
        """
        number_at, sku_at, quantity_at, price_at, time_at = self.at
        name_at = self.name_at
        customer_at = self.customer_at
        needed = self.needed
        heads = _Memory(self._head)
        skus = _Memory(_sku)
        sums = _Memory(_sum)
        times = _Memory(self._time)
        names = _Memory(_name)
        customers = _Memory(_customer)
        refusals = _Memory(Refused)

        def judge(line_no: int, cells: Sequence[Any] | BrokenRow) -> Line | Refused:
            if isinstance(cells, BrokenRow):
                return cast(Refused, refusals[cells.reason])
            width = len(cells)
            if width <= needed:
                return cast(Refused, refusals["missing_columns" if any(cells) else "empty_row"])
            number, is_return, is_adjustment = heads[cells[number_at]]
            sku = skus[cells[sku_at]]
            quantity, price, amount, fault = sums[cells[quantity_at], cells[price_at]]
            placed_at = times[cells[time_at]]
            customer = customers[cells[customer_at]] if customer_at is not None and customer_at < width else ""
            if not number or not sku or fault or type(placed_at) is str:
                return cast(Refused, refusals[_fault(number, sku, fault, placed_at)])
            if is_adjustment or price <= 0 or is_return is not (quantity < 0):
                reason = _objection(is_adjustment, is_return, price, customer, quantity)
                if reason:
                    return cast(Refused, refusals[reason])
            name = names[cells[name_at]] if name_at is not None and name_at < width else ""
            return Line(line_no, number, is_return, sku, name, quantity, price, amount, placed_at, customer)

        return judge

    def _head(self, text: str) -> _Head:
        number = unescape_cell(text.strip())
        if len(number) > MAX_CODE_LENGTH:
            number = ""
        prefix = self.rules.cancellation_prefix
        adjustment = self.rules.adjustment_prefix
        return _Head(
            number, bool(prefix) and number.startswith(prefix), bool(adjustment) and number.startswith(adjustment)
        )

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


def _fault(number: str, sku: str, fault: str, placed_at: datetime | str) -> str:
    """Which of the required cells is unreadable, in the order of the columns' importance."""
    if not number:
        return "bad_order_number"
    if not sku:
        return "bad_sku"
    return fault or str(placed_at)


def _objection(is_adjustment: bool, is_return: bool, price: Decimal, customer: str, quantity: int) -> str:
    """The business rules, in the order a bookkeeper would ask them; empty when there is nothing to say."""
    if is_adjustment:
        return "bad_debt_adjustment"
    if price < 0:
        return "negative_price"
    if price == 0 and not customer:
        return "stock_correction"
    if is_return is not (quantity < 0):
        return "return_with_positive_quantity" if is_return else "negative_quantity"
    return ""


def _sum(texts: tuple[str, str]) -> _Sum:
    quantity = _quantity(texts[0])
    price = _price(texts[1])
    if isinstance(quantity, str):
        return _Sum(0, ZERO, ZERO, quantity)
    if isinstance(price, str):
        return _Sum(0, ZERO, ZERO, price)
    return _Sum(quantity, price, round_money(quantity * price), "")


def _name(text: str) -> str:
    return unescape_cell(str(text).strip())[:MAX_NAME_LENGTH]


def _sku(text: str) -> str:
    sku = unescape_cell(text.strip()).upper()
    return sku if len(sku) <= MAX_CODE_LENGTH else ""


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
    if abs(quantity) > MAX_QUANTITY:
        return "quantity_out_of_range"
    return quantity


def _price(text: str) -> Decimal | str:
    text = text.strip().replace(",", "").removeprefix("¥").removeprefix("￥")
    if not _DECIMAL_NUMBER.fullmatch(text):
        return "bad_price"
    price = Decimal(text)
    if abs(price) > MAX_UNIT_PRICE or price != price.quantize(UNIT_PRICE_PLACES):
        return "bad_price"
    return price
