"""What Stripe tells us: stored first, answered, then handled by fetching the object it is about.

An event is a hint that something changed, never the change itself. It comes late, twice, in any order, or not at all.
"""

import hashlib
import logging
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from kernel.core import audit
from kernel.core.errors import NotFound, TooLarge
from kernel.events import queue
from kernel.tenancy.actors import Actor, acting_as
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import BillingAccount, StripeEvent, StripeInvoice, Subscription
from shared_apps.billing.rules import inbox as rules
from shared_apps.billing.rules.stripe_objects import Plain, id_of
from shared_apps.billing.services import checkout, gateway, mirror
from shared_apps.billing.services.gateway import ObjectMissing, WebhookRefused
from shared_apps.billing.states import InboxState

logger = logging.getLogger(__name__)

MAX_BODY: Final = 1_048_576
# The SDK refuses what was signed longer ago than this; what claims to come from further ahead is refused here.
TOLERANCE: Final = timedelta(seconds=300)
KEPT: Final = timedelta(days=30)
AT_ONCE: Final = 200
HANDLING_TASK: Final = "billing.handle_stripe_event"
# Whose doing it is, for the audit log.
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
        StripeEvent.objects.bulk_create([row], ignore_conflicts=True)
        stored = StripeEvent.objects.get(event_id=row.event_id)
    _wake_on_commit(stored.pk)
    return stored


def _wake_on_commit(event_pk: int) -> None:
    """Have the event handled at once. Best effort: the row is safe, and the sweeper comes round."""
    queue.after_commit(HANDLING_TASK, event_pk)


def _signed_at(signature: str) -> int:
    """The time in the header, read as the SDK reads it, which has found it well-formed."""
    return next(int(part[2:]) for part in signature.split(",") if part.startswith("t="))


def _row_of(event: Plain, body: bytes, now: datetime) -> StripeEvent:
    """What is signed is stored, however odd: without a usable id under one of its content, the rest as it fits."""
    about: Plain = event["data"]["object"]
    return StripeEvent(
        event_id=rules.name_of(event["id"]) or f"odd_{hashlib.sha256(body).hexdigest()}",
        type=rules.name_of(event["type"]),
        object_id=rules.name_of(id_of(about.get("id"))),
        customer_id=rules.name_of(rules.customer_of(about)),
        payload=rules.storable(event),
        stripe_created_at=rules.moment_of(event["created"]) or now,
        received_at=now,
        due_at=now,
    )


# --- handling --------------------------------------------------------------------------------------------------------


def handle_event(*, event_pk: int, now: datetime) -> bool:
    """Handle one stored event if it is due and nobody else is at it; says whether that was done.

    What fails is noted with the time of the next try, after twelve of them given up where the console shows it.
    """
    with public_schema(), transaction.atomic():
        due = StripeEvent.objects.select_for_update(skip_locked=True).filter(
            pk=event_pk, state=InboxState.RECEIVED, due_at__lte=now
        )
        event = due.first()
        if event is None:
            return False
        try:
            with transaction.atomic(), acting_as(STRIPE):
                note = _handle(event, now)
        except Exception as error:
            logger.warning("Stripe event %s (%s) failed", event.event_id, event.type, exc_info=True)
            _note_failure(event, error, now)
            return False
        StripeEvent.objects.filter(pk=event.pk).update(
            state=InboxState.HANDLED, handled_at=now, note=note, last_error="", attempts=event.attempts + 1
        )
        return True


def sweep_inbox(*, now: datetime) -> int:
    """Handle what a crash or a broker that was away left, and what is to be tried again; returns how many were done."""
    with public_schema():
        due = StripeEvent.objects.filter(state=InboxState.RECEIVED, due_at__lte=now).order_by("due_at", "id")
        waiting = list(due.values_list("pk", flat=True)[:AT_ONCE])
    return sum(handle_event(event_pk=pk, now=now) for pk in waiting)


def prune_inbox(*, now: datetime) -> int:
    """Forget what was handled more than 30 days ago; what was given up stays. Returns how many rows went."""
    with public_schema():
        old = StripeEvent.objects.filter(state=InboxState.HANDLED, handled_at__lt=now - KEPT)
        return old.delete()[0]


@transaction.atomic
def replay_event(*, event_id: str, now: datetime) -> StripeEvent:
    """Have an event (`evt_…`) handled once more from the beginning, whatever became of it. Raises EventNotFound."""
    with public_schema():
        event = StripeEvent.objects.select_for_update().filter(event_id=event_id).first()
        if event is None:
            raise EventNotFound
        before = {"state": event.state, "attempts": event.attempts}
        event.state = InboxState.RECEIVED
        event.attempts = 0
        event.due_at = now
        event.last_error = ""
        event.save(update_fields=["state", "attempts", "due_at", "last_error"])
        owner = BillingAccount.objects.filter(stripe_customer_id=event.customer_id).first()
        subject = f"brand:{owner.brand_id}" if owner else f"stripe_event:{event.pk}"
        audit.record(action="billing.event_replayed", subject=subject, before=before, after={"event": event_id})
    _wake_on_commit(event.pk)
    return event


def _handle(event: StripeEvent, now: datetime) -> str:
    """Bring the mirror up to date with what the event is about; the note says why nothing was to do."""
    if bool(event.payload.get("livemode")) != gateway.is_live():
        return gettext_noop("Of the other mode (test or live) than our key: ignored.")
    work = _WORK.get(event.type.rpartition(".")[0])
    if work is None:
        return gettext_noop("Nothing to do for this kind.")
    if not BillingAccount.objects.filter(stripe_customer_id=event.customer_id).exists():
        return gettext_noop("Of a customer that is not ours.")
    try:
        return work(event, now)
    except ObjectMissing:
        if _is_mirrored(event.object_id):
            raise
        return gettext_noop("It is gone at Stripe.")


def _is_mirrored(object_id: str) -> bool:
    """Whether we have a row for it: then its absence is a riddle that somebody must look at."""
    return (
        Subscription.objects.filter(stripe_subscription_id=object_id).exists()
        or StripeInvoice.objects.filter(stripe_invoice_id=object_id).exists()
    )


def _about_subscription(event: StripeEvent, now: datetime) -> str:
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


def _about_customer(event: StripeEvent, now: datetime) -> str:
    return gettext_noop("The nightly comparison tells of it.") if event.type.endswith("deleted") else ""


_WORK: Final = {
    "customer": _about_customer,
    "customer.subscription": _about_subscription,
    "subscription_schedule": _about_schedule,
    "invoice": _about_invoice,
    "checkout.session": _about_session,
}


def _note_failure(event: StripeEvent, error: Exception, now: datetime) -> None:
    attempts = event.attempts + 1
    pause = rules.pause_after(attempts)
    changes: dict[str, Any] = {"attempts": attempts, "last_error": f"{type(error).__name__}: {error}"[:2000]}
    if pause is None:
        changes["state"] = InboxState.DEAD
        logger.error("Stripe event %s (%s) is given up", event.event_id, event.type)
    else:
        changes["due_at"] = now + pause
    StripeEvent.objects.filter(pk=event.pk).update(**changes)
