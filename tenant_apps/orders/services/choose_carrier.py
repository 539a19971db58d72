"""Choose carriers for orders by the brand's rules."""

from collections.abc import Iterable
from decimal import Decimal

from tenant_apps.catalog.selectors.products import get_weights
from tenant_apps.inventory.selectors.reservations import list_reservations_of
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.selectors.parcels import parcel_source
from tenant_apps.shipping.selectors.settings import (
    CarrierChoice,
    ParcelFacts,
    get_options,
    propose_carrier,
    regions_of,
)


def choose_carriers(orders: Iterable[Order]) -> dict[int, CarrierChoice]:
    """Map each order to the carrier that the rules choose for what is left to ship of it.

    Lines must be loaded. Orders for which nothing is arranged are left out.
    """
    options = get_options()
    wanted = list(orders)
    if not options.rules and not options.usual_carrier:
        return {}
    lines = {order.pk: list(order.lines.all()) for order in wanted}
    weights = get_weights(variant_ids={line.variant_id for held in lines.values() for line in held})
    warehouses = _get_warehouses(wanted)
    found = {}
    for order in wanted:
        choice = propose_carrier(_facts(order, lines[order.pk], weights, warehouses[order.pk]), options)
        if choice is not None:
            found[order.pk] = choice
    return found


def _get_warehouses(orders: Iterable[Order]) -> dict[int, str]:
    """Map each order to the code of the warehouse that holds all that is left of it; empty where several do."""
    sources = {parcel_source(order.pk): order.pk for order in orders}
    found = {}
    for source, parts in list_reservations_of(sources=list(sources)).items():
        codes = {part.warehouse_code for part in parts if part.open}
        found[sources[source]] = codes.pop() if len(codes) == 1 else ""
    return found


def _facts(order: Order, lines: Iterable[OrderLine], weights: dict[int, int | None], warehouse: str) -> ParcelFacts:
    """Return what rules ask: the weight is unknown as soon as one article's is."""
    grams: int | None = 0
    value = Decimal(0)
    for line in lines:
        pieces = line.open_quantity
        each = weights.get(line.variant_id) if line.is_stocked else 0
        grams = None if grams is None or (each is None and pieces) else grams + (each or 0) * pieces
        value += line.unit_price * pieces
    receiver = order.receiver
    place = (str(receiver.get(part) or "") for part in ("province", "city", "district"))
    return ParcelFacts(
        regions=regions_of(*place), warehouse=warehouse, channel=order.channel_id, grams=grams, value=value
    )
