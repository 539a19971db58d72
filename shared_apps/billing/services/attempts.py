"""Counting what we set out to do at Stripe, so that each try has a key that its repetition has too."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from kernel.tenancy.context import public_schema
from shared_apps.billing.models import PlanVersion, StripeAttempt
from shared_apps.billing.states import AttemptKind, AttemptState
from shared_apps.tenants.services import lifecycle as tenants


def begin_attempt(
    *,
    brand_id: int,
    kind: AttemptKind,
    now: datetime,
    plan_version: PlanVersion | None = None,
    interval: str = "",
) -> StripeAttempt:
    """Note an attempt under the brand's next number. The caller holds the brand's lock and rolls back if it fails."""
    last = StripeAttempt.objects.filter(brand_id=brand_id).aggregate(last=Max("number"))["last"] or 0
    return StripeAttempt.objects.create(
        brand_id=brand_id,
        number=last + 1,
        kind=kind,
        state=AttemptState.OPEN if kind is AttemptKind.CHECKOUT else AttemptState.DONE,
        plan_version=plan_version,
        interval=interval,
        created_at=now,
    )


def key_of(attempt: StripeAttempt) -> str:
    """Return the attempt's name in idempotency keys, made of the brand and the number, which survive a rollback."""
    return f"{attempt.kind}:{attempt.brand_id}-{attempt.number}"


@transaction.atomic
def record_refusal(*, brand_id: int, kind: AttemptKind, reason: str, now: datetime) -> None:
    """Note an attempt that Stripe refused, so that the next one is not answered with the same refusal."""
    with public_schema():
        tenants.lock_brand(brand_id=brand_id)
        attempt = begin_attempt(brand_id=brand_id, kind=kind, now=now)
        StripeAttempt.objects.filter(pk=attempt.pk).update(state=AttemptState.REFUSED, refusal=reason[:80])


def close_attempts(*, brand_id: int, stripe_id: str, state: AttemptState) -> None:
    """Note what became of the pay page with this id."""
    StripeAttempt.objects.filter(brand_id=brand_id, stripe_id=stripe_id, state=AttemptState.OPEN).update(state=state)
