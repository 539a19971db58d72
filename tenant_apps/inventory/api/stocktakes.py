"""API of stocktakes."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import actor_of, requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page, PageFilters
from tenant_apps.inventory.models import Stocktake
from tenant_apps.inventory.schemas import stocktakes as schemas
from tenant_apps.inventory.selectors import stocktakes as selectors
from tenant_apps.inventory.services import stocktakes as services
from tenant_apps.inventory.services.approving import LineDecision, approve_stocktake

router = Router(tags=["inventory"])


def _answer(stocktake: Stocktake, status: int = 200) -> HttpResponse:
    progress = selectors.count_progress(stocktake_ids=[stocktake.pk])[stocktake.pk]
    row = schemas.stocktake_row(stocktake, lines=progress.lines, counted=progress.counted)
    return FastJson(row, status)


def _is_blind(request: HttpRequest) -> bool:
    return not actor_of(request).may("inventory.approve")


@router.get("/stocktakes", response=Page[schemas.StocktakeOut], summary="List stocktakes")
@requires("inventory.view")
def list_stocktakes(request: HttpRequest, filters: Query[schemas.StocktakeFilters]) -> HttpResponse:
    """List stocktakes, newest first."""
    found = selectors.list_stocktakes(state=filters.state or "", warehouse_id=filters.warehouse_id)
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    progress = selectors.count_progress(stocktake_ids=[row.pk for row in rows])
    items = [schemas.stocktake_row(row, lines=progress[row.pk].lines, counted=progress[row.pk].counted) for row in rows]
    return FastJson({"items": items, "next_cursor": next_cursor})


@router.post("/stocktakes", response={201: schemas.StocktakeOut}, summary="Open a stocktake")
@requires("inventory.count")
def open_stocktake(request: HttpRequest, payload: schemas.StocktakeIn) -> HttpResponse:
    """Note what is booked of all goods of a warehouse, or of one category, and have them counted."""
    made = services.open_stocktake(
        warehouse_id=payload.warehouse_id, category_id=payload.category_id, note=payload.note, now=clock.now()
    )
    return _answer(made, 201)


@router.get("/stocktakes/{stocktake_id}", response=schemas.StocktakeOut, summary="Get a stocktake")
@requires("inventory.view")
def get_stocktake(request: HttpRequest, stocktake_id: int) -> HttpResponse:
    """Read one stocktake; its lines are a list of their own."""
    return _answer(selectors.get_stocktake(stocktake_id=stocktake_id))


@router.get(
    "/stocktakes/{stocktake_id}/lines", response=Page[schemas.StocktakeLineOut], summary="List lines of a stocktake"
)
@requires("inventory.view")
def list_stocktake_lines(request: HttpRequest, stocktake_id: int, filters: Query[PageFilters]) -> HttpResponse:
    """List its SKUs, the latest line first. What the books say is told to whom may approve, and to nobody else."""
    found = selectors.list_lines(stocktake_id=stocktake_id)
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    items = [schemas.line_row(row, is_blind=_is_blind(request)) for row in rows]
    return FastJson({"items": items, "next_cursor": next_cursor})


@router.post("/stocktakes/{stocktake_id}/scan", response=schemas.StocktakeLineOut, summary="Count pieces of a SKU")
@requires("inventory.count")
def scan_goods(request: HttpRequest, stocktake_id: int, payload: schemas.ScanIn) -> HttpResponse:
    """Add pieces of a SKU or barcode to what was counted of it."""
    line = services.scan(
        stocktake_id=stocktake_id, code=payload.code, quantity=schemas.pieces_found(payload), now=clock.now()
    )
    return FastJson(schemas.line_row(line, is_blind=_is_blind(request)))


@router.post("/stocktakes/{stocktake_id}/counted", response=schemas.StocktakeLineOut, summary="Set the count of a SKU")
@requires("inventory.count")
def set_counted(request: HttpRequest, stocktake_id: int, payload: schemas.CountedIn) -> HttpResponse:
    """Set what was counted of a SKU to another number, unless somebody counted it since it was seen."""
    line = services.set_counted(
        stocktake_id=stocktake_id,
        code=payload.code,
        counted=schemas.pieces_counted(payload),
        seen=payload.seen,
        now=clock.now(),
    )
    return FastJson(schemas.line_row(line, is_blind=_is_blind(request)))


@router.post("/stocktakes/{stocktake_id}/finish", response=schemas.StocktakeOut, summary="End the counting")
@requires("inventory.count")
def finish_counting(request: HttpRequest, stocktake_id: int) -> HttpResponse:
    """End the counting: the stocktake waits for approval."""
    return _answer(services.finish_counting(stocktake_id=stocktake_id, now=clock.now()))


@router.post("/stocktakes/{stocktake_id}/reopen", response=schemas.StocktakeOut, summary="Count on")
@requires("inventory.count")
def reopen_counting(request: HttpRequest, stocktake_id: int) -> HttpResponse:
    """Have a counted stocktake counted on."""
    return _answer(services.reopen_counting(stocktake_id=stocktake_id))


@router.post("/stocktakes/{stocktake_id}/approve", response=schemas.StocktakeOut, summary="Approve a stocktake")
@requires("inventory.approve")
def approve(request: HttpRequest, stocktake_id: int, payload: schemas.StocktakeApprovalIn) -> HttpResponse:
    """Post the differences, each with a reason; goods nobody counted stay as booked unless `uncounted` says `zero`."""
    done = approve_stocktake(
        stocktake_id=stocktake_id,
        uncounted=payload.uncounted,
        reason=payload.reason,
        decisions=[LineDecision(line.sku, line.reason, line.unit_cost) for line in payload.lines],
        now=clock.now(),
    )
    return _answer(done)


@router.post("/stocktakes/{stocktake_id}/cancel", response=schemas.StocktakeOut, summary="Cancel a stocktake")
@requires("inventory.approve")
def cancel_stocktake(request: HttpRequest, stocktake_id: int) -> HttpResponse:
    """Give a stocktake up; stock stays as booked."""
    return _answer(services.cancel_stocktake(stocktake_id=stocktake_id, now=clock.now()))
