"""Store what Stripe tells us, and handle it by fetching the object it is about.

An event is a hint that something changed, never the change itself. It comes late, twice, in any order, or not at all.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from kernel.core import audit
from kernel.core.errors import NotFound, TooLarge
from kernel.events import outbox
from kernel.tenancy.actors import Actor, acting_as
from kernel.tenancy.context import public_schema
from shared_apps.billing.events import StripeEventReceived
from shared_apps.billing.models import BillingAccount, StripeEvent, StripeInvoice, Subscription
from shared_apps.billing.models.inbox import STRIPE as SOURCE
from shared_apps.billing.rules import inbox as rules
from shared_apps.billing.rules.stripe_objects import Plain, id_of
from shared_apps.billing.services import cards, checkout, customers, gateway, mirror
from shared_apps.billing.services.gateway import ObjectMissing, WebhookRefused

MAX_BODY: Final = 1_048_576
# The SDK refuses what was signed longer ago than this; what claims to come from further ahead is refused here.
TOLERANCE: Final = timedelta(seconds=300)
KEPT: Final = timedelta(days=30)
STRIPE: Final = Actor(kind="system", id=None, label="Stripe")


class EventNotFound(NotFound):
    code = "event_not_found"
    title = _("There is no such event")


# --- coming in -------------------------------------------------------------------------------------------------------


@transaction.atomic
def receive_event(*, body: bytes, signature: str, now: datetime) -> StripeEvent:
    """Store a webhook whose signature is right; one that is known already is not stored again.

    Raises TooLarge above 1 MB, WebhookRefused for a signature that is wrong, older than 300 seconds or from more than
    300 seconds ahead, BillingNotConfigured without a key or a secret.
    """
    if len(body) > MAX_BODY:
        raise TooLarge
    event = gateway.read_event(body, signature)
    if _signed_at(signature) > now.timestamp() + TOLERANCE.total_seconds():
        raise WebhookRefused
    row = _row_of(event, body, now)
    with public_schema():
        known = StripeEvent.objects.filter(source=row.source, event_id=row.event_id)
        found = known.first()
        if found is not None:
            return found
        try:
            with transaction.atomic():
                row.message_id = outbox.publish(StripeEventReceived(event_id=row.event_id))
                row.save(force_insert=True)
        except IntegrityError:  # the same webhook at the same moment in another process
            return known.get()
        return row


def _signed_at(signature: str) -> int:
    """Return the time in the header, read as the SDK reads it, which has found it well-formed."""
    return next(int(part[2:]) for part in signature.split(",") if part.startswith("t="))


def _row_of(event: Plain, body: bytes, now: datetime) -> StripeEvent:
    """Return the row of a signed event, however odd: without a usable id under one of its content."""
    about: Plain = event["data"]["object"]
    return StripeEvent(
        event_id=rules.name_of(event["id"]) or f"odd_{hashlib.sha256(body).hexdigest()}",
        type=rules.name_of(event["type"]),
        object_id=rules.name_of(id_of(about.get("id"))),
        customer_id=rules.name_of(rules.customer_of(about)),
        payload=rules.storable(event),
        stripe_created_at=rules.moment_of(event["created"]) or now,
        received_at=now,
    )


# --- handling --------------------------------------------------------------------------------------------------------


def handle_event(*, event_id: str, now: datetime) -> bool:
    """Handle a stored event (`evt_…`) unless that was done; says whether it was done now. Raises what Stripe refuses.

    The row stays locked meanwhile: of two at once the second finds it handled.
    """
    with public_schema(), transaction.atomic(), acting_as(STRIPE):
        events = StripeEvent.objects.select_for_update().filter(source=SOURCE, event_id=event_id)
        event = events.filter(handled_at__isnull=True).first()
        if event is None:
            return False
        note = _handle(event, now)
        StripeEvent.objects.filter(pk=event.pk).update(handled_at=now, note=note)
        return True


def prune_inbox(*, now: datetime) -> int:
    """Delete what was handled more than 30 days ago; what was given up stays. Returns how many rows went."""
    with public_schema():
        old = StripeEvent.objects.filter(handled_at__lt=now - KEPT)
        return old.delete()[0]


@transaction.atomic
def replay_event(*, event_id: str) -> StripeEvent:
    """Have an event (`evt_…`) handled once more from the beginning, whatever became of it. Raises EventNotFound."""
    with public_schema():
        event = StripeEvent.objects.select_for_update().filter(source=SOURCE, event_id=event_id).first()
        if event is None:
            raise EventNotFound
        former = StripeEvent.objects.with_delivery().get(pk=event.pk)
        event.handled_at = None
        event.note = ""
        if event.message_id is None or not outbox.redeliver(event.message_id):
            event.message_id = outbox.publish(StripeEventReceived(event_id=event_id))
        event.save(update_fields=["handled_at", "note", "message_id"])
        owner = BillingAccount.objects.filter(stripe_customer_id=event.customer_id).first()
        subject = f"brand:{owner.brand_id}" if owner else f"stripe_event:{event.pk}"
        before = {"state": former.state, "attempts": former.attempts}
        audit.record(action="billing.event_replayed", subject=subject, before=before, after={"event": event_id})
    return event


def _handle(event: StripeEvent, now: datetime) -> str:
    """Bring the mirror up to date with what the event is about; the note says why nothing was to do."""
    if bool(event.payload.get("livemode")) != gateway.is_live():
        return gettext_noop("Of the other mode (test or live) than our key: ignored.")
    work = _WORK.get(event.type.rpartition(".")[0])
    if work is None:
        return gettext_noop("Nothing to do for this kind.")
    names_customer = not event.type.startswith("charge.dispute.")  # a dispute names its payment only
    if names_customer and not BillingAccount.objects.filter(stripe_customer_id=event.customer_id).exists():
        return gettext_noop("It belongs to a customer of another platform.")
    try:
        return work(event, now)
    except ObjectMissing:
        # What we have a row for is not simply gone: its absence is a riddle that somebody must look at.
        if (
            Subscription.objects.filter(stripe_subscription_id=event.object_id).exists()
            or StripeInvoice.objects.filter(stripe_invoice_id=event.object_id).exists()
        ):
            raise
        return gettext_noop("It no longer exists at Stripe.")


def _about_subscription(event: StripeEvent, now: datetime) -> str:
    if customers.lock_owner(customer_id=event.customer_id) is not None:
        cards.follow_subscription(subscription_id=event.object_id)
    mirror.mirror_subscription(subscription_id=event.object_id, now=now, customer_id=event.customer_id)
    return ""


def _about_schedule(event: StripeEvent, now: datetime) -> str:
    about = event.payload["data"]["object"]
    subscription_id = id_of(about.get("subscription")) or id_of(about.get("released_subscription"))
    if not subscription_id:
        return gettext_noop("A schedule without a subscription.")
    mirror.mirror_subscription(subscription_id=subscription_id, now=now, customer_id=event.customer_id)
    return ""


def _about_invoice(event: StripeEvent, now: datetime) -> str:
    if not event.object_id:
        return gettext_noop("An invoice that is only announced.")
    mirror.mirror_invoice(invoice_id=event.object_id, now=now, customer_id=event.customer_id)
    return ""


def _about_session(event: StripeEvent, now: datetime) -> str:
    account = BillingAccount.objects.get(stripe_customer_id=event.customer_id)
    checkout.finish_checkout(brand_id=account.brand_id, session_id=event.object_id, now=now)
    return ""


def _about_money(event: StripeEvent, now: datetime) -> str:
    """A charge, a dispute or a credit note: what is left of the money of the invoice behind it is looked up."""
    about = event.payload["data"]["object"]
    invoice_id = id_of(about.get("invoice")) or gateway.find_invoice_paid_by(id_of(about.get("payment_intent")))
    if not invoice_id:
        return gettext_noop("It is about no invoice.")
    if not mirror.mirror_invoice(invoice_id=invoice_id, now=now):
        return gettext_noop("It belongs to a customer of another platform.")
    return ""


def _about_customer(event: StripeEvent, now: datetime) -> str:
    if event.type.endswith("deleted"):
        mirror.mirror_lost_customer(customer_id=event.customer_id, now=now)
    elif "invoice_settings" in (event.payload["data"].get("previous_attributes") or {}):
        cards.follow_customer(customer_id=event.customer_id)
    return ""


_WORK: Final = {
    "charge": _about_money,
    "charge.dispute": _about_money,
    "credit_note": _about_money,
    "customer": _about_customer,
    "customer.subscription": _about_subscription,
    "subscription_schedule": _about_schedule,
    "invoice": _about_invoice,
    "checkout.session": _about_session,
}
