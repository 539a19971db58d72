"""Boxes and pieces: a SKU may have a number of pieces that one box holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import FieldError, Invalid

MAX_PIECES = 1_000_000


class InvalidBoxes(Invalid):
    """Boxes of a line cannot be counted in pieces; `errors` names each line."""

    code = "invalid_boxes"
    title = _("The boxes cannot be counted")


@dataclass(frozen=True, slots=True)
class Packed:
    """Boxes and single pieces as entered (both may be negative for a correction); None where left out."""

    boxes: int | None
    pieces: int | None


def count_pieces(
    packed: Sequence[Packed], sizes: Sequence[int | None], *, name: str = "quantity", path: str = "lines.{index}."
) -> list[int]:
    """Return the pieces of each line, whose SKU has boxes of `sizes` pieces; `name` is the field of single pieces.

    Raises InvalidBoxes for a line with boxes of a SKU that has none, with neither boxes nor pieces, or with too many.
    """
    errors: list[FieldError] = []
    counted = []
    for index, (one, size) in enumerate(zip(packed, sizes, strict=True)):
        place = path.format(index=index)
        pieces = (one.boxes or 0) * (size or 0) + (one.pieces or 0)
        if one.boxes is None and one.pieces is None:
            errors.append(FieldError(f"{place}{name}", "quantity_missing", _("Enter boxes, pieces or both")))
        elif one.boxes is not None and size is None:
            detail = _("This SKU has no pieces per box: enter pieces, or set it on the SKU")
            errors.append(FieldError(f"{place}boxes", "no_box_size", detail))
        elif abs(pieces) > MAX_PIECES:
            errors.append(FieldError(f"{place}boxes", "too_many", _("At most 1,000,000 pieces")))
        counted.append(pieces)
    if errors:
        raise InvalidBoxes(errors=errors)
    return counted


def sizes_of(variant_ids: Sequence[int], known: Mapping[int, int]) -> list[int | None]:
    """Return the pieces per box of each variant, in their order."""
    return [known.get(one) for one in variant_ids]
