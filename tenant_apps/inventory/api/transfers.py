"""API of transfers between warehouses."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.inventory.rules.boxes import Packed
from tenant_apps.inventory.schemas import transfers as schemas
from tenant_apps.inventory.selectors import transfers as selectors
from tenant_apps.inventory.selectors.boxes import get_pieces
from tenant_apps.inventory.selectors.stock import get_variant_ids, get_variant_skus
from tenant_apps.inventory.services import transfers as services
from tenant_apps.inventory.services.stock import StockLine

router = Router(tags=["inventory"])


def _answer(transfer_id: int, status: int = 200) -> HttpResponse:
    return FastJson(schemas.transfer_row(selectors.get_transfer(transfer_id=transfer_id)), status)


@router.get("/transfers", response=Page[schemas.StockTransferOut], summary="List transfers")
@requires("inventory.view")
def list_transfers(request: HttpRequest, filters: Query[schemas.StockTransferFilters]) -> HttpResponse:
    """List transfers between warehouses, newest first."""
    found = selectors.list_transfers(state=filters.state or "", warehouse_id=filters.warehouse_id)
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.transfer_row(row) for row in rows], "next_cursor": next_cursor})


@router.get("/transfers/suggestions", response=schemas.SuggestionsOut, summary="Suggest transfers")
@requires("inventory.view")
def list_suggestions(request: HttpRequest) -> HttpResponse:
    """Suggest what warehouses below their threshold could get from those above theirs. Drafts count as done."""
    suggested = selectors.list_suggestions()
    skus = get_variant_skus(variant_ids=[one.variant_id for one in suggested])
    items = [
        {
            "variant_id": one.variant_id,
            "sku": skus[one.variant_id],
            "origin_id": one.origin_id,
            "target_id": one.target_id,
            "quantity": one.quantity,
        }
        for one in suggested
    ]
    return FastJson({"items": items})


@router.post("/transfers", response={201: schemas.StockTransferOut}, summary="Draft a transfer")
@requires("inventory.transfer")
def create_transfer(request: HttpRequest, payload: schemas.StockTransferIn) -> HttpResponse:
    """Draft a transfer; nothing moves before it is shipped."""
    ids = get_variant_ids(skus=[line.sku for line in payload.lines])
    pieces = get_pieces(variant_ids=ids, packed=[Packed(line.boxes, line.quantity) for line in payload.lines])
    made = services.create_transfer(
        origin_id=payload.origin_id,
        target_id=payload.target_id,
        lines=[StockLine(pk, quantity) for pk, quantity in zip(ids, pieces, strict=True)],
        note=payload.note,
        now=clock.now(),
    )
    return _answer(made.pk, 201)


@router.get("/transfers/{transfer_id}", response=schemas.StockTransferOut, summary="Get a transfer")
@requires("inventory.view")
def get_transfer(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """Read one transfer with its lines."""
    return _answer(transfer_id)


@router.post("/transfers/{transfer_id}/ship", response=schemas.StockTransferOut, summary="Ship a transfer")
@requires("inventory.transfer")
def ship_transfer(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """Take the goods out of their warehouse: they are in transit, with the cost they left with."""
    services.ship_transfer(transfer_id=transfer_id, now=clock.now())
    return _answer(transfer_id)


@router.post("/transfers/{transfer_id}/receive", response=schemas.StockTransferOut, summary="Receive a transfer")
@requires("inventory.transfer")
def receive_transfer(request: HttpRequest, transfer_id: int, payload: schemas.ArrivalIn) -> HttpResponse:
    """Book what arrived and write off what is lost; the rest stays on its way, and may be received later."""
    ids = get_variant_ids(skus=[line.sku for line in payload.lines])
    arrived = [services.ReceivedLine(pk, line.received, line.lost) for pk, line in zip(ids, payload.lines, strict=True)]
    services.receive_transfer(transfer_id=transfer_id, lines=arrived, reason=payload.reason, now=clock.now())
    return _answer(transfer_id)


@router.post("/transfers/{transfer_id}/cancel", response=schemas.StockTransferOut, summary="Cancel a transfer")
@requires("inventory.transfer")
def cancel_transfer(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """Cancel a draft."""
    services.cancel_transfer(transfer_id=transfer_id)
    return _answer(transfer_id)
