"""Change how stock of a SKU is kept."""

from datetime import datetime
from typing import TypedDict

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, Invalid
from tenant_apps.inventory.models import BatchStock, SkuSetting, Stock, Warehouse
from tenant_apps.inventory.selectors.batches import get_setting
from tenant_apps.inventory.services.batches import book_batches
from tenant_apps.inventory.states import MovementKind

MAX_WARN_DAYS = 3_650


class BatchesInUse(Conflict):
    code = "batches_in_use"
    title = _("There is stock in batches: these goods keep them until it is gone")


class InvalidSetting(Invalid):
    code = "invalid_setting"
    title = _("The setting is not valid")


class SettingChanges(TypedDict, total=False):
    """Fields to change; those left out stay."""

    keeps_batches: bool
    warn_days: int


@transaction.atomic
def change_setting(*, variant_id: int, changes: SettingChanges, now: datetime) -> SkuSetting:
    """Change a SKU's setting. Goods on hand when batches begin are in the batch that nobody knows.

    Raises BatchesInUse, InvalidSetting, VariantNotFound.
    """
    setting = get_setting(variant_id=variant_id)
    before = _facts(setting)
    if not 0 <= changes.get("warn_days", 0) <= MAX_WARN_DAYS:
        raise InvalidSetting(_("The warning comes 0 to 3650 days before expiry"), field="warn_days")
    # All rows of the SKU's stock are locked: whoever moves goods meanwhile sees the setting as it was or as it will be.
    rows = Stock.objects.lock_pairs([variant_id], list(Warehouse.objects.values_list("id", flat=True)))
    for name, value in changes.items():
        setattr(setting, name, value)
    held = BatchStock.objects.filter(batch__variant_id=variant_id, on_hand__gt=0)
    if before["keeps_batches"] and not setting.keeps_batches and held.exists():
        raise BatchesInUse(field="keeps_batches")
    # Only what was asked for: others sell ahead meanwhile, and count in the same row what waits.
    setting.save(update_fields=list(changes) if setting.pk else None)
    if setting.keeps_batches and not before["keeps_batches"]:
        present = [(row.on_hand, row) for row in rows.values() if row.on_hand]
        book_batches(f"batches:{variant_id}", MovementKind.OPENING, present, now)
    after = _facts(setting)
    if after != before:
        audit.record(action="inventory.change_setting", subject=f"variant:{variant_id}", before=before, after=after)
    return setting


def _facts(setting: SkuSetting) -> dict[str, object]:
    return {"keeps_batches": setting.keeps_batches, "warn_days": setting.warn_days}
