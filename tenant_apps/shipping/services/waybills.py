"""Get tracking numbers for parcels that are being packed, and give them back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict
from tenant_apps.shipping.models import Parcel
from tenant_apps.shipping.selectors.parcels import lock_parcel
from tenant_apps.shipping.selectors.settings import get_options
from tenant_apps.shipping.services import kdniao
from tenant_apps.shipping.services.parcels import NewParcel, build_parcel
from tenant_apps.shipping.states import ParcelState


class ParcelNotPrepared(Conflict):
    code = "parcel_not_prepared"
    title = _("Only a parcel that has not left can be voided")


class CarrierUnknown(Conflict):
    code = "carrier_unknown"
    title = _("This carrier gives no electronic waybills here")


class SenderMissing(Conflict):
    code = "sender_missing"
    title = _("Enter the sender's name, phone and address first")


@transaction.atomic
def prepare_parcel(*, new: NewParcel, seq: int, now: datetime) -> Parcel:
    """Record a parcel that is being packed, as number `seq` of its source; nothing has left."""
    parcel = build_parcel(new, seq, now)
    parcel.state = ParcelState.PREPARED
    parcel.shipped_at = None
    parcel.save(force_insert=True)
    return parcel


@transaction.atomic
def issue_waybill(*, parcel_id: int) -> Parcel:
    """Get the parcel's tracking number; one that has it already is returned as it is.

    The carrier knows the parcel by one code, so that asking again after an unknown result gives the first number.
    Raises ParcelNotFound, ParcelNotPrepared, CarrierUnknown, SenderMissing, and what `kdniao.issue` raises.
    """
    parcel = lock_parcel(parcel_id)
    if parcel.tracking_number:
        return parcel
    if parcel.state != ParcelState.PREPARED:
        raise ParcelNotPrepared
    if not parcel.carrier_code:
        raise CarrierUnknown(field="carrier")
    sender = get_options().sender
    if not sender.is_whole:
        raise SenderMissing
    issued = kdniao.issue(parcel=parcel, sender=sender)
    parcel.tracking_number = issued.tracking_number
    parcel.waybill = {
        "mark_destination": issued.mark_destination,
        "sorting_code": issued.sorting_code,
        "package_name": issued.package_name,
    }
    parcel.save(update_fields=["tracking_number", "waybill"])
    audit.record(
        action="shipping.issue_waybill",
        subject=f"parcel:{parcel.pk}",
        after={"carrier": parcel.carrier, "tracking_number": parcel.tracking_number},
    )
    return parcel


@transaction.atomic
def void_parcel(*, parcel_id: int) -> Parcel:
    """Give up a parcel that has not left; its number goes back to the carrier.

    Raises ParcelNotFound, ParcelNotPrepared, and what `kdniao.cancel` raises: then the parcel stays.
    """
    parcel = lock_parcel(parcel_id)
    if parcel.state != ParcelState.PREPARED:
        raise ParcelNotPrepared
    if parcel.tracking_number:
        kdniao.cancel(parcel=parcel)
    parcel.state = ParcelState.VOIDED
    parcel.save(update_fields=["state"])
    audit.record(
        action="shipping.void_parcel",
        subject=f"parcel:{parcel.pk}",
        before={"tracking_number": parcel.tracking_number},
    )
    return parcel
