"""Count the scanned codes of a parcel against what is left of the order."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import FieldError, Invalid


class WrongScan(Invalid):
    """`errors` names each code: `not_in_order`, `one_too_many`, or under `codes` what is `not_scanned`."""

    code = "wrong_scan"
    title = _("The parcel does not hold what was ordered")


@dataclass(frozen=True, slots=True)
class Scannable:
    """Goods of a line that are still to be shipped. `barcode` may be empty."""

    line_no: int
    sku: str
    barcode: str
    open: int

    def is_named(self, code: str) -> bool:
        return code.casefold() in {self.sku.casefold(), self.barcode.casefold()} - {""}


def count_scanned(codes: Sequence[str], held: Sequence[Scannable], *, is_partial: bool) -> dict[int, int]:
    """Map each line to its scanned pieces; a code that several lines have fills them in their order.

    Unless `is_partial`, every piece has to be there. Raises WrongScan.
    """
    scanned: Counter[int] = Counter()
    errors = []
    for index, code in enumerate(codes):
        lines = [line for line in held if line.is_named(code.strip())]
        line = next((one for one in lines if scanned[one.line_no] < one.open), None)
        if line is not None:
            scanned[line.line_no] += 1
        elif lines:
            detail = _("One too many: %(code)s") % {"code": code}
            errors.append(FieldError(f"codes.{index}", "one_too_many", detail))
        else:
            detail = _("Not in this order: %(code)s") % {"code": code}
            errors.append(FieldError(f"codes.{index}", "not_in_order", detail))
    if not is_partial:
        errors += _missing(held, scanned)
    if errors:
        raise WrongScan(errors=errors)
    return dict(scanned)


def _missing(held: Iterable[Scannable], scanned: Counter[int]) -> list[FieldError]:
    found = []
    for line in held:
        if left := line.open - scanned[line.line_no]:
            detail = _("Not scanned: %(pieces)d × %(sku)s") % {"pieces": left, "sku": line.sku}
            found.append(FieldError("codes", "not_scanned", detail))
    return found
