"""Plan refunds."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kernel.core import money
from kernel.core.errors import FieldError, Invalid, Text
from kernel.core.money import ZERO


class InvalidRefund(Invalid):
    """The refund asks for more than is left, or for nothing; `errors` names each line and rule."""

    code = "invalid_refund"
    title = _("This cannot be refunded")


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Refund requested on one line: pieces, money, or both. Line 0 is the freight.

    Pieces without an `amount` refund their share of the line's money, the last ones all that is left of it.
    """

    line_no: int
    quantity: int = 0
    amount: Decimal | None = None


FREIGHT_LINE = 0


@dataclass(frozen=True, slots=True)
class Refundable:
    """Amount and pieces still refundable on a line (or on the freight, as line 0 without pieces)."""

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
        """Return the money of the next `pieces`: the cumulative share, less what was refunded before."""
        if pieces >= self.pieces_left:
            return self.money_left
        due = money.round_money(self.goods_amount * (self.refunded_quantity + pieces) / self.quantity)
        return min(max(due - self.refunded_amount, ZERO), self.money_left)


@dataclass(frozen=True, slots=True)
class PlannedRefund:
    """Refund of one line."""

    line_no: int
    quantity: int
    amount: Decimal


def plan_refund(held: Sequence[Refundable], requests: Sequence[RefundRequest] | None) -> list[PlannedRefund]:
    """Plan a refund from the requests (None: everything that is left). Raises InvalidRefund."""
    if requests is None:
        requests = [RefundRequest(one.line_no, one.pieces_left) for one in held if one.pieces_left or one.money_left]
    by_number = {one.line_no: one for one in held}
    errors: list[FieldError] = []
    planned: list[PlannedRefund] = []
    seen: set[int] = set()
    for index, wanted in enumerate(requests):
        error = _wrong_request(wanted, by_number.get(wanted.line_no), seen)
        seen.add(wanted.line_no)
        if error:
            errors.append(FieldError(f"lines.{index}.{error[0]}", error[1], error[2]))
            continue
        amount = by_number[wanted.line_no].share_of(wanted.quantity) if wanted.amount is None else wanted.amount
        planned.append(PlannedRefund(wanted.line_no, wanted.quantity, amount))
    if errors:
        raise InvalidRefund(errors=errors)
    if not planned:
        raise InvalidRefund(_("Nothing is left to refund"), field="lines")
    return planned


def _wrong_request(wanted: RefundRequest, held: Refundable | None, seen: set[int]) -> tuple[str, str, Text] | None:
    if held is None:
        return "line_no", "unknown_line", _("The order has no such line")
    if wanted.line_no in seen:
        return "line_no", "duplicate_line", _("The line is named twice")
    if not 0 <= wanted.quantity <= held.pieces_left:
        return "quantity", "exceeds_ordered", _("Only %(left)d are left to refund") % {"left": held.pieces_left}
    return _wrong_amount(wanted, held)


def _wrong_amount(wanted: RefundRequest, held: Refundable) -> tuple[str, str, Text] | None:
    if wanted.amount is None:
        nothing = not wanted.quantity and (held.quantity or not held.money_left)
        return ("quantity", "nothing_to_refund", _("Name a quantity or an amount")) if nothing else None
    if not ZERO <= wanted.amount <= held.money_left or wanted.amount != money.round_money(wanted.amount):
        return "amount", "exceeds_paid", _("At most %(left)s is left to refund") % {"left": held.money_left}
    if not wanted.quantity and not wanted.amount:
        return "amount", "nothing_to_refund", _("Name a quantity or an amount")
    return None


def cost_of_return(*, cost: Decimal, shipped: int, returned: int, returned_cost: Decimal, pieces: int) -> Decimal:
    """Return the cost at which the next `pieces` of a shipped line come back; the last ones take the remainder."""
    if returned + pieces >= shipped:
        return cost - returned_cost
    return max(money.round_money(cost * (returned + pieces) / shipped) - returned_cost, ZERO)
