"""API of stock."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import actor_of, requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.inventory.models import StockMovement
from tenant_apps.inventory.rules.boxes import Packed
from tenant_apps.inventory.schemas import stock as schemas
from tenant_apps.inventory.selectors import stock as selectors
from tenant_apps.inventory.selectors.boxes import get_pieces
from tenant_apps.inventory.services import alerts
from tenant_apps.inventory.services import stock as services

router = Router(tags=["inventory"])


def _sees_cost(request: HttpRequest) -> bool:
    """Tell whether the caller may see stock value, from which the unit cost follows.

    The permission to receive goods does not include it.
    """
    return actor_of(request).may("catalog.cost")


@router.get("/stock", response=Page[schemas.StockOut], summary="List stock")
@requires("inventory.view")
def list_stock(request: HttpRequest, filters: Query[schemas.StockFilters]) -> HttpResponse:
    """List stock by warehouse and SKU; `low` keeps rows below their threshold."""
    stock = selectors.list_stock(warehouse_id=filters.warehouse_id, sku=filters.sku or "", low=filters.low)
    rows, next_cursor = paginate(stock, cursor=filters.cursor, limit=filters.limit)
    with_cost = _sees_cost(request)
    return FastJson(
        {"items": [schemas.stock_row(row, with_cost=with_cost) for row in rows], "next_cursor": next_cursor}
    )


@router.get("/stock/movements", response=Page[schemas.MovementOut], summary="List stock movements")
@requires("inventory.view")
def list_movements(request: HttpRequest, filters: Query[schemas.MovementFilters]) -> HttpResponse:
    """List movements, newest first, by SKU and by source, such as `order:42`."""
    movements = selectors.list_movements(sku=filters.sku or "", source=filters.source or "")
    rows, next_cursor = paginate(movements, cursor=filters.cursor, limit=filters.limit)
    with_cost = _sees_cost(request)
    items = [schemas.movement_row(row, with_cost=with_cost) for row in rows]
    return FastJson({"items": items, "next_cursor": next_cursor})


@router.post("/stock/receipts", response={201: schemas.BookedOut}, summary="Receive goods")
@requires("inventory.receive")
def receive(request: HttpRequest, payload: schemas.ReceiptIn) -> HttpResponse:
    """Book goods in at their cost and post the payable. A reference is booked once."""
    ids = selectors.get_variant_ids(skus=[line.sku for line in payload.lines])
    packed = [Packed(line.boxes, line.quantity) for line in payload.lines]
    pieces = get_pieces(variant_ids=ids, packed=packed)
    source = services.receive(
        lines=[
            services.ReceiptLine(
                ids[i],
                pieces[i],
                line.unit_cost,
                services.BatchSpec(**line.batch.model_dump()) if line.batch else None,
            )
            for i, line in enumerate(payload.lines)
        ],
        reference=payload.reference,
        warehouse_id=payload.warehouse_id,
        now=clock.now(),
    )
    return _booked(request, selectors.list_movements(source=source).order_by("id"))


@router.post("/stock/adjustments", response={201: schemas.BookedOut}, summary="Adjust stock")
@requires("inventory.adjust")
def adjust(request: HttpRequest, payload: schemas.AdjustmentIn) -> HttpResponse:
    """Book differences found by counting. A reference is booked once."""
    ids = selectors.get_variant_ids(skus=[line.sku for line in payload.lines])
    packed = [Packed(line.boxes, line.change) for line in payload.lines]
    pieces = get_pieces(variant_ids=ids, packed=packed, name="change")
    source = services.adjust(
        lines=[services.AdjustmentLine(ids[i], pieces[i], line.unit_cost) for i, line in enumerate(payload.lines)],
        reference=payload.reference,
        reason=payload.reason,
        warehouse_id=payload.warehouse_id,
        now=clock.now(),
    )
    return _booked(request, selectors.list_movements(source=source).order_by("id"))


# Last of its kind: {stock_id} would catch the fixed words above.
@router.patch("/stock/{stock_id}", response=schemas.StockOut, summary="Set a low-stock threshold")
@requires("inventory.edit")
def change_stock(request: HttpRequest, stock_id: int, payload: schemas.StockPatch) -> HttpResponse:
    """Set the low-stock threshold; 0 turns the alert off."""
    alerts.set_low_stock_threshold(stock_id=stock_id, threshold=payload.low_stock_threshold)
    return FastJson(schemas.stock_row(selectors.get_stock(stock_id=stock_id), with_cost=_sees_cost(request)))


def _booked(request: HttpRequest, movements: Iterable[StockMovement]) -> HttpResponse:
    with_cost = _sees_cost(request)
    return FastJson({"items": [schemas.movement_row(movement, with_cost=with_cost) for movement in movements]}, 201)
