"""Words of the audit log: acts that this app records, and their facts."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject
from kernel.models import DeliveryState
from shared_apps.billing.states import ChangeKind, DisputeStatus, Interval, PauseReason, SubscriptionStatus

WORDS: Final = ActWords(
    acts={
        "billing.cancel_reason": _("Why the plan was cancelled"),
        "billing.checkout_started": _("Went to the pay page"),
        "billing.customer_gone": _("Deleted at Stripe as a customer"),
        "billing.customer_made": _("Made known to Stripe"),
        "billing.differed_from_stripe": _("Differed from Stripe, repaired"),
        "billing.event_replayed": _("Stripe event handled again"),
        "billing.subscription_changed": _("Subscription changed"),
        "billing.plan_upgrade": _("Changed to a larger plan"),
        "billing.plan_downgrade": _("Planned a smaller plan for the period's end"),
        "billing.change_undone": _("Planned change undone"),
        "billing.cancelled": _("Cancelled for the period's end"),
        "billing.cancel_undone": _("Cancellation undone"),
        "billing.ended": _("Ended"),
        "billing.money_returned": _("Money went back at Stripe"),
        "billing.replaced": _("Replaced by a new purchase"),
        "billing.resumed": _("Went on after a pause"),
        "billing.time_revoked": _("Given time taken back"),
        "billing.transfer_approved": _("Bank transfer approved"),
        "billing.transfer_rejected": _("Bank transfer rejected"),
        "billing.transfer_reversed": _("Bank transfer reversed"),
        "billing.time_given": _("Time given"),
        "billing.plan_drafted": _("Version of a plan drafted"),
        "billing.plan_draft_changed": _("Draft of a plan changed"),
        "billing.plan_published": _("Version of a plan published"),
        "billing.transfer_recorded": _("Bank transfer recorded"),
    },
    facts={
        "amount": _("Amount"),
        "amount_returned": _("Paid back"),
        "attempts": _("Attempts"),
        "cancel_at_period_end": _("Ends with the period"),
        "comment": _("Comment"),
        "cover_ends_at": _("Paid until"),
        "current_period_end": _("Period until"),
        "days": _("Days"),
        "dispute_status": _("Dispute"),
        "ends_at": _("Ends"),
        "event": _("Event"),
        "happened": _("What happened"),
        "interval": _("Paid"),
        "invoice": _("Invoice"),
        "needs_second_person": _("Needs a second person"),
        "pending_plan_version_id": _("Next plan"),
        "pause_reason": _("Paused because"),
        "plan_version_id": _("Plan"),
        "reference": _("The bank's reference"),
        "session": _("Pay page at Stripe"),
        "starts_at": _("Begins"),
        "status": _("Subscription"),
        "stripe_customer_id": _("Customer at Stripe"),
        "subscription": _("Subscription at Stripe"),
        "period": _("Period"),
        "transfer": _("Bank transfer"),
    },
    choices={
        "happened": (ChangeKind,),
        "interval": (Interval,),
        "dispute_status": (DisputeStatus,),
        "pause_reason": (PauseReason,),
        "state": (DeliveryState,),
        "status": (SubscriptionStatus,),
    },
    subjects={
        "plan": Subject(_("Plan"), key_is_shown=True),
        "stripe": Subject(_("Object at Stripe"), key_is_shown=True),
        "stripe_event": Subject(_("Event from Stripe"), model="billing.stripeevent"),
    },
)
