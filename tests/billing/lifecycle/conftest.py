"""A brand whose clock the tests hold, staff to act, and rows as Stripe's mirror would write them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from kernel.events import outbox
from kernel.tenancy.actors import Actor, acting_as
from shared_apps.billing.models import PlanPeriod, Subscription
from shared_apps.billing.rules.cover import Facts, MirrorFacts, PeriodFacts, PlanRef
from shared_apps.billing.selectors import plans
from shared_apps.billing.services import lifecycle
from shared_apps.tenants.models import Brand

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ANNA = Actor(kind="user", id=71, label="Anna", role="billing")
BERT = Actor(kind="user", id=72, label="Bert", role="billing")
OWNER = Actor(kind="user", id=1, label="Owner", role="owner")
BASIC = PlanRef(1, "basic", 1, 1)
PREMIUM = PlanRef(3, "premium", 1, 3)


@pytest.fixture(autouse=True)
def _staff() -> Iterator[None]:
    with acting_as(ANNA):
        yield


def put(brand: Brand, *, trial: float = -40, **fields: Any) -> None:
    """Set the brand's own facts; `trial` in days from NOW."""
    usual = {"state": "trialing", "suspended_from": "", "suspended_because": "", "state_since": NOW - 400 * DAY}
    values = {**usual, "trial_ends_at": NOW + trial * DAY, **fields}
    Brand.objects.filter(pk=brand.pk).update(**values)


def stored(brand: Brand) -> Brand:
    found: Brand = Brand.objects.get(pk=brand.pk)
    return found


def settle(brand: Brand, now: datetime = NOW) -> str:
    """Settle, and the state the brand has then."""
    lifecycle.sync_billing_status(brand_id=brand.pk, now=now)
    return str(stored(brand).state)


def subscribe(brand: Brand, status: str = "active", *, since: float = -10, lasts: float = 30, **fields: Any) -> Any:
    """A row of the mirror; days from NOW."""
    begins = NOW + since * DAY
    values = {
        "plan_version": plans.get_version("basic"),
        "interval": "month",
        "current_period_start": begins,
        "current_period_end": begins + lasts * DAY,
        "started_at": begins,
        "fetched_at": NOW,
        **fields,
    }
    return Subscription.objects.create(
        brand_id=brand.pk,
        stripe_subscription_id=f"sub_{Subscription.objects.count()}_{brand.pk}",
        status=status,
        **values,
    )


def give_period(brand: Brand, since: float, until: float, plan: str = "basic") -> PlanPeriod:
    """A period that runs; days from NOW."""
    return PlanPeriod.objects.create(
        brand_id=brand.pk,
        plan_version=plans.get_version(plan),
        kind="comp",
        starts_at=NOW + since * DAY,
        ends_at=NOW + until * DAY,
        reason="test",
        given_by="Anna",
        created_at=NOW,
    )


def mirror(status: str = "active", *, since: float = -10, until: float = 20, **fields: Any) -> MirrorFacts:
    """The facts of a subscription; days from NOW."""
    begins = NOW + since * DAY
    return MirrorFacts(
        status=status,
        plan=fields.pop("plan", BASIC),
        started_at=fields.pop("started_at", begins),
        period_start=begins,
        period_end=NOW + until * DAY,
        **fields,
    )


def period(since: float, until: float, plan: PlanRef = BASIC, *, revoked: float | None = None) -> PeriodFacts:
    """The facts of a period; days from NOW."""
    revoked_at = None if revoked is None else NOW + revoked * DAY
    return PeriodFacts(NOW + since * DAY, NOW + until * DAY, plan, revoked_at)


def facts(trial: float = -40, *covers: MirrorFacts | PeriodFacts, **fields: Any) -> Facts:
    """Return the facts of a brand whose trial ends so many days from NOW."""
    return Facts(
        trial_ends_at=NOW + trial * DAY,
        subscriptions=tuple(cover for cover in covers if isinstance(cover, MirrorFacts)),
        periods=tuple(cover for cover in covers if isinstance(cover, PeriodFacts)),
        **fields,
    )


def deliver() -> None:
    """Everything the platform's outbox holds."""
    outbox.deliver_pending(limit=1_000)


def letters() -> list[str]:
    """The subjects of the letters that went out."""
    return [str(message.subject) for message in mail.outbox]
