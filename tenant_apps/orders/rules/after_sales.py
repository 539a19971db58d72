"""Judge requests of after-sales and inspections of returned goods; compute the days that count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core import money
from kernel.core.errors import Conflict, FieldError, Invalid, Text
from kernel.core.money import ZERO
from tenant_apps.orders.rules.refunds import FREIGHT_LINE, Refundable, RefundRequest, plan_refund
from tenant_apps.orders.states import AfterSaleKind, AfterSaleReason

DEFAULT_RETURN_DAYS: Final = 7
MAX_RETURN_DAYS: Final = 1_095
# The merchant pays within seven days of having the goods again (网络购买商品七日无理由退货暂行办法).
REFUND_WITHIN_DAYS: Final = 7
MAX_REPLACEMENTS: Final = 50


class InvalidAfterSale(Invalid):
    """The request breaks a rule; `errors` names each field."""

    code = "invalid_after_sale"
    title = _("The after-sale breaks a rule")


class InvalidInspection(Invalid):
    """The pieces counted are not those that came back; `errors` names each line."""

    code = "invalid_inspection"
    title = _("The inspection breaks a rule")


class GoodsNotOut(Conflict):
    code = "goods_not_out"
    title = _("These pieces are not with the buyer")


@dataclass(frozen=True, slots=True)
class NewAfterSaleLine:
    """Pieces of one order line that come back, and pieces and money to refund.

    `refund_quantity` is by default that of the pieces back; without `amount` their share of the line is refunded.
    """

    line_no: int
    quantity: int = 0
    refund_quantity: int | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Replacement:
    """A quantity of one SKU that is sent in exchange."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class NewAfterSale:
    """A request. `freight` is the freight to refund; `difference` what the buyer pays on top of an exchange, or below
    zero gets back.
    """

    kind: str
    reason: str
    lines: Sequence[NewAfterSaleLine]
    note: str = ""
    late_reason: str = ""
    freight: Decimal = ZERO
    replacements: Sequence[Replacement] = ()
    difference: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class ReturnableLine:
    """Rest of a line that can be asked for: pieces with the buyer, and the money that no other request asks for."""

    line_no: int
    is_stocked: bool
    pieces_out: int
    money: Refundable


@dataclass(frozen=True, slots=True)
class PlannedAfterSale:
    """A request that keeps the rules: its lines with every default written out, and the money it asks for."""

    lines: tuple[NewAfterSaleLine, ...]
    amount: Decimal
    replacements: tuple[Replacement, ...] = ()


@dataclass(frozen=True, slots=True)
class InspectedLine:
    """Pieces of one line as they were found. `unit_cost` is for goods of which the books know no cost."""

    line_no: int
    good: int = 0
    damaged: int = 0
    lost: int = 0
    unit_cost: Decimal | None = None

    @property
    def pieces(self) -> int:
        return self.good + self.damaged + self.lost


@dataclass
class _Faults:
    found: list[FieldError] = field(default_factory=list)

    def add(self, name: str, code: str, detail: Text) -> None:
        self.found.append(FieldError(name, code, detail))


def plan_after_sale(wanted: NewAfterSale, held: Mapping[int, ReturnableLine], freight: Refundable) -> PlannedAfterSale:
    """Return the request with its defaults written out. Raises InvalidAfterSale, InvalidRefund."""
    faults = _Faults()
    if wanted.kind not in AfterSaleKind.values:
        faults.add("kind", "unknown_kind", _("There is no such kind of after-sale"))
    if wanted.reason not in AfterSaleReason.values:
        faults.add("reason", "unknown_reason", _("There is no such reason"))
    if wanted.reason == AfterSaleReason.OTHER and not wanted.note.strip():
        faults.add("note", "note_missing", _("Explain the reason"))
    is_exchange = wanted.kind == AfterSaleKind.EXCHANGE
    if is_exchange:
        _check_exchange(wanted, faults)
    else:
        _refuse_exchange(wanted, faults)
    lines = _written_out(wanted, is_exchange)
    _check_lines(wanted.kind, lines, held, faults)
    if faults.found:
        raise InvalidAfterSale(errors=faults.found)
    amount = _money_of(lines, held, freight, wanted.freight)
    if wanted.kind == AfterSaleKind.REFUND_ONLY and not _asks_for_money(lines, wanted.freight):
        raise InvalidAfterSale(_("Name what to refund"), field="lines")
    replacements = tuple(replace(one, sku=one.sku.strip().upper()) for one in wanted.replacements)
    return PlannedAfterSale(lines, amount, replacements)


def _refuse_exchange(wanted: NewAfterSale, faults: _Faults) -> None:
    if wanted.replacements:
        faults.add("replacements", "not_an_exchange", _("Goods are sent only in an exchange"))
    if wanted.difference:
        faults.add("difference", "not_an_exchange", _("Only an exchange has a difference"))


def _check_exchange(wanted: NewAfterSale, faults: _Faults) -> None:
    if wanted.difference != money.round_money(wanted.difference):
        faults.add("difference", "too_many_decimals", _("An amount has at most two decimals"))
    if wanted.freight:
        faults.add("freight", "no_refund_in_exchange", _("An exchange refunds its difference only"))
    if not 1 <= len(wanted.replacements) <= MAX_REPLACEMENTS:
        faults.add("replacements", "replacements_missing", _("Name the goods that are sent in exchange"))
    seen: set[str] = set()
    for index, one in enumerate(wanted.replacements):
        sku = one.sku.strip().upper()
        if one.quantity < 1:
            faults.add(f"replacements.{index}.quantity", "invalid_quantity", _("At least one piece"))
        if sku in seen:
            detail = _("SKU %(sku)s stands on more than one line") % {"sku": sku}
            faults.add(f"replacements.{index}.sku", "duplicate_sku", detail)
        seen.add(sku)


def _written_out(wanted: NewAfterSale, is_exchange: bool) -> tuple[NewAfterSaleLine, ...]:
    """Give each line its pieces to refund; one of money alone has none."""
    lines = []
    for one in wanted.lines:
        usual = 0 if is_exchange else one.quantity
        lines.append(one if one.refund_quantity is not None else replace(one, refund_quantity=usual))
    return tuple(lines)


def _check_lines(
    kind: str, lines: Sequence[NewAfterSaleLine], held: Mapping[int, ReturnableLine], faults: _Faults
) -> None:
    if not lines and kind != AfterSaleKind.REFUND_ONLY:
        faults.add("lines", "lines_missing", _("Name the goods that come back"))
    seen: set[int] = set()
    for index, one in enumerate(lines):
        place = f"lines.{index}"
        line = held.get(one.line_no)
        if line is None:
            faults.add(f"{place}.line_no", "unknown_line", _("The order has no such line"))
            continue
        if one.line_no in seen:
            faults.add(f"{place}.line_no", "duplicate_line", _("The line is named twice"))
        seen.add(one.line_no)
        _check_goods(kind, one, line, place, faults)
        _check_money(kind, one, line, place, faults)
    if kind != AfterSaleKind.REFUND_ONLY and lines and not any(one.quantity for one in lines) and not faults.found:
        faults.add("lines", "lines_missing", _("Name the goods that come back"))


def _check_goods(kind: str, one: NewAfterSaleLine, line: ReturnableLine, place: str, faults: _Faults) -> None:
    if one.quantity and kind == AfterSaleKind.REFUND_ONLY:
        faults.add(f"{place}.quantity", "no_goods_back", _("No goods come back with a refund only"))
    elif one.quantity and not line.is_stocked:
        faults.add(f"{place}.quantity", "not_goods", _("A service cannot come back"))
    elif not 0 <= one.quantity <= line.pieces_out:
        detail = _("Only %(left)d are with the buyer and not asked for yet") % {"left": line.pieces_out}
        faults.add(f"{place}.quantity", "exceeds_shipped", detail)
    if kind == AfterSaleKind.EXCHANGE and not one.quantity:
        faults.add(f"{place}.quantity", "nothing_named", _("At least one piece"))


def _check_money(kind: str, one: NewAfterSaleLine, line: ReturnableLine, place: str, faults: _Faults) -> None:
    pieces = one.refund_quantity or 0
    if kind == AfterSaleKind.EXCHANGE:
        if pieces or one.amount is not None:
            faults.add(f"{place}.amount", "no_refund_in_exchange", _("An exchange refunds its difference only"))
        return
    if not 0 <= pieces <= line.money.pieces_left:
        detail = _("Only %(left)d are left to refund") % {"left": line.money.pieces_left}
        faults.add(f"{place}.refund_quantity", "exceeds_ordered", detail)
    if one.amount is not None:
        is_money = one.amount == money.round_money(one.amount)
        if not is_money or not ZERO <= one.amount <= line.money.money_left:
            detail = _("At most %(left)s is left to refund") % {"left": line.money.money_left}
            faults.add(f"{place}.amount", "exceeds_paid", detail)
    elif not one.quantity and not pieces:
        faults.add(f"{place}.refund_quantity", "nothing_to_refund", _("Name a quantity or an amount"))


def _asks_for_money(lines: Sequence[NewAfterSaleLine], freight: Decimal) -> bool:
    return bool(freight) or any(one.refund_quantity or one.amount for one in lines)


def refund_requests(lines: Sequence[NewAfterSaleLine], freight: Decimal) -> list[RefundRequest]:
    """Return the refunds that the lines and the freight ask for; none where no money moves."""
    requests = [
        RefundRequest(one.line_no, one.refund_quantity or 0, one.amount)
        for one in lines
        if one.refund_quantity or one.amount
    ]
    return [*requests, RefundRequest(FREIGHT_LINE, amount=freight)] if freight else requests


def _money_of(
    lines: Sequence[NewAfterSaleLine], held: Mapping[int, ReturnableLine], freight: Refundable, asked: Decimal
) -> Decimal:
    requests = refund_requests(lines, asked)
    if not requests:
        return ZERO
    if not ZERO <= asked <= freight.money_left:
        detail = _("At most %(left)s is left to refund") % {"left": freight.money_left}
        raise InvalidAfterSale(detail, field="freight")
    return sum((one.amount for one in plan_refund([*(one.money for one in held.values()), freight], requests)), ZERO)


def ensure_inspectable(lines: Sequence[InspectedLine], uninspected: Mapping[int, int], *, takes_cost: bool) -> None:
    """Raise InvalidInspection unless each line is named once with 1 to as many pieces as are left to inspect."""
    faults = _Faults()
    if not lines:
        faults.add("lines", "lines_missing", _("Name the pieces as they were found"))
    seen: set[int] = set()
    for index, one in enumerate(lines):
        left = uninspected.get(one.line_no, 0)
        place = f"lines.{index}"
        if one.line_no not in uninspected or one.line_no in seen:
            faults.add(f"{place}.line_no", "unknown_line", _("No goods of this line come back"))
        elif min(one.good, one.damaged, one.lost) < 0 or not 1 <= one.pieces <= left:
            count = _("Between 1 and %(left)d pieces are left to inspect") % {"left": left}
            faults.add(f"{place}.good", "wrong_count", count)
        if one.unit_cost is not None and (not takes_cost or one.unit_cost < 0):
            cost = _("The books know the cost of these goods: leave this empty.")
            faults.add(f"{place}.unit_cost", "cost_known", cost)
        seen.add(one.line_no)
    if faults.found:
        raise InvalidInspection(errors=faults.found)


def last_return_day(signed_on: date, days: int) -> date:
    """Return the last day of the right of return: counted from the day after signing, to its end."""
    return signed_on + timedelta(days=days)


def refund_due_on(received_on: date) -> date:
    """Return the last day on which the merchant has to pay for goods that came back."""
    return received_on + timedelta(days=REFUND_WITHIN_DAYS)
