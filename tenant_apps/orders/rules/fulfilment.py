"""Plan shipments: pieces of a parcel, and the part of the money that is earned with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import FieldError, Invalid, Text
from kernel.core.money import ZERO, round_money


class InvalidShipment(Invalid):
    """More is to be shipped than is left, or nothing; `errors` names each line and rule."""

    code = "invalid_shipment"
    title = _("This cannot be shipped")


@dataclass(frozen=True, slots=True)
class ShipmentLine:
    """Pieces of one line that go into a parcel."""

    line_no: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Shippable:
    """Pieces of a line: ordered, shipped so far, refunded, and how many of the refunded were shipped before.

    `money` is the line's net goods money, less what was refunded.
    """

    line_no: int
    quantity: int
    shipped: int
    refunded: int
    refunded_shipped: int
    money: Decimal

    @property
    def open(self) -> int:
        """Pieces that are still to be shipped."""
        return max(self.quantity - self.shipped - (self.refunded - self.refunded_shipped), 0)

    @property
    def shipped_share(self) -> Fraction:
        """Part of the pieces kept by the buyer that was shipped."""
        kept = self.quantity - self.refunded
        return Fraction(self.shipped - self.refunded_shipped, kept) if kept > 0 else Fraction(0 if self.open else 1)


def plan_shipment(held: Sequence[Shippable], requests: Sequence[ShipmentLine] | None) -> dict[int, int]:
    """Map each line to the pieces that go into the parcel; without requests all that are left.

    Raises InvalidShipment.
    """
    if requests is None:
        return {one.line_no: one.open for one in held if one.open}
    if not requests:
        raise InvalidShipment(_("Name what to ship"), field="lines")
    by_number = {one.line_no: one for one in held}
    planned: dict[int, int] = {}
    errors: list[FieldError] = []
    for index, wanted in enumerate(requests):
        error = _wrong_request(wanted, by_number.get(wanted.line_no), planned)
        if error:
            errors.append(FieldError(f"lines.{index}.{error[0]}", error[1], error[2]))
        planned[wanted.line_no] = wanted.quantity
    if errors:
        raise InvalidShipment(errors=errors)
    return planned


def _wrong_request(
    wanted: ShipmentLine, held: Shippable | None, planned: dict[int, int]
) -> tuple[str, str, Text] | None:
    if held is None:
        return "line_no", "unknown_line", _("The order has no such line")
    if wanted.line_no in planned:
        return "line_no", "duplicate_line", _("The line is named twice")
    if not 1 <= wanted.quantity <= held.open:
        return "quantity", "exceeds_open", _("Only %(left)d are left to ship") % {"left": held.open}
    return None


def earn_part(held: Iterable[Shippable], *, kept: Decimal, earned: Decimal) -> Decimal:
    """Return the money earned with a parcel that leaves something to ship; `held` counts it as shipped.

    The goods shipped so far earn their share of `kept` (the order's money, freight included, less refunds), rounded;
    `earned` of it was earned before. So the parts add up to the whole, which the last parcel completes.
    """
    lines = list(held)
    whole = sum((one.money for one in lines), ZERO)
    if whole <= 0:
        return ZERO
    share = sum((Fraction(one.money) * one.shipped_share for one in lines), Fraction(0)) / Fraction(whole)
    due = Fraction(kept) * share
    return min(max(round_money(Decimal(due.numerator) / Decimal(due.denominator)) - earned, ZERO), kept - earned)


@dataclass(frozen=True, slots=True)
class RefundedPart:
    """Refund of one line, or of the freight: its money, and the part of it that was earned by shipping."""

    amount: Decimal
    earned_share: Fraction


def split_refund(parts: Iterable[RefundedPart], *, kept: Decimal, earned: Decimal) -> Decimal:
    """Return how much of a refund takes earned money back; the rest was still an advance.

    `kept` is the order's money before the refund, `earned` of it was earned.
    """
    refunds = list(parts)
    amount = sum((one.amount for one in refunds), ZERO)
    share = sum((Fraction(one.amount) * one.earned_share for one in refunds), Fraction(0))
    wanted = round_money(Decimal(share.numerator) / Decimal(share.denominator))
    # Neither side can give more than it holds.
    return min(max(wanted, amount - (kept - earned)), earned, amount)


def split_pieces(held: Shippable, *, pieces: int, are_back: bool) -> tuple[int, int]:
    """Return how many refunded pieces were shipped, and how many were not.

    Those that were not shipped go first, unless the goods come back (`are_back`).
    """
    shipped = held.shipped - held.refunded_shipped
    if are_back:
        sent = min(pieces, shipped)
        # Before parcels were kept, refunds did not note which pieces they took: nothing open means all was shipped.
        return (pieces, 0) if not held.open else (sent, pieces - sent)
    still_open = min(pieces, held.open)
    return pieces - still_open, still_open
