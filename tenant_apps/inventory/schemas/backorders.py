"""API schemas of goods sold beyond stock."""

from datetime import date
from typing import Annotated

from ninja import Schema
from pydantic import Field

from kernel.http.schemas import DayIn, PageFilters, Strict
from tenant_apps.inventory.models import Backorder
from tenant_apps.inventory.schemas.stock import SkuIn
from tenant_apps.inventory.states import OversellPolicy


class BackorderFilters(PageFilters):
    """Filters of the list of backorders; `waiting` keeps those of which pieces wait, or those of which none do."""

    sku: SkuIn | None = None
    waiting: bool | None = None


class BackorderOut(Schema):
    """Pieces of one SKU that a document, such as `order:42`, bought beyond stock.

    `filled` of them have come and are reserved, `released` were given up, `waiting` are still to come.
    """

    id: int
    document: str
    variant_id: int
    sku: str
    kind: str
    quantity: int
    filled: int
    released: int
    waiting: int
    promised_on: date


class OversellIn(Strict):
    """Terms on which a SKU is sold beyond stock. `backorder` and `presale` need the promised day.

    No more than `limit` pieces (null: any number) wait at a time. `moves_waiting` gives the new day to the orders that
    wait as well.
    """

    policy: OversellPolicy
    promised_on: DayIn | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None = None
    moves_waiting: Annotated[bool, Field(strict=True)] = False


def backorder_row(backorder: Backorder) -> dict[str, object]:
    """Render the backorder as `BackorderOut`; its variant must be loaded."""
    names = ("variant_id", "kind", "quantity", "filled", "released", "promised_on")
    return {
        "id": backorder.pk,
        "document": backorder.source,
        "sku": backorder.variant.sku,
        "waiting": backorder.open,
        **{name: getattr(backorder, name) for name in names},
    }
