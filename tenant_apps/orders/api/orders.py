"""API of orders: place, read, and move each order through its states."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router, Status

from kernel.core import clock
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.orders.models import Channel
from tenant_apps.orders.rules.lines import InvalidLines
from tenant_apps.orders.schemas import incoming, outgoing, placing
from tenant_apps.orders.selectors import documents, lists, parcels
from tenant_apps.orders.services import channels
from tenant_apps.orders.services.close_order import cancel_order, complete_order, deliver_order
from tenant_apps.orders.services.hand_over import hand_over_order
from tenant_apps.orders.services.parcels import correct_parcel
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.refund_order import (
    FREIGHT_LINE,
    InvalidRefund,
    RefundRequest,
    RefundTerms,
    refund_on_terms,
)
from tenant_apps.orders.services.ship_order import Packing, ShipmentLine, ship_order

router = Router(tags=["orders"])


@router.get("/orders", response=Page[outgoing.FoundOrderRow], summary="List orders")
@requires("orders.view")
def list_orders(request: HttpRequest, filters: Query[incoming.OrderFilters]) -> HttpResponse:
    """List orders, newest first. Filters combine; `since` is inclusive and `until` exclusive.

    `search` takes any words by which somebody knows an order.
    """
    wanted = filters.model_dump(exclude_none=True, exclude={"cursor", "limit"})
    rows, next_cursor = lists.list_order_rows(filters=wanted, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": rows, "next_cursor": next_cursor})


@router.post("/orders", response={201: outgoing.PlacedOrderOut}, summary="Place an order")
@requires("orders.place")
def place_order(request: HttpRequest, payload: incoming.OrderIn) -> HttpResponse:
    """Prices come from the catalogue (retail) or the agent's level (restock). The goods are reserved, or the order
    is refused.
    """
    return FastJson(outgoing.placed_order_body(placing.place(payload, now=clock.now())), status=201)


@router.post("/orders/quote", response=outgoing.QuoteOut, summary="Quote an order")
@requires("orders.place")
def quote_order(request: HttpRequest, payload: incoming.QuoteIn) -> HttpResponse:
    """Return prices, their reasons and totals, as placing the order now would have them. Nothing is reserved.

    What placing would refuse is refused here; what is not in stock is told by `available`.
    """
    quote = placing.quote(payload, now=clock.now())
    if quote.errors:
        raise InvalidLines(errors=quote.errors)
    return FastJson(outgoing.quote_body(quote))


@router.get("/orders/by-number/{number}", response=outgoing.OrderOut, summary="Get an order by number")
@requires("orders.view")
def get_order_by_number(request: HttpRequest, number: str) -> HttpResponse:
    """Get an order by its number, such as SO20261121-000001."""
    return _answer(documents.get_order_id(number=number))


@router.get("/orders/{order_id}", response=outgoing.OrderOut, summary="Get an order")
@requires("orders.view")
def get_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Get an order with its lines, payments and refunds."""
    return _answer(order_id)


@router.post("/orders/{order_id}/pay", response=outgoing.OrderOut, summary="Record a payment")
@requires("orders.pay")
def pay(request: HttpRequest, order_id: int, payload: incoming.PayIn) -> HttpResponse:
    """Record the payment. Repeating the same method and reference has no effect."""
    pay_order(order_id=order_id, **payload.model_dump(), now=clock.now())
    return _answer(order_id)


@router.post("/orders/{order_id}/ship", response=outgoing.OrderOut, summary="Ship an order")
@requires("orders.ship")
def ship(request: HttpRequest, order_id: int, payload: incoming.ShipIn) -> HttpResponse:
    """Ship one parcel of the order: the named lines, or everything that was neither shipped nor refunded."""
    lines = payload.lines
    packing = Packing(
        lines=None if lines is None else [ShipmentLine(line.line_no, line.quantity) for line in lines],
        warehouse_id=payload.warehouse_id,
        weight_grams=payload.weight_grams,
    )
    ship_order(
        order_id=order_id,
        carrier=payload.carrier,
        tracking_number=payload.tracking_number,
        packing=packing,
        now=clock.now(),
    )
    return _answer(order_id)


@router.post("/orders/{order_id}/correct-parcel", response=outgoing.OrderOut, summary="Correct a tracking number")
@requires("orders.ship")
def correct_tracking(request: HttpRequest, order_id: int, payload: incoming.ParcelIn) -> HttpResponse:
    """Replace carrier and tracking number of a parcel. The audit log keeps the old ones and the reason."""
    correct_parcel(order_id=order_id, **payload.model_dump())
    return _answer(order_id)


@router.post("/orders/{order_id}/deliver", response=outgoing.OrderOut, summary="Mark an order as delivered")
@requires("orders.ship")
def deliver(request: HttpRequest, order_id: int) -> HttpResponse:
    """Record the delivery; return windows start here."""
    deliver_order(order_id=order_id, now=clock.now())
    return _answer(order_id)


@router.post("/orders/{order_id}/hand-over", response=outgoing.OrderOut, summary="Hand over a collected order")
@requires("orders.ship")
def hand_over(request: HttpRequest, order_id: int, payload: incoming.HandOverIn) -> HttpResponse:
    """Ship and deliver a paid order at once, if the code is the one its receiver was given. Ten tries an hour."""
    hand_over_order(order_id=order_id, code=payload.code, now=clock.now())
    return _answer(order_id)


@router.post("/orders/{order_id}/complete", response=outgoing.OrderOut, summary="Complete an order")
@requires("orders.ship")
def complete(request: HttpRequest, order_id: int) -> HttpResponse:
    complete_order(order_id=order_id, now=clock.now())
    return _answer(order_id)


@router.post("/orders/{order_id}/cancel", response=outgoing.OrderOut, summary="Cancel an order")
@requires("orders.cancel")
def cancel(request: HttpRequest, order_id: int) -> HttpResponse:
    """Cancel an unpaid order and release its goods. A paid order must be refunded instead."""
    cancel_order(order_id=order_id, now=clock.now())
    return _answer(order_id)


@router.post("/orders/{order_id}/refund", response={201: outgoing.RefundOut}, summary="Refund an order")
@requires("orders.refund")
def refund(request: HttpRequest, order_id: int, payload: incoming.RefundIn) -> HttpResponse:
    """Refund the named lines and freight, or (`everything`) all that is left; a body that names nothing is refused."""
    if payload.everything and (payload.lines is not None or payload.freight or payload.freight_amount is not None):
        raise InvalidRefund(_("Name either everything or its parts"), field="everything")
    given = refund_on_terms(
        order_id=order_id,
        lines=None if payload.everything else _requests(payload),
        terms=RefundTerms(payload.restock, payload.reason, payload.reference, payload.method or ""),
        now=clock.now(),
    )
    return FastJson(outgoing.refund_body(documents.get_refund_document(refund_id=given.pk)), status=201)


@router.get("/channels", response=outgoing.ChannelsOut, summary="List channels")
@requires("orders.view")
def list_channels(request: HttpRequest) -> dict[str, object]:
    return {"items": lists.list_channels()}


@router.post("/channels", response={201: outgoing.ChannelOut}, summary="Add a channel")
@requires("orders.import")
def create_channel(request: HttpRequest, payload: incoming.ChannelIn) -> Status[Channel]:
    """Channel codes are unique."""
    return Status(201, channels.create_channel(**payload.model_dump()))


def _answer(order_id: int) -> FastJson:
    order = documents.get_order_document(order_id=order_id)
    return FastJson(outgoing.order_body(order, parcels.list_parcels(order_id=order_id)))


def _requests(payload: incoming.RefundIn) -> list[RefundRequest]:
    requests = [RefundRequest(one.line_no, one.quantity, one.amount) for one in payload.lines or []]
    if payload.freight or payload.freight_amount is not None:
        requests.append(RefundRequest(FREIGHT_LINE, amount=payload.freight_amount))
    return requests
