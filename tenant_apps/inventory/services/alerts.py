"""Alerts of stock below its threshold: one until it has recovered."""

from datetime import datetime

from django.db import transaction

from kernel.events import due, outbox
from tenant_apps.inventory.events import StockLow
from tenant_apps.inventory.models import Stock
from tenant_apps.inventory.selectors.stock import StockNotFound
from tenant_apps.inventory.services.booking import LOW_STOCK_WORK, InvalidQuantity


@transaction.atomic
def set_low_stock_threshold(*, stock_id: int, threshold: int) -> None:
    """Alert when fewer than `threshold` pieces (≥ 0; 0 turns the alert off) are available. Raises StockNotFound."""
    if threshold < 0:
        raise InvalidQuantity(field="low_stock_threshold")
    if not Stock.objects.filter(pk=stock_id).update(low_stock_threshold=threshold):
        raise StockNotFound
    due.note(LOW_STOCK_WORK)


@transaction.atomic
def watch_stock(*, now: datetime) -> int:
    """Note which rows became low or recovered, and publish those that became low; return how many of these."""
    low = [row for row in Stock.objects.mark_low(now) if row.since is not None]
    for row in low:
        outbox.publish(
            StockLow(row.stock_id, row.variant_id, row.warehouse_id, row.available, row.threshold, row.since or now)
        )
    return len(low)
