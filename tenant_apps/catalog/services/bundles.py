"""Set the parts of bundles.

A part need not be on the shelf by itself, since some goods are sold in sets only. Its stock limits the bundle's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, FieldError, Invalid
from tenant_apps.catalog.models import BundlePart, Product, Variant
from tenant_apps.catalog.selectors.products import get_variant
from tenant_apps.catalog.states import ProductKind

MAX_PARTS = 20
MAX_PIECES = 1_000


class NotABundle(Conflict):
    code = "not_a_bundle"
    title = _("Only a product of the kind “bundle” has parts")


class InvalidParts(Invalid):
    code = "invalid_parts"
    title = _("The parts break a rule")


@dataclass(frozen=True, slots=True)
class NewPart:
    """Quantity (1 to 1,000) of a variant in one bundle."""

    variant_id: int
    quantity: int


@transaction.atomic
def set_parts(*, variant_id: int, parts: Sequence[NewPart]) -> list[BundlePart]:
    """Replace the parts of a bundle; orders already placed keep theirs.

    Raises VariantNotFound, NotABundle, InvalidParts.
    """
    bundle = get_variant(variant_id=variant_id)
    found = dict(
        Variant.objects.filter(id__in={one.variant_id for one in parts}).order_by("id").values_list("id", "product_id")
    )
    kinds = _lock_kinds({bundle.product_id, *found.values()})
    if kinds.get(bundle.product_id) != ProductKind.BUNDLE:
        raise NotABundle
    if faults := _faults(parts, {variant: kinds.get(product, "") for variant, product in found.items()}):
        raise InvalidParts(faults[0].detail, errors=faults)
    before = {row.part_id: row.quantity for row in BundlePart.objects.filter(bundle=bundle).order_by("id")}
    BundlePart.objects.filter(bundle=bundle).delete()
    rows = BundlePart.objects.bulk_create(
        BundlePart(bundle=bundle, part_id=one.variant_id, quantity=one.quantity) for one in parts
    )
    audit.record(
        action="catalog.bundle",
        subject=f"variant:{variant_id}",
        before={"parts": before},
        after={"parts": {one.variant_id: one.quantity for one in parts}},
    )
    return rows


def _lock_kinds(product_ids: set[int]) -> dict[int, str]:
    """Lock the products in id order, which prevents deadlocks."""
    rows = Product.objects.select_for_update(no_key=True).filter(id__in=product_ids).order_by("id")
    return dict(rows.values_list("id", "kind"))


def _faults(parts: Sequence[NewPart], kinds: dict[int, str]) -> list[FieldError]:
    found = []
    if not 1 <= len(parts) <= MAX_PARTS:
        found.append(FieldError("parts", "invalid_number_of_parts", _("A bundle has 1 to 20 parts.")))
    seen: set[int] = set()
    for place, one in enumerate(parts):
        if one.variant_id in seen:
            detail = _("The part stands there twice.")
            found.append(FieldError(f"parts.{place}.variant_id", "repeated_part", detail))
        if one.variant_id not in kinds:
            detail = _("There is no such variant.")
            found.append(FieldError(f"parts.{place}.variant_id", "unknown_variant", detail))
        elif kinds[one.variant_id] != ProductKind.GOODS:
            detail = _("A part is goods: no service, and no bundle.")
            found.append(FieldError(f"parts.{place}.variant_id", "part_not_goods", detail))
        if not 1 <= one.quantity <= MAX_PIECES:
            most = _("A quantity is between 1 and %(most)d") % {"most": MAX_PIECES}
            found.append(FieldError(f"parts.{place}.quantity", "invalid_quantity", most))
        seen.add(one.variant_id)
    return found
