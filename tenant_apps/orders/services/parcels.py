"""Carrier and tracking number of a shipment: what is required, and their correction."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, FieldError, Invalid, ReasonMissing
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.rules.carriers import is_collection
from tenant_apps.orders.selectors import parcels
from tenant_apps.orders.services import search_index
from tenant_apps.orders.services.locking import lock_order
from tenant_apps.orders.states import FulfilmentState, OrderState
from tenant_apps.shipping.selectors.parcels import Parcel, ParcelNotFound
from tenant_apps.shipping.services import parcels as shipping


class ParcelNotNamed(Invalid):
    code = "parcel_not_named"
    title = _("Carrier and tracking number are required")


class OrderNotShipped(Conflict):
    code = "order_not_shipped"
    title = _("The order is not shipped")


class NothingCorrected(Invalid):
    code = "nothing_corrected"
    title = _("Carrier and tracking number are the same as before")


def ensure_parcel_is_named(*, carrier: str, tracking_number: str) -> None:
    """Raise ParcelNotNamed, naming each missing field, unless buyers collect the goods."""
    missing = []
    if not carrier:
        missing.append(FieldError("carrier", ParcelNotNamed.code, _("Enter the carrier.")))
    if not tracking_number and not is_collection(carrier):
        missing.append(FieldError("tracking_number", ParcelNotNamed.code, _("Enter the tracking number.")))
    if missing:
        raise ParcelNotNamed(errors=missing)


@transaction.atomic
def correct_parcel(
    *, order_id: int, carrier: str, tracking_number: str, reason: str, parcel_id: int | None = None
) -> Order:
    """Replace carrier and tracking number of one of the order's parcels, or of the latest (None).

    The audit log keeps both sides and the reason. Raises OrderNotFound, OrderNotShipped, ParcelNotFound,
    ParcelNotNamed, NothingCorrected, ReasonMissing.
    """
    carrier = carrier.strip()[:40]
    tracking_number = tracking_number.strip()[:64]
    reason = reason.strip()
    order = lock_order(order_id)
    if order.fulfilment_state == FulfilmentState.UNFULFILLED or order.state == OrderState.CANCELLED:
        raise OrderNotShipped
    if not reason:
        raise ReasonMissing(field="reason")
    if OrderLine.objects.filter(order=order, is_stocked=True).exists():
        ensure_parcel_is_named(carrier=carrier, tracking_number=tracking_number)
    sent = parcels.list_parcels(order_id=order.pk)
    corrected = _find_parcel(sent, parcel_id)
    before = {"carrier": order.carrier, "tracking_number": order.tracking_number}
    if corrected is not None:
        before = {"carrier": corrected.carrier, "tracking_number": corrected.tracking_number}
    after = {"carrier": carrier, "tracking_number": tracking_number}
    if before == after:
        raise NothingCorrected(field="tracking_number")
    if corrected is not None:
        shipping.correct_parcel(parcel_id=corrected.pk, carrier=carrier, tracking_number=tracking_number)
    if corrected is None or corrected.pk == sent[-1].pk:
        order.carrier = carrier
        order.tracking_number = tracking_number
        order.save(update_fields=["carrier", "tracking_number"])
    search_index.index_orders(order_ids=[order.pk])
    audit.record(
        action="orders.correct_parcel",
        subject=f"order:{order.pk}",
        before=before,
        after={**after, "reason": reason},
    )
    return order


def _find_parcel(sent: Sequence[Parcel], parcel_id: int | None) -> Parcel | None:
    """Return the parcel to correct; None where an order was shipped before parcels were kept."""
    if parcel_id is None:
        return sent[-1] if sent else None
    found = [parcel for parcel in sent if parcel.pk == parcel_id]
    if not found:
        raise ParcelNotFound(field="parcel_id")
    return found[0]
