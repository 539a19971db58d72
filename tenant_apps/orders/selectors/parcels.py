"""Read parcels and carriers of orders."""

from collections.abc import Collection

from tenant_apps.orders.rules import carriers
from tenant_apps.shipping.selectors import carriers as known_carriers
from tenant_apps.shipping.selectors import parcels as shipping
from tenant_apps.shipping.selectors.parcels import Parcel
from tenant_apps.shipping.states import ParcelState

_LATEST_SHIPMENTS = 100


def list_carriers() -> list[str]:
    """Return carriers to pick from: those of the latest parcels first, then the brand's others."""
    used = shipping.list_used_carriers(limit=_LATEST_SHIPMENTS)
    return carriers.list_choices(used, known_carriers.list_carrier_names())


def parcel_source(order_id: int) -> str:
    """Return the name by which parcels and stock know the order."""
    return f"order:{order_id}"


def list_parcels(*, order_id: int) -> list[Parcel]:
    """Return the order's parcels in the order in which they were packed."""
    return shipping.list_parcels_of(source=parcel_source(order_id))


def find_prepared_parcel(*, order_id: int) -> Parcel | None:
    """Return the order's parcel that is being packed and has not left."""
    return next((one for one in list_parcels(order_id=order_id) if one.state == ParcelState.PREPARED), None)


def find_prepared_parcels(*, order_ids: Collection[int]) -> dict[int, Parcel]:
    """Map each of the orders to its parcel that is being packed; orders without one are left out."""
    sources = {parcel_source(order_id): order_id for order_id in order_ids}
    found = shipping.list_prepared_parcels(sources=list(sources))
    return {sources[parcel.source]: parcel for parcel in found}


def count_parcels(*, order_id: int) -> int:
    return shipping.count_parcels_of(source=parcel_source(order_id))
