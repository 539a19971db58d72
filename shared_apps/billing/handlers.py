"""Reactions to facts."""

from kernel import clock
from kernel.outbox import handles
from shared_apps.billing.events import AccountClosed, AccountReopened, ReminderNoted
from shared_apps.billing.services import closing, lifecycle, reminders
from shared_apps.tenants.events import StandingTouched


@handles(StandingTouched, name="billing.settle_brand")
def settle_brand(event: StandingTouched) -> None:
    lifecycle.settle_brand(brand_id=event.brand_id, now=clock.now())


@handles(ReminderNoted, name="billing.send_reminder")
def send_reminder(event: ReminderNoted) -> None:
    reminders.send_reminder(reminder_id=event.reminder_id, now=clock.now())


@handles(AccountClosed, name="billing.stop_collecting")
def stop_collecting(event: AccountClosed) -> None:
    closing.stop_collecting(brand_id=event.brand_id, now=clock.now())


@handles(AccountReopened, name="billing.go_on_collecting")
def go_on_collecting(event: AccountReopened) -> None:
    closing.go_on_collecting(brand_id=event.brand_id, closed_at=event.closed_at, now=clock.now())
