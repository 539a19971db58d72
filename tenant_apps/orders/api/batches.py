"""API of work on many orders."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from kernel.core import clock
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from tenant_apps.orders.schemas import incoming, outgoing
from tenant_apps.orders.services.ship_orders import OrderToShip, ship_orders
from tenant_apps.orders.services.waybills import request_waybill

router = Router(tags=["orders"])


@router.post("/orders/ship-batch", response={202: outgoing.JobStartedOut}, summary="Ship many orders")
@requires("orders.ship")
def ship_batch(request: HttpRequest, payload: incoming.ShipBatchIn) -> HttpResponse:
    """Start a job that ships what is left of each order. `/shipping/jobs/{id}` names each order that was refused."""
    orders = [OrderToShip(**one.model_dump(), needs_parcel=False) for one in payload.orders]
    return FastJson({"job_id": ship_orders(orders=orders, now=clock.now())}, status=202)


@router.post("/orders/{order_id}/waybill", response={201: outgoing.ParcelOut}, summary="Get an electronic waybill")
@requires("orders.ship")
def get_waybill(request: HttpRequest, order_id: int, payload: incoming.WaybillIn) -> HttpResponse:
    """Pack what is left of the order and get its tracking number. Asked again, it answers with the same number."""
    parcel = request_waybill(order_id=order_id, carrier=payload.carrier, now=clock.now())
    return FastJson(outgoing.parcel_body(parcel), status=201)
