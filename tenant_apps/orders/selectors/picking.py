"""Read the goods to take from the shelves for several orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from tenant_apps.catalog.selectors.products import get_box_sizes
from tenant_apps.inventory.selectors.reservations import list_reservations_of
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.picking import MAX_BASKETS, PickLine, Wanted, lay_out
from tenant_apps.orders.selectors.lists import list_for_packing
from tenant_apps.orders.selectors.parcels import parcel_source
from tenant_apps.orders.states import OrderKind


@dataclass(frozen=True, slots=True)
class PickSheet:
    """Baskets by number from 1, the lines of each warehouse, and the orders that are not on the list."""

    baskets: Sequence[tuple[int, Order]]
    warehouses: Mapping[str, Sequence[PickLine]]
    left_out: Sequence[int]


def get_pick_sheet(*, order_ids: Sequence[int]) -> PickSheet:
    """Lay out what waits to be shipped of these orders at the moment, a basket each, 50 at most."""
    orders = list_for_packing(order_ids=order_ids, is_waiting=True)
    baskets = list(enumerate(orders[:MAX_BASKETS], start=1))
    places = {parcel_source(order.pk): (number, order) for number, order in baskets}
    wanted = [one for number, order in baskets for one in _out_of_cloud(number, order)]
    reserved = list_reservations_of(sources=list(places))
    boxes = get_box_sizes(variant_ids={part.variant_id for parts in reserved.values() for part in parts})
    for source, parts in reserved.items():
        number, order = places[source]
        names = {line.variant_id: line.name for line in order.lines.all()}
        for part in parts:
            if part.open:
                name = names.get(part.variant_id, part.sku)
                size = boxes.get(part.variant_id)
                wanted.append(Wanted(part.warehouse_name, part.sku, name, number, part.open, size))
    held = {order.pk for _number, order in baskets}
    return PickSheet(baskets, lay_out(wanted), [one for one in dict.fromkeys(order_ids) if one not in held])


def _out_of_cloud(basket: int, order: Order) -> list[Wanted]:
    """Return what a dispatch sends: the agent's goods, of which the brand reserves nothing."""
    if order.kind != OrderKind.DISPATCH:
        return []
    lines = sorted(order.lines.all(), key=lambda line: line.line_no)
    return [
        Wanted(gettext("Cloud stock"), line.sku, line.name, basket, line.open_quantity)
        for line in lines
        if line.open_quantity
    ]
