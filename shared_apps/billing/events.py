"""Facts of billing. All of them are published in the platform's own outbox."""

from dataclasses import dataclass
from datetime import datetime

from kernel.events.outbox import event


@event("billing.reminder_noted")
@dataclass(frozen=True)
class ReminderNoted:
    """A brand is owed a reminder; the row that says it was sent was written with this."""

    reminder_id: int


@event("billing.stripe_event_received")
@dataclass(frozen=True)
class StripeEventReceived:
    """Stripe told us something; the webhook was stored with this."""

    event_id: str


@event("billing.account_closed")
@dataclass(frozen=True)
class AccountClosed:
    """An owner closed the account: nothing is to be collected after the period that is paid."""

    brand_id: int
    closing_at: datetime


@event("billing.collecting_stops")
@dataclass(frozen=True)
class CollectingStops:
    """It is noted what closing the account is going to cancel at Stripe; this has it done."""

    attempt_id: int


@event("billing.suspension_stops")
@dataclass(frozen=True)
class SuspensionStops:
    """It is noted what support's suspension is going to cancel at Stripe; this has it done."""

    attempt_id: int


@event("billing.account_reopened")
@dataclass(frozen=True)
class AccountReopened:
    """The owner took it back; what was cancelled since then for its sake goes on."""

    brand_id: int
    closed_at: datetime
