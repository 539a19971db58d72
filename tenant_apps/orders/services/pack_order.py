"""Pack an order by its scanned pieces, and ship the parcel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from tenant_apps.catalog.selectors.products import get_barcodes
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.rules.scanning import Scannable, WrongScan, count_scanned
from tenant_apps.orders.selectors.parcels import find_prepared_parcel
from tenant_apps.orders.services.locking import lock_open_order
from tenant_apps.orders.services.ship_order import Packing, ShipmentLine, ship_order

__all__ = ["ScannedParcel", "WrongScan", "pack_order"]


@dataclass(frozen=True, slots=True)
class ScannedParcel:
    """A parcel by its scanned codes. With `is_partial` the rest of the order leaves later; weight 0: not weighed."""

    codes: Sequence[str]
    carrier: str = ""
    tracking_number: str = ""
    weight_grams: int = 0
    is_partial: bool = False


@transaction.atomic
def pack_order(*, order_id: int, parcel: ScannedParcel, now: datetime) -> Order:
    """Ship the scanned pieces as a parcel; services need no scanning and leave with the last of the goods.

    A parcel with a waybill keeps its carrier and number. Raises WrongScan, ParcelNotNamed, and what ship_order raises.
    """
    order = lock_open_order(order_id)
    lines = list(OrderLine.objects.filter(order=order, is_stocked=True).order_by("line_no", "id"))
    barcodes = get_barcodes(variant_ids=[line.variant_id for line in lines])
    held = [
        Scannable(line.line_no, line.sku, barcodes.get(line.variant_id, ""), line.open_quantity)
        for line in lines
        if line.open_quantity
    ]
    scanned = count_scanned(parcel.codes, held, is_partial=parcel.is_partial)
    is_whole = all(scanned.get(line.line_no, 0) == line.open for line in held)
    prepared = find_prepared_parcel(order_id=order.pk)
    return ship_order(
        order_id=order.pk,
        carrier=parcel.carrier or (prepared.carrier if prepared else ""),
        tracking_number=parcel.tracking_number or (prepared.tracking_number if prepared else ""),
        packing=Packing(
            lines=None if is_whole else [ShipmentLine(*line) for line in sorted(scanned.items())],
            weight_grams=parcel.weight_grams,
            needs_parcel=True,
        ),
        now=now,
    )
