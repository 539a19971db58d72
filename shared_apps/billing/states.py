"""The words of billing: intervals, what a subscription can be, where a payment stands."""

from enum import StrEnum
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.states import Transitions


class Interval(models.TextChoices):
    """Interval at which a plan is paid."""

    MONTH = "month", _("Monthly")
    YEAR = "year", _("Yearly")


class SubscriptionStatus(models.TextChoices):
    """Stripe's own words for where a subscription stands (API reference, "subscription.status")."""

    INCOMPLETE = "incomplete", _("First payment open")
    INCOMPLETE_EXPIRED = "incomplete_expired", _("First payment never came")
    TRIALING = "trialing", _("On trial")
    ACTIVE = "active", _("Active")
    PAST_DUE = "past_due", _("Payment overdue")
    UNPAID = "unpaid", _("Unpaid")
    PAUSED = "paused", _("Paused")
    CANCELED = "canceled", _("Ended")


# A subscription in one of these still lives at Stripe: a brand has one at most.
LIVE_STATUSES: Final = frozenset(
    {
        SubscriptionStatus.INCOMPLETE,
        SubscriptionStatus.TRIALING,
        SubscriptionStatus.ACTIVE,
        SubscriptionStatus.PAST_DUE,
        SubscriptionStatus.UNPAID,
        SubscriptionStatus.PAUSED,
    }
)

# These live at Stripe and bring nothing any more: buying a plan ends them and takes their place.
DEAD_STATUSES: Final = frozenset({SubscriptionStatus.PAUSED, SubscriptionStatus.UNPAID})

# A subscription schedule in one of these still decides about its subscription (API reference, "schedule.status").
LIVE_SCHEDULES: Final = frozenset({"active", "not_started"})


class CheckoutStatus(StrEnum):
    """Stripe's own words for a pay page (API reference, "checkout.session.status")."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class InvoiceStatus(models.TextChoices):
    """Stripe's own words for where an invoice stands."""

    DRAFT = "draft", _("Draft")
    OPEN = "open", pgettext_lazy("invoice", "Open")
    PAID = "paid", _("Paid")
    UNCOLLECTIBLE = "uncollectible", _("Uncollectible")
    VOID = "void", _("Void")


class PlanPeriodKind(models.TextChoices):
    """Reason for which a plan runs without Stripe."""

    OFFLINE = "offline", _("Bank transfer")
    COMP = "comp", _("Given")


class PaymentState(models.TextChoices):
    """State of a recorded bank transfer."""

    AWAITING_APPROVAL = "awaiting", _("Waiting for a second person")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    REVERSED = "reversed", _("Reversed")


PAYMENT_TRANSITIONS: Final[Transitions[PaymentState]] = {
    PaymentState.AWAITING_APPROVAL: frozenset({PaymentState.APPROVED, PaymentState.REJECTED}),
    PaymentState.APPROVED: frozenset({PaymentState.REVERSED}),
    PaymentState.REJECTED: frozenset(),
    PaymentState.REVERSED: frozenset(),
}


class PauseReason(models.TextChoices):
    """Stripe's own words for why a subscription is paused ("subscription.status_details.paused")."""

    PAUSE_REQUESTED = "pause_requested", _("On request")
    FIRST_PAYMENT_FAILURE = "first_payment_failure", _("After a failed payment")
    FINAL_PAYMENT_FAILURE = "final_payment_failure", _("After the last failed payment")
    SYSTEM = "system", _("By Stripe")
    TRIAL_END_WITHOUT_PAYMENT_METHOD = "trial_end_without_payment_method", _("Without a card at the trial's end")


class DisputeStatus(models.TextChoices):
    """Stripe's own words for where a dispute stands."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response", _("Inquiry: answer needed")
    WARNING_UNDER_REVIEW = "warning_under_review", _("Inquiry: under review")
    WARNING_CLOSED = "warning_closed", _("Inquiry closed")
    NEEDS_RESPONSE = "needs_response", _("Disputed: answer needed")
    UNDER_REVIEW = "under_review", _("Disputed: under review")
    WON = "won", _("Dispute won")
    LOST = "lost", _("Dispute lost")
    PREVENTED = "prevented", _("Dispute prevented")


class ChangeKind(models.TextChoices):
    """Kind of change of a subscription: the rows from which churn and MRR are counted."""

    STARTED = "started", _("Started")
    RENEWED = "renewed", _("Renewed")
    UPGRADED = "upgraded", _("Upgraded")
    DOWNGRADED = "downgraded", _("Downgraded")
    FELL_DUE = "fell_due", _("Payment overdue")
    RECOVERED = "recovered", _("Paid again")
    CANCEL_SCHEDULED = "cancel_scheduled", _("Cancelled for the period's end")
    CANCEL_UNDONE = "cancel_undone", _("Cancellation undone")
    ENDED = "ended", _("Ended")


class AttemptKind(models.TextChoices):
    """Kind of write at Stripe."""

    CHECKOUT = "checkout", _("Pay page")
    PORTAL = "portal", _("Customer portal")
    UPGRADE = "upgrade", _("Upgrade")
    DOWNGRADE = "downgrade", _("Downgrade at the period's end")
    UNDO = "undo", _("Undo a downgrade")
    CANCEL = "cancel", _("Cancel at the period's end")
    UNDO_CANCEL = "undo_cancel", _("Undo a cancellation")
    RESUME = "resume", _("Resume after a pause")
    REPLACE = "replace", _("Replace what is dead")


class AttemptState(models.TextChoices):
    """Result of an attempt. A pay page stays open until it is paid, a stop for closing until Stripe was told."""

    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    EXPIRED = "expired", _("Expired")
    REFUSED = "refused", _("Refused")


class CancelReason(models.TextChoices):
    """Reason an owner gives when cancelling."""

    TOO_EXPENSIVE = "too_expensive", _("Too expensive")
    MISSING_FEATURE = "missing_feature", _("Something is missing")
    TOO_DIFFICULT = "too_difficult", _("Too difficult to use")
    OTHER_SYSTEM = "other_system", _("We changed to another system")
    BUSINESS_ENDED = "business_ended", _("The business has ended or rests")
    PAYING_OTHERWISE = "paying_otherwise", _("We want to pay in another way")
    OTHER = "other", _("Another reason")
