"""React to facts of tenants and billing."""

from kernel.core import clock
from kernel.events.outbox import handles
from shared_apps.billing.events import (
    AccountClosed,
    AccountReopened,
    CollectingStops,
    ReminderNoted,
    StripeEventReceived,
    SuspensionStops,
)
from shared_apps.billing.models.inbox import HANDLER
from shared_apps.billing.services import collecting, inbox, lifecycle, reminders, withholding
from shared_apps.tenants.events import BillingFactsChanged


@handles(StripeEventReceived, name=HANDLER)
def handle_stripe_event(event: StripeEventReceived) -> None:
    inbox.handle_event(event_id=event.event_id, now=clock.now())


@handles(BillingFactsChanged, name="billing.sync_billing_status")
def sync_billing_status(event: BillingFactsChanged) -> None:
    lifecycle.sync_billing_status(brand_id=event.brand_id, now=clock.now())


@handles(BillingFactsChanged, name="billing.follow_brand")
def follow_brand(event: BillingFactsChanged) -> None:
    withholding.follow_brand(brand_id=event.brand_id, now=clock.now())


@handles(SuspensionStops, name="billing.carry_out_suspension")
def carry_out_suspension(event: SuspensionStops) -> None:
    withholding.carry_out(attempt_id=event.attempt_id, now=clock.now())


@handles(ReminderNoted, name="billing.send_reminder")
def send_reminder(event: ReminderNoted) -> None:
    reminders.send_reminder(reminder_id=event.reminder_id, now=clock.now())


@handles(AccountClosed, name="billing.record_stop")
def record_stop(event: AccountClosed) -> None:
    collecting.record_stop(brand_id=event.brand_id, now=clock.now())


@handles(CollectingStops, name="billing.stop_collecting")
def stop_collecting(event: CollectingStops) -> None:
    collecting.stop_collecting(attempt_id=event.attempt_id, now=clock.now())


@handles(AccountReopened, name="billing.go_on_collecting")
def go_on_collecting(event: AccountReopened) -> None:
    collecting.go_on_collecting(brand_id=event.brand_id, closed_at=event.closed_at, now=clock.now())
    withholding.follow_brand(brand_id=event.brand_id, now=clock.now())  # support may have its own word to say
