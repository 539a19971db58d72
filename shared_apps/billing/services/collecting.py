"""Stripe and an account that is closed: nothing is collected after the paid period, and taken back, all is as before.

What closing cancels is noted before Stripe is asked, in a transaction of its own, by the attempt's row. So a crash in
between is no riddle, and taking the closing back undoes what is noted there: not what the owner cancelled.
"""

import logging
from datetime import datetime

from django.db import transaction

from kernel.events import outbox
from kernel.tenancy.context import public_schema
from shared_apps.billing.events import CollectingStops
from shared_apps.billing.models import StripeAttempt, Subscription
from shared_apps.billing.rules.status import COOLING_OFF
from shared_apps.billing.rules.stripe_objects import SubscriptionFacts
from shared_apps.billing.services import attempts, checkout, gateway_writes, plan_changes, sync
from shared_apps.billing.states import LIVE_STATUSES, AttemptKind, AttemptState
from shared_apps.tenants.services import lifecycle as places

logger = logging.getLogger(__name__)


@transaction.atomic
def record_stop(*, brand_id: int, now: datetime) -> bool:
    """Close the pay pages of an account that is being closed, and note what is to be cancelled; says whether anything.

    A cancellation that the owner made before is not noted. Raises the gateway's errors: the message comes again.
    """
    with public_schema():
        closing_at = places.lock_brand(brand_id=brand_id).closing_at
        if closing_at is None:
            return False
        checkout.close_pages(brand_id=brand_id, now=now)
        try:
            row, facts = plan_changes.fetch_locked(brand_id, now)
        except plan_changes.NoSubscription:
            return False
        former = last_word(brand_id, row)
        is_ours = former is not None and former.closing_at is not None
        if facts.ends_with_period and not is_ours:
            return False
        if former is not None and (former.closing_at, former.state) == (closing_at, AttemptState.OPEN):
            outbox.publish(CollectingStops(attempt_id=former.pk))  # noted already: only to be done
            return True
        _begin(row, former if facts.ends_with_period else None, closing_at, now)
        return True


@transaction.atomic
def stop_collecting(*, attempt_id: int, now: datetime) -> bool:
    """Cancel what was noted for the end of its period; says whether the account is still being closed.

    Raises the gateway's errors: the message that calls it is delivered again, and sends the same key.
    """
    with public_schema():
        noted = StripeAttempt.objects.get(pk=attempt_id)
        brand = places.lock_brand(brand_id=noted.brand_id)
        found = fetch_noted(noted, now) if brand.closing_at == noted.closing_at else None
        if found is None:
            settle_note(noted, AttemptState.EXPIRED)
            return False
        row, facts = found
        if not facts.ends_with_period:
            plan_changes.release_plan(row, facts, attempts.key_of(noted))
            gateway_writes.set_ending(facts, ends_with_period=True, key=attempts.key_of(noted))
        plan_changes.mirror_done(row, "cancelled", now, {"ends_at": facts.period_end})
        settle_note(noted, AttemptState.DONE)
        return True


@transaction.atomic
def go_on_collecting(*, brand_id: int, closed_at: datetime, now: datetime) -> bool:
    """Undo what the closing of that moment cancelled, a change down included; says whether there was anything.

    What the owner cancelled, before or since, stays. Raises the gateway's errors: the message comes again.
    """
    with public_schema():
        if places.lock_brand(brand_id=brand_id).closing_at is not None:
            return False  # closed once more: that closing has taken over what this one noted
        noted = last_word(brand_id)
        if noted is None or noted.closing_at != closed_at + COOLING_OFF:
            return False
        found = fetch_noted(noted, now)
        undo = attempts.begin_attempt(brand_id=brand_id, kind=AttemptKind.UNDO_CANCEL, now=now)
        if found is None:
            return False
        row, facts = found
        if facts.ends_with_period:
            gateway_writes.set_ending(facts, ends_with_period=False, key=attempts.key_of(undo))
            row = plan_changes.mirror_done(row, "cancel_undone", now, {})
        plan_again(row, noted, now)
        return True


def stop_forgotten(*, now: datetime) -> int:
    """Note once more the stop of accounts being closed that would be collected from, such as after their owner took
    the cancellation back on Stripe's own pages; returns how many. One that fails is logged and holds up nobody.
    """
    with public_schema():
        collecting = Subscription.objects.filter(
            brand__closing_at__isnull=False, status__in=LIVE_STATUSES, cancel_at_period_end=False
        )
        ids = sorted(collecting.values_list("brand_id", flat=True))
    return sum(_note_safely(brand_id, now) for brand_id in ids)


# --- steps -----------------------------------------------------------------------------------------------------------


def _begin(row: Subscription, former: StripeAttempt | None, closing_at: datetime, now: datetime) -> None:
    """Note what this closing cancels: what stands now, or what the closing before it did that was not undone yet."""
    plan = (former or row).plan_version
    interval = (former or row).interval
    if former is None:
        plan = row.pending_plan_version
        interval = row.pending_interval
    noted = attempts.begin_attempt(
        brand_id=row.brand_id, kind=AttemptKind.CANCEL, now=now, plan_version=plan, interval=interval
    )
    noted.state = AttemptState.OPEN
    noted.closing_at = closing_at
    noted.stripe_id = row.stripe_subscription_id
    noted.save(update_fields=["state", "closing_at", "stripe_id"])
    outbox.publish(CollectingStops(attempt_id=noted.pk))


def last_word(brand_id: int, row: Subscription | None = None) -> StripeAttempt | None:
    """The last cancellation, or undoing of one, that we know of; of this subscription if it is given."""
    words = StripeAttempt.objects.select_related("plan_version__plan").filter(
        brand_id=brand_id,
        kind__in=[AttemptKind.CANCEL, AttemptKind.UNDO_CANCEL],
        state__in=[AttemptState.OPEN, AttemptState.DONE],
    )
    last = words.order_by("-number").first()
    if last is None or row is None or last.stripe_id == row.stripe_subscription_id:
        return last
    return None


def fetch_noted(noted: StripeAttempt, now: datetime) -> tuple[Subscription, SubscriptionFacts] | None:
    """The subscription the note is about, if it lives."""
    try:
        row, facts = plan_changes.fetch_locked(noted.brand_id, now)
    except plan_changes.NoSubscription:
        return None
    return (row, facts) if row.stripe_subscription_id == noted.stripe_id else None


def plan_again(row: Subscription, noted: StripeAttempt, now: datetime) -> None:
    """Plan the change down once more that the closing had to forget, in the version it was planned in."""
    if noted.plan_version is None or row.pending_plan_version_id is not None:
        return
    _row, facts = plan_changes.fetch_locked(row.brand_id, now)
    again = attempts.begin_attempt(
        brand_id=row.brand_id,
        kind=AttemptKind.DOWNGRADE,
        now=now,
        plan_version=noted.plan_version,
        interval=noted.interval,
    )
    gateway_writes.schedule_price(
        facts,
        schedule_id=row.stripe_schedule_id,
        price_id=sync.ensure_price(version=noted.plan_version, interval=noted.interval),
        interval=noted.interval,
        key=attempts.key_of(again),
    )
    after: dict[str, object] = {"plan": noted.plan_version.plan.code, "interval": noted.interval}
    plan_changes.mirror_done(row, "plan_downgrade", now, after)


def settle_note(noted: StripeAttempt, state: AttemptState) -> None:
    """Say what became of a note that is open."""
    StripeAttempt.objects.filter(pk=noted.pk, state=AttemptState.OPEN).update(state=state)


def _note_safely(brand_id: int, now: datetime) -> bool:
    try:
        return record_stop(brand_id=brand_id, now=now)
    except Exception:  # the next round tries again; until then the others are not to wait
        logger.exception("collecting from brand %s, which is being closed, could not be stopped", brand_id)
        return False
