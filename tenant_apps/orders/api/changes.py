"""API of changes to orders of which nothing has left."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from kernel.core import clock
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from tenant_apps.orders.rules.lines import NewLine, Receiver
from tenant_apps.orders.schemas import incoming, outgoing
from tenant_apps.orders.selectors import documents
from tenant_apps.orders.selectors import parcels as order_parcels
from tenant_apps.orders.services.change_delivery import change_note, change_receiver
from tenant_apps.orders.services.change_goods import GoodsChange, change_goods
from tenant_apps.orders.services.merge_orders import merge_orders
from tenant_apps.orders.services.split_order import split_order

router = Router(tags=["orders"])


@router.post("/orders/{order_id}/change-receiver", response=outgoing.OrderOut, summary="Change the receiver")
@requires("orders.change")
def change_receiver_of(request: HttpRequest, order_id: int, payload: incoming.ReceiverChangeIn) -> HttpResponse:
    """Replace the receiver of an order of which nothing was shipped."""
    receiver = Receiver(**payload.receiver.model_dump())
    change_receiver(order_id=order_id, receiver=receiver, reason=payload.reason)
    return _answer(order_id)


@router.post("/orders/{order_id}/change-note", response=outgoing.OrderOut, summary="Change the note")
@requires("orders.change")
def change_note_of(request: HttpRequest, order_id: int, payload: incoming.NoteChangeIn) -> HttpResponse:
    """Replace the note of an order of which nothing was shipped."""
    change_note(order_id=order_id, **payload.model_dump())
    return _answer(order_id)


@router.post("/orders/{order_id}/change-goods", response=outgoing.OrderOut, summary="Change the goods")
@requires("orders.change")
def change_goods_of(request: HttpRequest, order_id: int, payload: incoming.GoodsChangeIn) -> HttpResponse:
    """Replace goods, discount and freight, and reserve anew.

    Goods of a paid order can only be exchanged for as many others at the same price.
    """
    lines = [NewLine(line.sku, line.quantity, line.unit_price) for line in payload.lines]
    change = GoodsChange(lines, payload.discount, payload.freight)
    change_goods(order_id=order_id, change=change, reason=payload.reason, now=clock.now())
    return _answer(order_id)


@router.post("/orders/{order_id}/split", response={201: outgoing.OrderOut}, summary="Split an order")
@requires("orders.change")
def split(request: HttpRequest, order_id: int, payload: incoming.SplitIn) -> HttpResponse:
    """Move pieces of an unpaid order into a second one, which is the answer."""
    pieces: dict[int, int] = {}
    for line in payload.lines:
        pieces[line.line_no] = pieces.get(line.line_no, 0) + line.quantity
    second = split_order(order_id=order_id, pieces=pieces, reason=payload.reason, now=clock.now())
    return _answer(second.pk, status=201)


@router.post("/orders/{order_id}/merge", response=outgoing.OrderOut, summary="Merge orders")
@requires("orders.change")
def merge(request: HttpRequest, order_id: int, payload: incoming.MergeIn) -> HttpResponse:
    """Move the goods of other unpaid orders of the same buyer into this one, and cancel the others."""
    merge_orders(
        order_id=order_id,
        other_ids=payload.order_ids,
        freight=payload.freight,
        reason=payload.reason,
        now=clock.now(),
    )
    return _answer(order_id)


def _answer(order_id: int, *, status: int = 200) -> FastJson:
    order = documents.get_order_document(order_id=order_id)
    parcels = order_parcels.list_parcels(order_id=order_id)
    return FastJson(outgoing.order_body(order, parcels), status=status)
