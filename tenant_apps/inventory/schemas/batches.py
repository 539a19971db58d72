"""API schemas of batches."""

from datetime import date
from typing import Annotated

from ninja import Schema
from pydantic import Field

from kernel.http.schemas import DayIn, PageFilters, Strict
from tenant_apps.inventory.models import Batch
from tenant_apps.inventory.schemas.stock import SkuIn


class StockBatchFilters(PageFilters):
    """Filters of the list of batches; `expires_by` keeps those on hand that expire until that day."""

    sku: SkuIn | None = None
    expires_by: DayIn | None = None


class StockBatchOut(Schema):
    """Goods of one SKU made together; the batch without a code holds pieces whose batch nobody knows."""

    id: int
    variant_id: int
    sku: str
    code: str
    produced_on: date | None
    expires_on: date | None
    on_hand: int


class BatchDeliveryOut(Schema):
    """Pieces of the batch that a document, such as `order:42`, took, and those that came back."""

    document: str
    shipped: int
    returned: int


class BatchDeliveriesOut(Schema):
    """Everything the batch left by, the latest first."""

    items: list[BatchDeliveryOut]


class SkuSettingOut(Schema):
    """Setting of how stock of a SKU is kept; `warn_days` before its expiry a batch is listed as near it.

    `oversell` (none, backorder or presale) tells on which terms it is sold beyond stock, promised by `promised_on`;
    `waiting` pieces were sold so and have not come, `oversell_limit` (null: any number) at the most.
    """

    variant_id: int
    keeps_batches: bool
    warn_days: int
    oversell: str
    promised_on: date | None
    oversell_limit: int | None
    waiting: int


class SkuSettingPatch(Strict):
    """Fields to change; those left out stay."""

    keeps_batches: bool = False
    warn_days: Annotated[int, Field(strict=True, ge=0, le=3_650)] = 90


def batch_row(batch: Batch, pieces: int) -> dict[str, object]:
    """Render the batch as `StockBatchOut`; its variant must be loaded."""
    names = ("variant_id", "code", "produced_on", "expires_on")
    row = {name: getattr(batch, name) for name in names}
    return {"id": batch.pk, **row, "sku": batch.variant.sku, "on_hand": pieces}
