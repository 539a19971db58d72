"""What an order is made of and what it costs, without the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kernel import money
from kernel.errors import FieldError, Invalid
from kernel.money import ZERO

MAX_LINES = 200
MAX_QUANTITY = 1_000_000


class InvalidLines(Invalid):
    """At least one line breaks a rule; `errors` names each line and rule."""

    code = "invalid_lines"
    title = _("The order's lines break a rule")


class TooManyLines(Invalid):
    """The order has no line, or more than MAX_LINES."""

    code = "too_many_lines"
    title = _("An order has 1 to %(most)d lines") % {"most": MAX_LINES}


class InvalidTerms(Invalid):
    """Discount or freight do not fit the goods."""

    code = "invalid_terms"
    title = _("Discount or freight do not fit the goods")


@dataclass(frozen=True, slots=True)
class NewLine:
    """A quantity (1 to 1,000,000) of one SKU."""

    sku: str
    quantity: int


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
    """What is agreed beyond the lines. Money with two places; `external_number` is unique within its channel."""

    discount: Decimal = ZERO
    freight: Decimal = ZERO
    external_number: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """What selling needs to know of a SKU. `price` is None when the buyer's level has none."""

    variant_id: int
    name: str
    is_stocked: bool
    is_on_shelf: bool
    tax_rate: Decimal
    price: Decimal | None


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
    """The lines with SKUs as the catalogue writes them. Raises TooManyLines, InvalidLines (duplicates, quantities)."""
    if not 1 <= len(lines) <= MAX_LINES:
        raise TooManyLines(field="lines")
    normal, errors, seen = [], [], set()
    for index, line in enumerate(lines):
        sku = line.sku.strip().upper()
        if sku in seen:
            detail = _("SKU %(sku)s stands on more than one line") % {"sku": sku}
            errors.append(FieldError(f"lines.{index}.sku", "duplicate_sku", detail))
        if not 1 <= line.quantity <= MAX_QUANTITY:
            detail = _("A quantity is between 1 and %(most)d") % {"most": MAX_QUANTITY}
            errors.append(FieldError(f"lines.{index}.quantity", "invalid_quantity", detail))
        seen.add(sku)
        normal.append(NewLine(sku, line.quantity))
    if errors:
        raise InvalidLines(errors=errors)
    return normal


def price_lines(lines: Sequence[NewLine], articles: Mapping[str, Article], terms: Terms) -> list[PricedLine]:
    """Price normalised lines and split the discount over them by goods money (largest remainder).

    Raises InvalidLines (unknown_sku, off_shelf, no_price), InvalidTerms.
    """
    _refuse_unsellable(lines, articles)
    prices = [articles[line.sku].price or ZERO for line in lines]
    gross = [money.round_money(price * line.quantity) for price, line in zip(prices, lines, strict=True)]
    _refuse_terms(terms, sum(gross, ZERO))
    shares = money.split(terms.discount, gross) if terms.discount else [ZERO] * len(lines)
    return [
        PricedLine(number, line.sku, articles[line.sku], line.quantity, price, share, amount - share)
        for number, (line, price, amount, share) in enumerate(zip(lines, prices, gross, shares, strict=True), start=1)
    ]


def _refuse_unsellable(lines: Sequence[NewLine], articles: Mapping[str, Article]) -> None:
    errors = []
    for index, line in enumerate(lines):
        article = articles.get(line.sku)
        if article is None:
            code, detail = "unknown_sku", _("There is no SKU %(sku)s")
        elif not article.is_on_shelf:
            code, detail = "off_shelf", _("SKU %(sku)s is off the shelf")
        elif article.price is None:
            code, detail = "no_price", _("SKU %(sku)s has no price for this agent's level")
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
