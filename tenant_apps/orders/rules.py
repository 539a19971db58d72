"""What an order is made of and what it costs, without the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kernel import money
from kernel.errors import FieldError, Invalid, Text
from kernel.money import ZERO

MAX_LINES = 200
MAX_QUANTITY = 1_000_000
UNIT_PRICE_STEP = Decimal("0.0001")


class InvalidLines(Invalid):
    """At least one line breaks a rule; `errors` names each line and rule."""

    code = "invalid_lines"
    title = _("The order's lines break a rule")


class TooManyLines(Invalid):
    """The order has no line, or more than MAX_LINES."""

    code = "too_many_lines"
    title = _("An order has 1 to 200 lines")


class InvalidRefund(Invalid):
    """The refund asks for more than is left, or for nothing; `errors` names each line and rule."""

    code = "invalid_refund"
    title = _("This cannot be refunded")


class InvalidTerms(Invalid):
    """Discount or freight do not fit the goods."""

    code = "invalid_terms"
    title = _("Discount or freight do not fit the goods")


@dataclass(frozen=True, slots=True)
class NewLine:
    """A quantity (1 to 1,000,000) of one SKU.

    `unit_price` (four places) is for orders whose price was agreed elsewhere, in the channel that took them; without
    one the catalogue or the agent's level decides.
    """

    sku: str
    quantity: int
    unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where the goods go, copied onto the order."""

    name: str = ""
    phone: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys: a known customer by id, or anybody by phone; neither for a sale to an unknown passer-by."""

    phone: str = ""
    name: str = ""
    customer_id: int | None = None
    receiver: Receiver = field(default_factory=Receiver)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed beyond the lines. Money with two places; `external_number` is unique within its channel.

    `received_at` is when the order came in, where that is not when it was placed.
    """

    discount: Decimal = ZERO
    freight: Decimal = ZERO
    external_number: str = ""
    note: str = ""
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """What selling needs to know of a SKU; `price` is what the buyer pays a piece."""

    variant_id: int
    name: str
    is_stocked: bool
    is_on_shelf: bool
    tax_rate: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with its money: `goods_amount` is net of the line's share of the discount."""

    line_no: int
    sku: str
    article: Article
    quantity: int
    unit_price: Decimal
    discount: Decimal
    goods_amount: Decimal


@dataclass(frozen=True, slots=True)
class RefundWish:
    """What to give back on one line: pieces, money, or both. Line 0 is the freight.

    Without an `amount` pieces bring their share of the line's money, the last ones all that is left of it.
    """

    line_no: int
    quantity: int = 0
    amount: Decimal | None = None


FREIGHT_LINE = 0


@dataclass(frozen=True, slots=True)
class Refundable:
    """What a line (or the freight, as line 0 without pieces) still holds."""

    line_no: int
    quantity: int
    goods_amount: Decimal
    refunded_quantity: int
    refunded_amount: Decimal

    @property
    def pieces_left(self) -> int:
        return self.quantity - self.refunded_quantity

    @property
    def money_left(self) -> Decimal:
        return self.goods_amount - self.refunded_amount

    def share_of(self, pieces: int) -> Decimal:
        """The money of the next `pieces`: what is due for all so far, less what went back already."""
        if pieces >= self.pieces_left:
            return self.money_left
        due = money.round_money(self.goods_amount * (self.refunded_quantity + pieces) / self.quantity)
        return min(max(due - self.refunded_amount, ZERO), self.money_left)


@dataclass(frozen=True, slots=True)
class PlannedRefund:
    """What goes back on one line."""

    line_no: int
    quantity: int
    amount: Decimal


def plan_refund(held: Sequence[Refundable], wishes: Sequence[RefundWish] | None) -> list[PlannedRefund]:
    """What the wishes (None: everything that is left) come to. Raises InvalidRefund."""
    if wishes is None:
        wishes = [RefundWish(one.line_no, one.pieces_left) for one in held if one.pieces_left or one.money_left]
    by_number = {one.line_no: one for one in held}
    errors: list[FieldError] = []
    planned: list[PlannedRefund] = []
    seen: set[int] = set()
    for index, wish in enumerate(wishes):
        error = _wrong_wish(wish, by_number.get(wish.line_no), seen)
        seen.add(wish.line_no)
        if error:
            errors.append(FieldError(f"lines.{index}.{error[0]}", error[1], error[2]))
            continue
        amount = by_number[wish.line_no].share_of(wish.quantity) if wish.amount is None else wish.amount
        planned.append(PlannedRefund(wish.line_no, wish.quantity, amount))
    if errors:
        raise InvalidRefund(errors=errors)
    if not planned:
        raise InvalidRefund(_("Nothing is left to refund"), field="lines")
    return planned


def _wrong_wish(wish: RefundWish, held: Refundable | None, seen: set[int]) -> tuple[str, str, Text] | None:
    if held is None:
        return "line_no", "unknown_line", _("The order has no such line")
    if wish.line_no in seen:
        return "line_no", "duplicate_line", _("The line is named twice")
    if not 0 <= wish.quantity <= held.pieces_left:
        return "quantity", "exceeds_ordered", _("Only %(left)d are left to refund") % {"left": held.pieces_left}
    return _wrong_amount(wish, held)


def _wrong_amount(wish: RefundWish, held: Refundable) -> tuple[str, str, Text] | None:
    if wish.amount is None:
        nothing = not wish.quantity and (held.quantity or not held.money_left)
        return ("quantity", "nothing_to_refund", _("Name a quantity or an amount")) if nothing else None
    if not ZERO <= wish.amount <= held.money_left or wish.amount != money.round_money(wish.amount):
        return "amount", "exceeds_paid", _("At most %(left)s is left to refund") % {"left": held.money_left}
    if not wish.quantity and not wish.amount:
        return "amount", "nothing_to_refund", _("Name a quantity or an amount")
    return None


def cost_of_return(*, cost: Decimal, shipped: int, returned: int, returned_cost: Decimal, pieces: int) -> Decimal:
    """What the next `pieces` of a shipped line's cost come back with; the last pieces take the remainder."""
    if returned + pieces >= shipped:
        return cost - returned_cost
    return max(money.round_money(cost * (returned + pieces) / shipped) - returned_cost, ZERO)


def normalise_lines(lines: Sequence[NewLine]) -> list[NewLine]:
    """The lines with SKUs as the catalogue writes them.

    Raises TooManyLines, InvalidLines (duplicate_sku, invalid_quantity, invalid_price).
    """
    if not 1 <= len(lines) <= MAX_LINES:
        raise TooManyLines(field="lines")
    normal: list[NewLine] = []
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, line in enumerate(lines):
        sku = line.sku.strip().upper()
        if sku in seen:
            detail = _("SKU %(sku)s stands on more than one line") % {"sku": sku}
            errors.append(FieldError(f"lines.{index}.sku", "duplicate_sku", detail))
        if not 1 <= line.quantity <= MAX_QUANTITY:
            detail = _("A quantity is between 1 and %(most)d") % {"most": MAX_QUANTITY}
            errors.append(FieldError(f"lines.{index}.quantity", "invalid_quantity", detail))
        if line.unit_price is not None and (line.unit_price < 0 or line.unit_price != _unit_price(line.unit_price)):
            rule = _("A unit price has at most four decimals and is not negative")
            errors.append(FieldError(f"lines.{index}.unit_price", "invalid_price", rule))
        seen.add(sku)
        normal.append(replace(line, sku=sku))
    if errors:
        raise InvalidLines(errors=errors)
    return normal


def price_lines(lines: Sequence[NewLine], articles: Mapping[str, Article], terms: Terms) -> list[PricedLine]:
    """Price normalised lines and split the discount over them by goods money (largest remainder).

    Raises InvalidLines (unknown_sku, off_shelf), InvalidTerms.
    """
    _refuse_unsellable(lines, articles)
    prices = [_price_of(line, articles[line.sku]) for line in lines]
    gross = [money.round_money(price * line.quantity) for price, line in zip(prices, lines, strict=True)]
    _refuse_terms(terms, sum(gross, ZERO))
    shares = money.split(terms.discount, gross) if terms.discount else [ZERO] * len(lines)
    return [
        PricedLine(number, line.sku, articles[line.sku], line.quantity, price, share, amount - share)
        for number, (line, price, amount, share) in enumerate(zip(lines, prices, gross, shares, strict=True), start=1)
    ]


def _price_of(line: NewLine, article: Article) -> Decimal:
    return _unit_price(article.price if line.unit_price is None else line.unit_price)


def _unit_price(value: Decimal) -> Decimal:
    """The value as the column holds it: four places."""
    return value.quantize(UNIT_PRICE_STEP)


def _refuse_unsellable(lines: Sequence[NewLine], articles: Mapping[str, Article]) -> None:
    errors = []
    for index, line in enumerate(lines):
        article = articles.get(line.sku)
        if article is None:
            code, detail = "unknown_sku", _("There is no SKU %(sku)s")
        elif not article.is_on_shelf:
            code, detail = "off_shelf", _("SKU %(sku)s is off the shelf")
        else:
            continue
        errors.append(FieldError(f"lines.{index}.sku", code, detail % {"sku": line.sku}))
    if errors:
        raise InvalidLines(errors=errors)


def _refuse_terms(terms: Terms, gross: Decimal) -> None:
    for name, amount in (("discount", terms.discount), ("freight", terms.freight)):
        if amount < 0 or amount != money.round_money(amount):
            raise InvalidTerms(_("An amount has at most two decimals and is not negative"), field=name)
    if terms.discount > gross:
        raise InvalidTerms(_("The discount is higher than the goods"), field="discount")
    if gross + terms.freight > money.LARGEST_MONEY:
        raise InvalidTerms(_("The order is too large"), field="lines")
