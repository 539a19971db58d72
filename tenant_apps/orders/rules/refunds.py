"""Plan refunds."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
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


def request_everything(held: Sequence[Refundable]) -> list[RefundRequest]:
    """Return the requests for all pieces and all money that are left, freight included."""
    return [RefundRequest(one.line_no, one.pieces_left) for one in held if one.pieces_left or one.money_left]


def spread_amount(
    held: Sequence[Refundable], requests: Sequence[RefundRequest], amount: Decimal
) -> list[RefundRequest]:
    """Return the requests with `amount` spread over their lines (none: over all lines) by what is left of each.

    The freight takes part only where it is requested. Raises InvalidRefund for more than is left.
    """
    wanted = {one.line_no: one for one in requests}
    if not wanted:
        wanted = {one.line_no: RefundRequest(one.line_no) for one in held if one.line_no != FREIGHT_LINE}
    shares = {one.line_no: one.money_left for one in held if one.line_no in wanted}
    left = sum(shares.values(), ZERO)
    if not ZERO <= amount <= left or amount != money.round_money(amount):
        raise InvalidRefund(_("At most %(left)s is left to refund") % {"left": left}, field="amount")
    parts = dict(zip(shares, money.split(amount, list(shares.values())), strict=True))
    spread = [replace(one, amount=parts.get(one.line_no, ZERO)) for one in wanted.values()]
    return [one for one in spread if one.quantity or one.amount]


def request_digest(requests: Sequence[RefundRequest] | None, *, restock: bool, method: str = "") -> str:
    """Return a digest of what a refund asks for (None: everything that is left), told apart from any other request."""
    parts = ["everything"]
    if requests is not None:
        named = sorted(requests, key=lambda one: one.line_no)
        parts = [f"{one.line_no}:{one.quantity}:{'' if one.amount is None else f'{one.amount:.2f}'}" for one in named]
    parts += [f"restock={restock}", *([f"method={method}"] if method else [])]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def plan_refund(held: Sequence[Refundable], requests: Sequence[RefundRequest]) -> list[PlannedRefund]:
    """Plan a refund from the requests. Raises InvalidRefund."""
    if not requests:
        raise InvalidRefund(_("Name what to refund"), field="lines")
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
