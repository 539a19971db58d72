"""Another plan: upwards at once and paid for the rest of the period, downwards when the period ends.

An upgrade is made with the moment it was previewed for, so that what is taken is what was shown.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, NotFound, Unavailable
from kernel.core.money import ZERO
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import PlanVersion, Subscription
from shared_apps.billing.rules import stripe_objects as objects
from shared_apps.billing.rules.stripe_objects import InvoicePreview, PreviewLine, SubscriptionFacts
from shared_apps.billing.selectors import plans, subscriptions
from shared_apps.billing.services import attempts, customers, gateway, gateway_writes, mirror, revenue, sync
from shared_apps.billing.services.gateway import (
    AUTHENTICATION_REQUIRED,
    CardRefused,
    OutcomeUnknown,
    PaymentServiceUnavailable,
)
from shared_apps.billing.states import LIVE_STATUSES, AttemptKind, SubscriptionStatus
from shared_apps.tenants.services import lifecycle as tenants

# For so long a preview may be looked at before the click. Stripe would take any moment of the period: an old one would
# be a cheaper one.
PREVIEW_LASTS: Final = timedelta(minutes=30)
_CHANGEABLE: Final = frozenset({SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE})


class NoSubscription(NotFound):
    code = "no_subscription"
    title = _("There is no subscription yet: choose a plan first")


class SamePlan(Conflict):
    code = "same_plan"
    title = _("This is the plan you have")


class ChangePending(Conflict):
    code = "change_pending"
    title = _("A change is planned for the end of the period already. Undo it first")


class EndsWithPeriod(Conflict):
    code = "ends_with_period"
    title = _("The subscription is cancelled. Undo that first")


class PaymentOpen(Conflict):
    code = "payment_open"
    title = _("A payment is open. Settle it first")


class NothingToUndo(Conflict):
    code = "nothing_to_undo"
    title = _("There is nothing to undo")


class ChangeNotTaken(Unavailable):
    code = "change_not_taken"
    title = _("The payment service did not take the change. Please try again")


class PreviewTooOld(Conflict):
    code = "preview_too_old"
    title = _("The preview is too old: look at the amount once more")


@dataclass(frozen=True)
class ChangePreview:
    """Effect of a change. Amounts with two places in `currency`; credits in `lines` are negative."""

    is_upgrade: bool
    effective_at: datetime
    amount_due: Decimal
    currency: str
    lines: tuple[PreviewLine, ...]
    proration_at: datetime
    plan_version: PlanVersion


@dataclass(frozen=True)
class MadeChange:
    """The subscription after a change. `confirm_url`: where its payer must confirm the payment before it is made."""

    row: Subscription
    confirm_url: str = ""


@dataclass(frozen=True)
class _PossibleChange:
    """A change that is possible, the subscription just fetched under the brand's lock."""

    row: Subscription
    facts: SubscriptionFacts
    version: PlanVersion
    interval: str
    price_id: str
    is_upgrade: bool

    @property
    def restarts(self) -> bool:
        """Tell whether a period begins with the change: that of another interval, unless the days are free."""
        return self.interval != self.row.interval and self.row.status != SubscriptionStatus.TRIALING


@transaction.atomic
def preview_change(*, brand_id: int, plan_code: str, interval: str, now: datetime) -> ChangePreview:
    """Preview the cost of a change, computed by Stripe for this moment, and its beginning. Changes no plan.

    Raises NoSubscription, SamePlan, ChangePending, EndsWithPeriod, PaymentOpen, UnknownPlan, what
    `customers.ensure_staying` refuses, and the gateway's errors.
    """
    with public_schema():
        change = _examine(brand_id, plan_code, interval, now)
        moment = _within_period(now, change.facts)
        invoice = _due_at_once(change, moment)
        return ChangePreview(
            is_upgrade=change.is_upgrade,
            effective_at=moment if change.is_upgrade else change.facts.period_end,
            amount_due=invoice.amount_due,
            currency=invoice.currency,
            lines=invoice.lines,
            proration_at=moment,
            plan_version=change.version,
        )


def change_plan(
    *, brand_id: int, plan_code: str, interval: str, proration_at: datetime | None, now: datetime
) -> MadeChange:
    """Make the change: a larger plan now, paid to the second of `proration_at`; a smaller one when the period ends.

    Another interval begins its period now. If the payment fails, the old plan stays; where the bank wants it confirmed,
    the answer says on which page. Raises PreviewTooOld, CardRefused, OutcomeUnknown and what `preview_change` raises.
    """
    asked = (plan_code, interval)
    try:
        return MadeChange(_change(brand_id, plan_code, interval, proration_at, now))
    except OutcomeUnknown:
        row = _look_again(brand_id, now)
        if row is not None and asked in {(row.plan_version.plan.code, row.interval), _planned(row)}:
            return MadeChange(row)
        raise
    except CardRefused as refusal:
        if refusal.extra.get("reason") != AUTHENTICATION_REQUIRED:
            raise
        return _change_after_confirmation(brand_id, plan_code, interval, proration_at, now)


def _planned(row: Subscription) -> tuple[str, str]:
    follows = row.pending_plan_version
    return (follows.plan.code, row.pending_interval) if follows is not None else ("", "")


def _look_again(brand_id: int, now: datetime) -> Subscription | None:
    """The subscription after a write whose answer did not come; None where Stripe still does not answer."""
    try:
        with transaction.atomic(), public_schema():
            return fetch_locked(brand_id, now)[0]
    except (NoSubscription, PaymentServiceUnavailable):
        return None


def _change_after_confirmation(
    brand_id: int, plan_code: str, interval: str, proration_at: datetime | None, now: datetime
) -> MadeChange:
    """Let the change wait for its invoice, on whose page at Stripe the bank asks; it is forgotten after 23 hours."""
    with _act(brand_id, AttemptKind.UPGRADE, now):
        change = _examine(brand_id, plan_code, interval, now)
        attempt = attempts.begin_attempt(
            brand_id=brand_id, kind=AttemptKind.UPGRADE, now=now, plan_version=change.version, interval=interval
        )
        key = attempts.key_of(attempt)
        moment = objects.to_timestamp(_agreed(proration_at, change.facts, now))
        release_plan(change.row, change.facts, key)
        gateway_writes.change_price(
            change.facts,
            price_id=change.price_id,
            proration_at=moment,
            restarts=change.restarts,
            may_wait=True,
            key=key,
        )
        row = mirror_done(change.row, "plan_upgrade", now, {"plan": plan_code, "interval": interval})
        facts = gateway.get_subscription(row.stripe_subscription_id)
        bill = gateway.get_invoice(facts.latest_invoice_id)
        return MadeChange(row, bill.page_url if facts.has_pending_update else "")


def _change(brand_id: int, plan_code: str, interval: str, proration_at: datetime | None, now: datetime) -> Subscription:
    with _act(brand_id, AttemptKind.UPGRADE, now):
        change = _examine(brand_id, plan_code, interval, now)
        kind = AttemptKind.UPGRADE if change.is_upgrade else AttemptKind.DOWNGRADE
        attempt = attempts.begin_attempt(
            brand_id=brand_id, kind=kind, now=now, plan_version=change.version, interval=interval
        )
        key = attempts.key_of(attempt)
        if change.is_upgrade:
            moment = objects.to_timestamp(_agreed(proration_at, change.facts, now))
            release_plan(change.row, change.facts, key)
            gateway_writes.change_price(
                change.facts, price_id=change.price_id, proration_at=moment, restarts=change.restarts, key=key
            )
        else:
            gateway_writes.schedule_price(
                change.facts,
                schedule_id=change.row.stripe_schedule_id,
                price_id=change.price_id,
                interval=interval,
                key=key,
            )
        row = mirror_done(change.row, f"plan_{kind.value}", now, {"plan": plan_code, "interval": interval})
        made = row.plan_version_id if change.is_upgrade else row.pending_plan_version_id
        ensure_taken(made == change.version.pk)
        return row


def resume(*, brand_id: int, now: datetime) -> Subscription:
    """Let a paused subscription go on: a period begins now and is paid now, less what was credited for the pause.

    Raises NoSubscription, NothingToUndo for one that is not paused, CardRefused, what `customers.ensure_staying`
    refuses, and the gateway's errors.
    """
    with _act(brand_id, AttemptKind.RESUME, now):
        customers.ensure_staying(brand_id=brand_id)
        row, facts = fetch_locked(brand_id, now)
        if row.status != SubscriptionStatus.PAUSED:
            raise NothingToUndo
        attempt = attempts.begin_attempt(brand_id=brand_id, kind=AttemptKind.RESUME, now=now)
        gateway_writes.resume_subscription(facts, key=attempts.key_of(attempt))
        row = mirror_done(row, "resumed", now, {})
        ensure_taken(row.status != SubscriptionStatus.PAUSED)
        return row


def undo_pending_change(*, brand_id: int, now: datetime) -> Subscription:
    """Stay with the present plan instead of changing down at the period's end.

    Raises NoSubscription, NothingToUndo, AccountClosing and the gateway's errors.
    """
    with _act(brand_id, AttemptKind.UNDO, now):
        customers.ensure_staying(brand_id=brand_id)
        row, facts = fetch_locked(brand_id, now)
        if row.pending_plan_version_id is None:
            raise NothingToUndo
        attempt = attempts.begin_attempt(brand_id=brand_id, kind=AttemptKind.UNDO, now=now)
        gateway_writes.release_schedule(facts.schedule_id, key=attempts.key_of(attempt))
        row = mirror_done(row, "change_undone", now, {})
        ensure_taken(row.pending_plan_version_id is None)
        return row


def cancel_at_period_end(*, brand_id: int, now: datetime) -> Subscription:
    """Let the subscription end when what is paid is used up; a change that was planned is forgotten.

    Raises NoSubscription, EndsWithPeriod and the gateway's errors.
    """
    with _act(brand_id, AttemptKind.CANCEL, now):
        row, facts = fetch_locked(brand_id, now)
        if facts.ends_with_period:
            raise EndsWithPeriod
        attempt = attempts.begin_attempt(brand_id=brand_id, kind=AttemptKind.CANCEL, now=now)
        release_plan(row, facts, attempts.key_of(attempt))
        gateway_writes.set_ending(facts, ends_with_period=True, key=attempts.key_of(attempt))
        row = mirror_done(row, "cancelled", now, {"ends_at": facts.period_end})
        ensure_taken(row.cancel_at_period_end)
        return row


def undo_cancel(*, brand_id: int, now: datetime) -> Subscription:
    """Let a cancelled subscription go on. Raises NoSubscription, NothingToUndo, AccountClosing, gateway's errors."""
    with _act(brand_id, AttemptKind.UNDO_CANCEL, now):
        customers.ensure_staying(brand_id=brand_id)
        row, facts = fetch_locked(brand_id, now)
        if not facts.ends_with_period:
            raise NothingToUndo
        attempt = attempts.begin_attempt(brand_id=brand_id, kind=AttemptKind.UNDO_CANCEL, now=now)
        gateway_writes.set_ending(facts, ends_with_period=False, key=attempts.key_of(attempt))
        row = mirror_done(row, "cancel_undone", now, {})
        ensure_taken(not row.cancel_at_period_end)
        return row


# --- steps -----------------------------------------------------------------------------------------------------------


def fetch_locked(brand_id: int, now: datetime) -> tuple[Subscription, SubscriptionFacts]:
    """Lock the brand, fetch its living subscription, and write it into the mirror before anything is decided."""
    tenants.lock_brand(brand_id=brand_id)
    row = subscriptions.get_current(brand_id)
    if row is None:
        raise NoSubscription
    facts = gateway.get_subscription(row.stripe_subscription_id)
    row = mirror.write_subscription(account=customers.get_account(brand_id=brand_id), facts=facts, now=now)
    if row.status not in LIVE_STATUSES:
        raise NoSubscription
    return row, facts


def _examine(brand_id: int, plan_code: str, interval: str, now: datetime) -> _PossibleChange:
    customers.ensure_staying(brand_id=brand_id)
    row, facts = fetch_locked(brand_id, now)
    version = plans.get_version(plan_code)
    if (version.plan_id, interval) == (row.plan_version.plan_id, row.interval):
        raise SamePlan
    if row.status not in _CHANGEABLE:
        raise PaymentOpen
    if facts.ends_with_period:
        raise EndsWithPeriod
    if row.pending_plan_version_id is not None:
        raise ChangePending
    return _PossibleChange(
        row=row,
        facts=facts,
        version=version,
        interval=interval,
        price_id=sync.ensure_price(version=version, interval=interval),
        is_upgrade=revenue.is_larger(version, interval, row.plan_version, row.interval),
    )


def _due_at_once(change: _PossibleChange, moment: datetime) -> InvoicePreview:
    """Return the amount the change takes now: nothing for one that waits, and nothing while the days are free."""
    if not change.is_upgrade or change.row.status == SubscriptionStatus.TRIALING:
        return InvoicePreview(ZERO, change.version.currency, ())
    return gateway.preview_invoice(
        change.facts,
        price_id=change.price_id,
        proration_at=objects.to_timestamp(moment),
        restarts=change.restarts,
    )


def release_plan(row: Subscription, facts: SubscriptionFacts, key: str) -> None:
    """Take a subscription out of its schedule: while it is in one, Stripe changes nothing else about it."""
    if row.stripe_schedule_id:
        gateway_writes.release_schedule(facts.schedule_id, key=f"{key}:release")


def _within_period(moment: datetime, facts: SubscriptionFacts) -> datetime:
    """The moment in whole seconds, inside the period: Stripe's clock and ours may differ by a little."""
    latest = facts.period_end - timedelta(seconds=1)
    return min(max(moment.replace(microsecond=0), facts.period_start), latest)


def _agreed(proration_at: datetime | None, facts: SubscriptionFacts, now: datetime) -> datetime:
    if proration_at is None:
        return _within_period(now, facts)
    present = _within_period(now, facts)
    agreed = _within_period(proration_at, facts)
    if agreed != proration_at.replace(microsecond=0) or not timedelta(0) <= present - agreed <= PREVIEW_LASTS:
        raise PreviewTooOld
    return agreed


@contextmanager
def _act(brand_id: int, kind: AttemptKind, now: datetime) -> Iterator[None]:
    """One transaction in public. What Stripe refused is undone but for a note, so that the next try has a new key."""
    try:
        with transaction.atomic(), public_schema():
            yield
    except (CardRefused, ChangeNotTaken) as refusal:
        reason = str(refusal.extra.get("reason", refusal.code))
        attempts.record_refusal(brand_id=brand_id, kind=kind, reason=reason, now=now)
        raise


def ensure_taken(is_done: bool) -> None:
    """Stripe answers a key it knows as it did before, even if the change was taken back since in its own pages."""
    if not is_done:
        raise ChangeNotTaken


def mirror_done(row: Subscription, what: str, now: datetime, after: dict[str, object]) -> Subscription:
    """The row as it is after what we did, without waiting for a webhook; and who did it."""
    audit.record(action=f"billing.{what}", subject=f"brand:{row.brand_id}", after=after)
    mirrored = mirror.mirror_subscription(subscription_id=row.stripe_subscription_id, now=now)
    return mirrored or row
