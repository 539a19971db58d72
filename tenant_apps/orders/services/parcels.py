"""Carrier and tracking number of a shipment: what is required, and their correction."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, FieldError, Invalid, ReasonMissing
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.rules.carriers import is_collection
from tenant_apps.orders.selectors import OrderNotFound
from tenant_apps.orders.states import OrderState


class ParcelNotNamed(Invalid):
    code = "parcel_not_named"
    title = _("Carrier and tracking number are required")


class OrderNotShipped(Conflict):
    code = "order_not_shipped"
    title = _("The order is not shipped")


class NothingCorrected(Invalid):
    code = "nothing_corrected"
    title = _("Carrier and tracking number are the same as before")


def ensure_parcel_is_named(*, order_id: int, carrier: str, tracking_number: str) -> None:
    """Raise ParcelNotNamed, naming each missing field, unless buyers collect the goods or there are only services."""
    missing = []
    if not carrier:
        missing.append(FieldError("carrier", ParcelNotNamed.code, _("Enter the carrier.")))
    if not tracking_number and not is_collection(carrier):
        missing.append(FieldError("tracking_number", ParcelNotNamed.code, _("Enter the tracking number.")))
    if missing and OrderLine.objects.filter(order_id=order_id, is_stocked=True).exists():
        raise ParcelNotNamed(errors=missing)


@transaction.atomic
def correct_parcel(*, order_id: int, carrier: str, tracking_number: str, reason: str) -> Order:
    """Replace carrier and tracking number of a shipped order; the audit log keeps both sides and the reason.

    Raises OrderNotFound, OrderNotShipped, ParcelNotNamed, NothingCorrected, ReasonMissing.
    """
    carrier = carrier.strip()[:40]
    tracking_number = tracking_number.strip()[:64]
    reason = reason.strip()
    order = Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound
    if order.shipped_at is None or order.state == OrderState.CANCELLED:
        raise OrderNotShipped
    if not reason:
        raise ReasonMissing(field="reason")
    ensure_parcel_is_named(order_id=order.pk, carrier=carrier, tracking_number=tracking_number)
    before = {"carrier": order.carrier, "tracking_number": order.tracking_number}
    after = {"carrier": carrier, "tracking_number": tracking_number}
    if before == after:
        raise NothingCorrected(field="tracking_number")
    order.carrier = carrier
    order.tracking_number = tracking_number
    order.save(update_fields=["carrier", "tracking_number"])
    audit.record(
        action="orders.correct_parcel",
        subject=f"order:{order.pk}",
        before=before,
        after={**after, "reason": reason},
    )
    return order
