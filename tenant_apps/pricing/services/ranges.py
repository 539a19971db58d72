"""Set suggested retail prices (建议零售价): watched and never enforced (反垄断法 art. 18)."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from tenant_apps.pricing.models import SuggestedRetailRange
from tenant_apps.pricing.services import checking


@transaction.atomic
def set_range(
    *,
    level_id: int | None,
    variant_id: int,
    lowest: Decimal,
    highest: Decimal,
    now: datetime,
    valid_from: datetime | None = None,
) -> SuggestedRetailRange:
    """Suggest a retail price, from and to, for a level (None: for every level without one of its own).

    Nothing is ever refused by it. Without `valid_from` the first one holds from the beginning, a later one from `now`
    on. Raises InvalidPriceRule.
    """
    complaints = checking.Complaints()
    complaints.level(level_id)
    complaints.variant(variant_id)
    complaints.price(lowest, "lowest")
    complaints.price(highest, "highest")
    complaints.unless(lowest <= highest, "highest", "below_lowest", _("The range runs from low to high."))
    complaints.period(valid_from=valid_from, valid_until=None, now=now)
    complaints.raise_any()
    key: dict[str, Any] = {"level_id": level_id, "variant_id": variant_id}
    rows = SuggestedRetailRange.objects.filter(**key)
    row, _made = SuggestedRetailRange.objects.update_or_create(
        **key,
        valid_from=checking.beginning(rows, valid_from=valid_from, now=now),
        defaults={"lowest": lowest, "highest": highest},
    )
    audit.record(
        action="pricing.suggested_range",
        subject=f"variant:{variant_id}",
        after={"level": level_id, "lowest": lowest, "highest": highest, "valid_from": row.valid_from},
    )
    return row


@transaction.atomic
def remove_range(*, range_id: int) -> None:
    """Remove a suggestion. Raises PriceRuleNotFound."""
    row = SuggestedRetailRange.objects.select_for_update().filter(id=range_id).first()
    if row is None:
        raise checking.PriceRuleNotFound
    key: dict[str, Any] = {"level_id": row.level_id, "variant_id": row.variant_id}
    SuggestedRetailRange.objects.filter(**key).delete()
    before = {"level": row.level_id, "lowest": row.lowest, "highest": row.highest}
    audit.record(action="pricing.suggested_range_removed", subject=f"variant:{row.variant_id}", before=before)
