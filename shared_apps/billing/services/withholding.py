"""Stripe and a brand that cannot be used, because support suspended it or it is archived: nobody pays without access.

Support's suspension cancels for the end of the period and is undone when support resumes; a pause is not used, since
Stripe would go on trying what is unpaid and a period nobody used would pass as paid. What is overdue is not tried any
more: that subscription ends at once, as the one of an archived brand does, and a new one is chosen afterwards. What is
paid already is not given back here: that is for a person to decide.
"""

import logging
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet

from kernel.events import outbox
from kernel.tenancy.context import public_schema
from shared_apps.billing.events import SuspensionStops
from shared_apps.billing.models import StripeAttempt, Subscription
from shared_apps.billing.rules.stripe_objects import SubscriptionFacts
from shared_apps.billing.services import attempts, checkout, collecting, gateway_writes, plan_changes
from shared_apps.billing.states import LIVE_STATUSES, AttemptKind, AttemptState, SubscriptionStatus
from shared_apps.tenants.services import lifecycle as places
from shared_apps.tenants.states import BrandState, SuspensionCause

logger = logging.getLogger(__name__)

_PAID: Final = frozenset({SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE})


@transaction.atomic
def follow_brand(*, brand_id: int, now: datetime) -> bool:
    """Have Stripe collect from a brand only while it can be used; says whether there was anything to do.

    Twice is as good as once, in any order with other changes: the brand's row decides. Raises BrandNotFound and the
    gateway's errors: the message comes again, with the same keys.
    """
    with public_schema():
        brand = places.lock_brand(brand_id=brand_id)
        is_usable = not _is_archived(brand) and not _is_suspended(brand)
        word = collecting.last_word(brand_id)
        if is_usable and not (word is not None and word.for_suspension):
            return False  # nearly always: nobody is asked
        if not is_usable:
            checkout.close_pages(brand_id=brand_id, now=now)
        try:
            row, facts = plan_changes.fetch_locked(brand_id, now)
        except plan_changes.NoSubscription:
            return False
        if is_usable:
            return brand.closing_at is None and _go_on(row, facts, now)
        if _is_archived(brand) or row.status not in _PAID:
            return _end(row, now)
        return _note_stop(row, facts, now)


@transaction.atomic
def carry_out(*, attempt_id: int, now: datetime) -> bool:
    """Cancel what was noted for the end of its period; says whether support still suspends the brand.

    Raises the gateway's errors: the message that calls it is delivered again, and sends the same key.
    """
    with public_schema():
        noted = StripeAttempt.objects.get(pk=attempt_id)
        brand = places.lock_brand(brand_id=noted.brand_id)
        found = collecting.fetch_noted(noted, now) if _is_suspended(brand) else None
        if found is None:
            return False  # resumed since (which looks at the note itself), or over
        row, facts = found
        if not facts.ends_with_period:
            plan_changes.release_plan(row, facts, attempts.key_of(noted))
            gateway_writes.set_ending(facts, ends_with_period=True, key=attempts.key_of(noted))
        plan_changes.mirror_done(row, "cancelled", now, {"ends_at": facts.period_end, "because": "suspended"})
        collecting.settle_note(noted, AttemptState.DONE)
        return True


def list_collecting_in_vain() -> list[Subscription]:
    """Subscriptions that would collect from a brand nobody can use, by the mirror."""
    with public_schema():
        return list(_in_vain().select_related("brand").order_by("brand_id"))


def follow_forgotten(*, now: datetime) -> int:
    """Stop what collects in vain although messages should have stopped it; returns how many.

    One that fails is logged and holds up nobody.
    """
    return sum(_follow_safely(row.brand_id, now) for row in list_collecting_in_vain())


# --- steps -----------------------------------------------------------------------------------------------------------


def _is_archived(brand: Any) -> bool:
    return bool(brand.state == BrandState.ARCHIVED)


def _is_suspended(brand: Any) -> bool:
    return bool(brand.state == BrandState.SUSPENDED and brand.suspended_because == SuspensionCause.STAFF)


def _in_vain() -> QuerySet[Subscription]:
    archived = Q(brand__state=BrandState.ARCHIVED)
    suspended = Q(brand__state=BrandState.SUSPENDED, brand__suspended_because=SuspensionCause.STAFF)
    goes_on = Q(cancel_at_period_end=False) | ~Q(status__in=_PAID)
    return Subscription.objects.filter(archived | (suspended & goes_on), status__in=LIVE_STATUSES)


def _end(row: Subscription, now: datetime) -> bool:
    """End it now. If the answer is lost, the next try finds it ended, or sends the same key."""
    attempt = attempts.begin_attempt(brand_id=row.brand_id, kind=AttemptKind.CANCEL, now=now)
    gateway_writes.end_subscription(row.stripe_subscription_id, key=attempts.key_of(attempt))
    plan_changes.mirror_done(row, "ended", now, {"ended_at": now, "because": "not in use"})
    return True


def _note_stop(row: Subscription, facts: SubscriptionFacts, now: datetime) -> bool:
    """Note what the suspension cancels before Stripe is asked; what ends with its period by itself is left alone."""
    former = collecting.last_word(row.brand_id, row)
    is_noted = former is not None and former.for_suspension and former.state == AttemptState.OPEN
    if former is not None and is_noted:
        outbox.publish(SuspensionStops(attempt_id=former.pk))  # noted already: only to be done
        return True
    if facts.ends_with_period:
        return False
    noted = attempts.begin_attempt(
        brand_id=row.brand_id,
        kind=AttemptKind.CANCEL,
        now=now,
        plan_version=row.pending_plan_version,
        interval=row.pending_interval,
    )
    noted.state = AttemptState.OPEN
    noted.for_suspension = True
    noted.stripe_id = row.stripe_subscription_id
    noted.save(update_fields=["state", "for_suspension", "stripe_id"])
    outbox.publish(SuspensionStops(attempt_id=noted.pk))
    return True


def _go_on(row: Subscription, facts: SubscriptionFacts, now: datetime) -> bool:
    """Undo what the suspension cancelled, a change down included; what the owner cancelled stays."""
    noted = collecting.last_word(row.brand_id, row)
    if noted is None or not noted.for_suspension:
        return False
    collecting.settle_note(noted, AttemptState.EXPIRED)  # one that was never carried out is not any more
    undo = attempts.begin_attempt(brand_id=row.brand_id, kind=AttemptKind.UNDO_CANCEL, now=now)
    if facts.ends_with_period:
        gateway_writes.set_ending(facts, ends_with_period=False, key=attempts.key_of(undo))
        row = plan_changes.mirror_done(row, "cancel_undone", now, {"because": "resumed"})
    collecting.plan_again(row, noted, now)
    return True


def _follow_safely(brand_id: int, now: datetime) -> bool:
    try:
        return follow_brand(brand_id=brand_id, now=now)
    except Exception:  # the next round tries again; until then the others are not to wait
        logger.exception("collecting from brand %s, which cannot be used, could not be stopped", brand_id)
        return False
