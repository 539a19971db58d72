"""Set the lots in which a level orders a variant."""

from typing import Any

from django.db import transaction

from kernel.core import audit
from tenant_apps.pricing.models import MinimumLot
from tenant_apps.pricing.services import checking


@transaction.atomic
def set_lot(*, level_id: int | None, variant_id: int, minimum: int, step: int = 1) -> MinimumLot:
    """Let a level (None: every level without a lot of its own) order at least `minimum` pieces, and from there on in
    steps. Raises InvalidPriceRule."""
    complaints = checking.Complaints()
    complaints.level(level_id)
    complaints.variant(variant_id)
    complaints.pieces(minimum, "minimum")
    complaints.pieces(step, "step")
    complaints.raise_any()
    key: dict[str, Any] = {"level_id": level_id, "variant_id": variant_id}
    row, _made = MinimumLot.objects.update_or_create(**key, defaults={"minimum": minimum, "step": step})
    audit.record(
        action="pricing.lot",
        subject=f"variant:{variant_id}",
        after={"level": level_id, "minimum": minimum, "step": step},
    )
    return row


@transaction.atomic
def remove_lot(*, lot_id: int) -> None:
    """Remove a lot. Raises PriceRuleNotFound."""
    row = MinimumLot.objects.select_for_update().filter(id=lot_id).first()
    if row is None:
        raise checking.PriceRuleNotFound
    row.delete()
    before = {"level": row.level_id, "minimum": row.minimum, "step": row.step}
    audit.record(action="pricing.lot_removed", subject=f"variant:{row.variant_id}", before=before)
