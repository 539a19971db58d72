"""Read reservations. `lock_reservations` is for this app's services."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Min, QuerySet, Sum

from kernel.core.money import ZERO
from tenant_apps.inventory.models import Reservation, StockMovement
from tenant_apps.inventory.states import MovementKind, ReservationState

# The stock first, then what is reserved of it, as those do who find a reservation in their way that has expired.
LOCK_RESERVATIONS = """
    SELECT reservation.id, reservation.variant_id, reservation.warehouse_id, reservation.quantity, reservation.released,
           reservation.shipped, reservation.expires_at, stock.id, stock.on_hand, stock.value
    FROM inventory_reservation AS reservation
    JOIN inventory_stock AS stock
      ON stock.variant_id = reservation.variant_id AND stock.warehouse_id = reservation.warehouse_id
    WHERE reservation.source = %s AND reservation.state = 'active'
    ORDER BY reservation.variant_id, reservation.warehouse_id
    FOR NO KEY UPDATE OF stock FOR NO KEY UPDATE OF reservation
"""


@dataclass(frozen=True, slots=True)
class HeldGoods:
    """An active reservation and its stock row, both locked."""

    id: int
    variant_id: int
    warehouse_id: int
    quantity: int
    released: int
    shipped: int
    expires_at: datetime | None
    stock_id: int
    on_hand: int
    value: Decimal

    @property
    def open(self) -> int:
        return self.quantity - self.released - self.shipped


@dataclass(frozen=True, slots=True)
class ReservedPart:
    """Pieces of one SKU that one warehouse holds for a source: `open` of them are still to be shipped from there."""

    variant_id: int
    sku: str
    warehouse_id: int
    warehouse_code: str
    warehouse_name: str
    open: int
    shipped: int
    state: str
    expires_at: datetime | None


def lock_reservations(*, source: str) -> list[HeldGoods]:
    with connection.cursor() as cursor:
        cursor.execute(LOCK_RESERVATIONS, (source,))
        return [HeldGoods(*row) for row in cursor.fetchall()]


def list_reservations(*, source: str) -> list[ReservedPart]:
    """Return what each warehouse holds for the source ("order:42"), by warehouse and SKU; released parts are left out.

    One statement. For many sources at once (pick lists) see `list_reservations_of`.
    """
    return list_reservations_of(sources=[source])[source]


def list_reservations_of(*, sources: list[str]) -> dict[str, list[ReservedPart]]:
    """Return the same of many sources, in one statement."""
    kept = (ReservationState.ACTIVE, ReservationState.CONSUMED)
    rows = Reservation.objects.filter(source__in=sources, state__in=kept).select_related("variant", "warehouse")
    found: dict[str, list[ReservedPart]] = {source: [] for source in sources}
    for row in rows.order_by("warehouse__code", "variant__sku", "id"):
        place = row.warehouse
        found[row.source].append(
            ReservedPart(
                row.variant_id,
                row.variant.sku,
                place.pk,
                place.code,
                place.name,
                row.open if row.state == ReservationState.ACTIVE else 0,
                row.shipped,
                row.state,
                row.expires_at,
            )
        )
    return found


def list_open_reservations(*, variant_id: int, warehouse_id: int, now: datetime) -> QuerySet[Reservation]:
    """List what is reserved and not yet shipped, the latest first."""
    found = Reservation.objects.filter(variant_id=variant_id, warehouse_id=warehouse_id)
    return found.blocking(now).order_by("-id")


def get_shipped_costs(*, document: str) -> dict[int, Decimal]:
    """Map the variants that left under this document to their cost (money); empty where nothing did."""
    moved = StockMovement.objects.filter(source=document, kind=MovementKind.SHIPMENT).order_by()
    rows = moved.values_list("variant_id").annotate(cost=Sum("value"))
    return {variant_id: ZERO - cost for variant_id, cost in rows}


def get_next_expiry() -> datetime | None:
    """Return the earliest hour at which an active reservation expires."""
    waiting = Reservation.objects.filter(state=ReservationState.ACTIVE, expires_at__isnull=False)
    found: datetime | None = waiting.aggregate(first=Min("expires_at"))["first"]
    return found


def list_due_sources(*, now: datetime, limit: int) -> list[str]:
    """Return sources with reservations whose hour is past."""
    due = Reservation.objects.filter(state=ReservationState.ACTIVE, expires_at__lte=now)
    return list(due.order_by("source").values_list("source", flat=True).distinct()[:limit])
