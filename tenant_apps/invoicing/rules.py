"""VAT arithmetic and checks, free of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from kernel.core.money import ZERO, round_money, split

# 增值税 rates: goods, transport and books, services; the small-scale levy rate and its reduction; exports.
VAT_RATES = tuple(Decimal(rate) for rate in ("0.13", "0.09", "0.06", "0.03", "0.01", "0"))
UNIT_PRICE_STEP = Decimal("0.00000001")


@dataclass(frozen=True)
class LineAmounts:
    """One line's money: gross = net + tax exactly."""

    gross: Decimal
    net: Decimal
    tax: Decimal


def is_vat_rate(rate: Decimal) -> bool:
    return rate in VAT_RATES


def tax_within(gross: Decimal, rate: Decimal) -> Decimal:
    """Return the tax in a gross amount: gross − round(gross ÷ (1 + rate)) (增值税暂行条例实施细则 art. 14)."""
    return gross - round_money(gross / (1 + rate))


def split_tax(lines: Sequence[tuple[Decimal, Decimal]]) -> list[LineAmounts]:
    """Split `(gross, rate)` lines into net and tax.

    The tax of each rate is computed once on the sum of its lines, and spread over them by largest remainder, so that
    the lines add up to the document to the fen and no line is more than a fen off its own exact tax.
    """
    taxes = [ZERO] * len(lines)
    for rate in {rate for _gross, rate in lines}:
        positions = [position for position, line in enumerate(lines) if line[1] == rate]
        grosses = [lines[position][0] for position in positions]
        for position, tax in zip(positions, split(tax_within(sum(grosses, ZERO), rate), grosses), strict=True):
            taxes[position] = tax
    return [LineAmounts(gross, gross - tax, tax) for (gross, _rate), tax in zip(lines, taxes, strict=True)]


def billed_too_much(*, billed: Decimal, total: Decimal, refunded: Decimal) -> Decimal:
    """Return how much more an invoice bills than is left of its order's money; it asks for a red letter."""
    return max(billed - (total - refunded), ZERO)


def unit_price(*, net: Decimal, quantity: int) -> Decimal:
    """Return the net price of a unit, 8 decimals: times the quantity (≤ 10^6) it is the net within half a fen."""
    return (net / quantity).quantize(UNIT_PRICE_STEP, rounding=ROUND_HALF_UP)
