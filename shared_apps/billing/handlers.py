"""Reactions to facts."""

from kernel import clock
from kernel.outbox import handles
from shared_apps.billing.events import AccountClosed, AccountReopened, CollectingStops, ReminderNoted
from shared_apps.billing.services import collecting, lifecycle, reminders
from shared_apps.tenants.events import StandingTouched


@handles(StandingTouched, name="billing.settle_brand")
def settle_brand(event: StandingTouched) -> None:
    lifecycle.settle_brand(brand_id=event.brand_id, now=clock.now())


@handles(ReminderNoted, name="billing.send_reminder")
def send_reminder(event: ReminderNoted) -> None:
    reminders.send_reminder(reminder_id=event.reminder_id, now=clock.now())


@handles(AccountClosed, name="billing.note_stop")
def note_stop(event: AccountClosed) -> None:
    collecting.note_stop(brand_id=event.brand_id, now=clock.now())


@handles(CollectingStops, name="billing.stop_collecting")
def stop_collecting(event: CollectingStops) -> None:
    collecting.stop_collecting(attempt_id=event.attempt_id, now=clock.now())


@handles(AccountReopened, name="billing.go_on_collecting")
def go_on_collecting(event: AccountReopened) -> None:
    collecting.go_on_collecting(brand_id=event.brand_id, closed_at=event.closed_at, now=clock.now())
