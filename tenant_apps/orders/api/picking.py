"""API of picking and packing."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kernel.core import clock
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from tenant_apps.orders.schemas import outgoing, picking
from tenant_apps.orders.selectors import documents, parcels
from tenant_apps.orders.selectors.picking import get_pick_sheet
from tenant_apps.orders.services.pack_order import ScannedParcel, pack_order

router = Router(tags=["orders"])


@router.get("/orders/pick-list", response=picking.PickListOut, summary="Get a pick list")
@requires("orders.ship")
def get_pick_list(request: HttpRequest, filters: Query[picking.PickFilters]) -> HttpResponse:
    """Get the pieces to take from each warehouse for up to 50 orders (`order_id`, repeated), and into which basket."""
    return FastJson(picking.pick_list_body(get_pick_sheet(order_ids=filters.order_id)))


@router.post("/orders/{order_id}/pack", response=outgoing.OrderOut, summary="Pack an order by scanning")
@requires("orders.ship")
def pack(request: HttpRequest, order_id: int, payload: picking.PackIn) -> HttpResponse:
    """Check every scanned piece and ship the parcel. A wrong code, one too many or one missing ships nothing."""
    pack_order(order_id=order_id, parcel=ScannedParcel(**payload.model_dump()), now=clock.now())
    order = documents.get_order_document(order_id=order_id)
    return FastJson(outgoing.order_body(order, parcels.list_parcels(order_id=order_id)))
