"""Reserve anew what changed, was merged or was split before it left."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from tenant_apps.inventory.models import Backorder, Reservation, Stock
from tenant_apps.inventory.services.reservations import release_all, reserve_more
from tenant_apps.inventory.services.stock import StockLine
from tenant_apps.inventory.states import ReservationState


@transaction.atomic(savepoint=False)
def reserve_anew(
    *, released: Sequence[str], wanted: Mapping[str, Sequence[StockLine]], region: str = "", now: datetime
) -> None:
    """Release all that the sources `released` hold, and reserve for each source of `wanted` its lines.

    The rows of stock are locked once, by variant and warehouse, before anything is given back: what is released is
    there for what is wanted. Raises InsufficientStock for the lines of one source.
    """
    held = Reservation.objects.filter(source__in=released, state=ReservationState.ACTIVE)
    variants = set(held.values_list("variant_id", flat=True))
    variants.update(Backorder.objects.filter(source__in=released).waiting().values_list("variant_id", flat=True))
    variants.update(line.variant_id for lines in wanted.values() for line in lines)
    Stock.objects.lock_everywhere(variants)
    Backorder.objects.lock_settings(sorted(variants))
    for source in released:
        release_all(source=source)
    for source, lines in wanted.items():
        reserve_more(source=source, lines=lines, region=region, now=now)
