"""Normalise and price the lines of an order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kernel.core import money
from kernel.core.errors import FieldError, Invalid
from kernel.core.money import ZERO

MAX_LINES = 200
MAX_QUANTITY = 1_000_000
UNIT_PRICE_STEP = Decimal("0.0001")


class InvalidLines(Invalid):
    """At least one line breaks a rule; `errors` names each line and rule."""

    code = "invalid_lines"
    title = _("The order's lines break a rule")


class TooManyLines(Invalid):
    code = "too_many_lines"
    title = _("An order has 1 to 200 lines")


class InvalidAdjustments(Invalid):
    code = "invalid_terms"
    title = _("Discount or freight do not fit the goods")


@dataclass(frozen=True, slots=True)
class NewLine:
    """A quantity (1 to 1,000,000) of one SKU.

    `unit_price` (four places) is for orders whose price was agreed in the channel; without it the catalogue or the
    agent's level sets the price.
    """

    sku: str
    quantity: int
    unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Receiver:
    """Delivery address, copied onto the order."""

    name: str = ""
    phone: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Buyer:
    """A known customer by id, or anybody by phone; neither for an anonymous sale.

    `referral` is the parameter `a` of an agent's link, or its copy in the cookie.
    """

    phone: str = ""
    name: str = ""
    customer_id: int | None = None
    receiver: Receiver = field(default_factory=Receiver)
    referral: str = ""


@dataclass(frozen=True, slots=True)
class OrderAdjustments:
    """Discount, freight and references of an order. Money with two places; `external_number` is unique in its channel.

    `freight` None is computed by the brand's freight templates; 0.00 is free.
    `received_at` is when the order came in, if that differs from when it was placed. With `is_pickup` the receiver
    collects the goods and is given a code for it; with `into_cloud` the brand keeps them for the agent.
    `placed_by` is the import it came by.
    """

    discount: Decimal = ZERO
    freight: Decimal | None = None
    external_number: str = ""
    note: str = ""
    received_at: datetime | None = None
    is_pickup: bool = False
    into_cloud: bool = False
    placed_by: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """A SKU's facts for selling; `price` is what the buyer pays per piece.

    `parts` is what a bundle takes out of stock instead: (variant id, pieces in one bundle).
    """

    variant_id: int
    name: str
    is_stocked: bool
    is_on_shelf: bool
    tax_rate: Decimal
    price: Decimal
    is_to_come: bool = False
    parts: tuple[tuple[int, int], ...] = ()
    weight_grams: int | None = None
    freight_template_id: int | None = None


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


def normalise_lines(lines: Sequence[NewLine]) -> list[NewLine]:
    """Normalise the lines' SKUs.

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


def price_lines(
    lines: Sequence[NewLine], articles: Mapping[str, Article], adjustments: OrderAdjustments
) -> list[PricedLine]:
    """Price normalised lines and split the discount over them by goods money (largest remainder).

    Raises InvalidLines (unknown_sku, off_shelf), InvalidAdjustments.
    """
    _refuse_unsellable(lines, articles)
    prices = [_price_of(line, articles[line.sku]) for line in lines]
    gross = [money.round_money(price * line.quantity) for price, line in zip(prices, lines, strict=True)]
    _ensure_fitting(adjustments, sum(gross, ZERO))
    shares = money.split(adjustments.discount, gross) if adjustments.discount else [ZERO] * len(lines)
    return [
        PricedLine(number, line.sku, articles[line.sku], line.quantity, price, share, amount - share)
        for number, (line, price, amount, share) in enumerate(zip(lines, prices, gross, shares, strict=True), start=1)
    ]


def _price_of(line: NewLine, article: Article) -> Decimal:
    return _unit_price(article.price if line.unit_price is None else line.unit_price)


def _unit_price(value: Decimal) -> Decimal:
    return value.quantize(UNIT_PRICE_STEP)


def _refuse_unsellable(lines: Sequence[NewLine], articles: Mapping[str, Article]) -> None:
    errors = []
    for index, line in enumerate(lines):
        article = articles.get(line.sku)
        if article is None:
            code = "unknown_sku"
            detail = _("There is no SKU %(sku)s")
        elif article.is_on_shelf:
            continue
        elif article.is_to_come:
            code = "not_on_shelf"
            detail = _("SKU %(sku)s is not on the shelf yet")
        else:
            code = "off_shelf"
            detail = _("SKU %(sku)s is off the shelf")
        errors.append(FieldError(f"lines.{index}.sku", code, detail % {"sku": line.sku}))
    if errors:
        raise InvalidLines(errors=errors)


def _ensure_fitting(adjustments: OrderAdjustments, gross: Decimal) -> None:
    freight = adjustments.freight or ZERO
    for name, amount in (("discount", adjustments.discount), ("freight", freight)):
        if amount < 0 or amount != money.round_money(amount):
            raise InvalidAdjustments(_("An amount has at most two decimals and is not negative"), field=name)
    if adjustments.discount > gross:
        raise InvalidAdjustments(_("The discount is higher than the goods"), field="discount")
    if gross + freight > money.MAX_MONEY:
        raise InvalidAdjustments(_("The order is too large"), field="lines")
