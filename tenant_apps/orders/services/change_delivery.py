"""Change where an order goes, or its note, while nothing of it has left."""

from dataclasses import asdict

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.china.phones import normalise_phone
from kernel.core import audit
from kernel.core.errors import Invalid
from kernel.privacy.masking import mask_name, mask_phone
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.lines import Receiver
from tenant_apps.orders.rules.receivers import write_place
from tenant_apps.orders.services import search_index
from tenant_apps.orders.services.changing import ensure_reason, lock_changeable


class NothingChanged(Invalid):
    code = "nothing_changed"
    title = _("Everything is as it was before")


class InvalidReceiver(Invalid):
    code = "invalid_receiver"
    title = _("The receiver breaks a rule")


@transaction.atomic
def change_receiver(*, order_id: int, receiver: Receiver, reason: str) -> Order:
    """Replace name, phone and address of the receiver; the audit log keeps both sides, phone and name masked.

    Raises OrderNotFound, OrderNotOpen, AlreadyShipped, ReasonMissing, InvalidReceiver, NothingChanged.
    """
    said = ensure_reason(reason)
    order = lock_changeable(order_id)
    wanted = asdict(receiver)
    if receiver.phone:
        try:
            wanted["phone"] = normalise_phone(receiver.phone)
        except ValueError as error:
            raise InvalidReceiver(_("This is not a phone number"), field="receiver.phone") from error
    if not order.is_pickup and not (receiver.name and receiver.address):
        field = "receiver.address" if receiver.name else "receiver.name"
        raise InvalidReceiver(_("A parcel needs a name and an address."), field=field)
    before = order.receiver
    if {name: before.get(name, "") for name in wanted} == wanted:
        raise NothingChanged(field="receiver")
    order.receiver = wanted
    order.save(update_fields=["receiver"])
    search_index.index_orders(order_ids=[order.pk])
    audit.record(
        action="orders.change_receiver",
        subject=f"order:{order.pk}",
        before=_told(before),
        after={**_told(wanted), "reason": said},
    )
    return order


@transaction.atomic
def change_note(*, order_id: int, note: str, reason: str) -> Order:
    """Replace the note (500 characters). Raises OrderNotFound, OrderNotOpen, AlreadyShipped, ReasonMissing,
    NothingChanged.
    """
    said = ensure_reason(reason)
    order = lock_changeable(order_id)
    note = note.strip()[:500]
    if note == order.note:
        raise NothingChanged(field="note")
    before = order.note
    order.note = note
    order.save(update_fields=["note"])
    after = {"note": note, "reason": said}
    audit.record(action="orders.change_note", subject=f"order:{order.pk}", before={"note": before}, after=after)
    return order


def _told(receiver: dict[str, object]) -> dict[str, object]:
    return {
        "receiver": mask_name(str(receiver.get("name") or "")),
        "phone": mask_phone(str(receiver.get("phone") or "")),
        "address": write_place(receiver, " "),
    }
