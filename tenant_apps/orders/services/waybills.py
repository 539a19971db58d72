"""Get the waybill of an order before it leaves."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict, Invalid
from kernel.core.states import ensure_allowed
from tenant_apps.orders.models import Order, OrderLine
from tenant_apps.orders.rules.fulfilment import plan_shipment
from tenant_apps.orders.selectors.parcels import count_parcels, find_prepared_parcel, parcel_source
from tenant_apps.orders.services.choose_carrier import choose_carriers
from tenant_apps.orders.services.locking import lock_open_order
from tenant_apps.orders.states import FULFILMENT_TRANSITIONS, MONEY_IS_HERE, FulfilmentState, PaymentState
from tenant_apps.shipping.selectors.parcels import Parcel
from tenant_apps.shipping.services import parcels, waybills


class NotPaidYet(Conflict):
    code = "order_not_paid"
    title = _("The order is not paid")


class CarrierMissing(Invalid):
    code = "carrier_missing"
    title = _("Enter the carrier.")


@transaction.atomic
def request_waybill(*, order_id: int, carrier: str = "", now: datetime) -> Parcel:
    """Pack what is left of the order and get the tracking number; the order ships with it later.

    A parcel that is being packed keeps its carrier and number. An empty carrier is chosen by the brand's rules. Raises
    OrderNotFound, OrderNotOpen, IllegalTransition, NotPaidYet, CarrierMissing, and what `issue_waybill` raises.
    """
    order = lock_open_order(order_id)
    ensure_allowed(FULFILMENT_TRANSITIONS, now=FulfilmentState(order.fulfilment_state), wanted=FulfilmentState.SHIPPED)
    if PaymentState(order.payment_state) not in MONEY_IS_HERE:
        raise NotPaidYet
    prepared = find_prepared_parcel(order_id=order.pk)
    if prepared is None:
        prepared = _prepare(order, carrier.strip(), now)
    return waybills.issue_waybill(parcel_id=prepared.pk)


def _prepare(order: Order, carrier: str, now: datetime) -> Parcel:
    reason = ""
    if not carrier:
        choice = choose_carriers([order]).get(order.pk)
        if choice is None:
            raise CarrierMissing(field="carrier")
        carrier, reason = choice.carrier, choice.reason
    lines = list(OrderLine.objects.filter(order=order).order_by("line_no", "id"))
    pieces = plan_shipment([line.shippable for line in lines], None)
    contents = [
        parcels.PackedLine(line.line_no, line.sku, line.name, pieces[line.line_no])
        for line in lines
        if line.line_no in pieces
    ]
    new = parcels.NewParcel(
        source=parcel_source(order.pk),
        contents=contents,
        carrier=carrier[:40],
        receiver=order.receiver,
        carrier_reason=reason,
        reference=order.number,
        note=order.note,
    )
    return waybills.prepare_parcel(new=new, seq=count_parcels(order_id=order.pk) + 1, now=now)
