"""Read how many pieces a box of a SKU holds, and count what was entered in boxes."""

from collections.abc import Sequence

from tenant_apps.catalog.selectors.products import get_box_sizes, get_variant_by_code
from tenant_apps.inventory.rules.boxes import Packed, count_pieces, sizes_of


def get_pieces(*, variant_ids: Sequence[int], packed: Sequence[Packed], name: str = "quantity") -> list[int]:
    """Return the pieces of lines entered in boxes and pieces, in their order.

    `name` is the field of single pieces. Raises InvalidBoxes with an error `lines.N.boxes` or `lines.N.<name>`.
    """
    known = get_box_sizes(variant_ids=set(variant_ids)) if any(one.boxes is not None for one in packed) else {}
    return count_pieces(packed, sizes_of(variant_ids, known), name=name)


def get_pieces_of_code(*, code: str, packed: Packed, name: str) -> int:
    """Return the pieces of one SKU or barcode entered in boxes and pieces; an unknown code has no boxes.

    Raises InvalidBoxes.
    """
    variant = get_variant_by_code(code=code) if packed.boxes is not None else None
    return count_pieces([packed], [variant.box_size if variant else None], name=name, path="")[0]
