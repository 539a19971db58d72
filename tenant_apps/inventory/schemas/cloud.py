"""API schemas of cloud stock."""

from datetime import datetime

from ninja import Schema

from kernel.http.schemas import PageFilters
from tenant_apps.inventory.models import CloudMovement, CloudStock
from tenant_apps.inventory.schemas.stock import QueryId, SkuIn
from tenant_apps.inventory.states import CloudKind


class CloudStockFilters(PageFilters):
    """Filters of the list of cloud stock."""

    agent_id: QueryId | None = None
    sku: SkuIn | None = None


class CloudMovementFilters(PageFilters):
    """Filters of the movements of cloud stock."""

    agent_id: QueryId | None = None
    sku: SkuIn | None = None
    kind: CloudKind | None = None


class CloudStockOut(Schema):
    """Pieces of one SKU that the brand keeps for one agent."""

    id: int
    agent_id: int
    agent_code: str
    variant_id: int
    sku: str
    balance: int


class CloudMovementOut(Schema):
    """Pieces into (positive) or out of an agent's cloud stock; `source` is the document, such as `order:42`."""

    id: int
    agent_id: int
    agent_code: str
    variant_id: int
    sku: str
    kind: str
    source: str
    quantity: int
    balance_after: int
    occurred_at: datetime


def _owner(row: CloudStock | CloudMovement) -> dict[str, object]:
    owner = {"id": row.pk, "agent_id": row.agent_id, "agent_code": row.agent.code}
    return {**owner, "variant_id": row.variant_id, "sku": row.variant.sku}


def cloud_row(row: CloudStock) -> dict[str, object]:
    """Render as `CloudStockOut`; agent and variant must be loaded."""
    return {**_owner(row), "balance": row.balance}


def cloud_movement_row(row: CloudMovement) -> dict[str, object]:
    """Render as `CloudMovementOut`; agent and variant must be loaded."""
    names = ("kind", "source", "quantity", "balance_after", "occurred_at")
    return {**_owner(row), **{name: getattr(row, name) for name in names}}
