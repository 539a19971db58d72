"""Read minimum lots."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from tenant_apps.pricing.models import MinimumLot
from tenant_apps.pricing.rules import is_whole_lot


@dataclass(frozen=True, slots=True)
class Lot:
    """At least `minimum` pieces, and from there on in steps."""

    minimum: int
    step: int

    def allows(self, quantity: int) -> bool:
        return is_whole_lot(quantity, minimum=self.minimum, step=self.step)


def get_lots(*, level_id: int, variant_ids: Collection[int]) -> dict[int, Lot]:
    """Map variant id to the lot that binds this level, in one query: the level's own, else the one for every level."""
    rows = MinimumLot.objects.filter(Q(level_id=level_id) | Q(level_id=None), variant_id__in=set(variant_ids))
    ordered = rows.order_by(F("level_id").asc(nulls_first=True), "id")  # the level's own comes last and wins
    return {
        variant_id: Lot(minimum, step)
        for variant_id, minimum, step in ordered.values_list("variant_id", "minimum", "step")
    }


def list_lots(*, level_id: int | None = None, variant_id: int | None = None) -> QuerySet[MinimumLot]:
    rows = MinimumLot.objects.select_related("level", "variant").order_by("-id")
    if level_id:
        rows = rows.filter(level_id=level_id)
    if variant_id:
        rows = rows.filter(variant_id=variant_id)
    return rows
