"""Read which orders wait for goods that were sold beyond stock."""

from collections.abc import Collection

from tenant_apps.inventory.selectors import backorders
from tenant_apps.inventory.selectors.backorders import Promise
from tenant_apps.orders.selectors.parcels import parcel_source


def get_promise(*, order_id: int) -> Promise | None:
    """Return what the order was promised; None where all of its goods were in stock."""
    return get_promises(order_ids=[order_id]).get(order_id)


def get_promises(*, order_ids: Collection[int]) -> dict[int, Promise]:
    """Map the orders with goods sold beyond stock to their promise, in one statement."""
    sources = {parcel_source(order_id): order_id for order_id in order_ids}
    return {sources[source]: found for source, found in backorders.get_promises(sources=list(sources)).items()}


def list_waiting_order_ids() -> list[int]:
    """Return the orders of which goods are still to come, the oldest first."""
    found = (source.split(":") for source in backorders.list_waiting_sources())
    return [int(parts[1]) for parts in found if len(parts) == 2 and parts[0] == "order"]


def has_promises() -> bool:
    """Tell whether anything was ever sold beyond stock."""
    return backorders.has_promises()
