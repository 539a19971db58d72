"""Events that inventory publishes to the apps above."""

from dataclasses import dataclass
from datetime import datetime

from kernel.events.outbox import event


@event("inventory.stock_low")
@dataclass(frozen=True, slots=True)
class StockLow:
    """Fewer pieces are available than the threshold asks for; published once until the stock has recovered."""

    stock_id: int
    variant_id: int
    warehouse_id: int
    available: int
    threshold: int
    since: datetime
