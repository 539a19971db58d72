"""Whatever order payments, failures, time and people come in: who paid may write, who did not may not for long.

Chance drives a brand through some years. Stripe is an oracle (till.py) that knows what was paid and nothing of us; its
events reach the mirror at once, twice, late or never; the daily job runs or not. After every step everything that is
known is settled as if the next event had come, and what must hold is looked at.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    invariant,
    run_state_machine_as_test,
)

from kernel.models import AuditRecord
from kernel.tenancy.actors import acting_as
from shared_apps.billing.models import (
    PlanPeriod,
    PlanVersion,
    Reminder,
    SubscriptionChange,
)
from shared_apps.billing.rules import status as rules
from shared_apps.billing.services import collecting, lifecycle, plan_changes, withholding
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import archives
from shared_apps.tenants.states import WRITABLE
from tests.factories.chance import examples

from .brand_acts import RANKS, BrandActs
from .conftest import ANNA, NOW

GRACE = timedelta(days=7)
GONE = datetime(9999, 1, 1, tzinfo=NOW.tzinfo)


class BrandLife(BrandActs):
    """The same, and what must hold after every step."""

    # --- what must hold ---

    @invariant()
    def everything_known_makes_sense(self) -> None:
        """As if the next event had come and been settled; undone afterwards, so that what is late stays late."""
        with transaction.atomic():
            self._mirror()
            brand = Brand.objects.get(pk=self.brand_id)
            self._check_access(brand)
            self._check_words(brand)
            self._check_once(brand)
            transaction.set_rollback(True)

    def _check_access(self, brand: Brand) -> None:
        by_hand = self.suspended or (self.closing_at is not None and self.closing_at <= self.now)
        may_write = brand.may_write(self.now)
        paid = self._is_paid()
        trial = self.now < brand.trial_ends_at
        if by_hand:
            assert not may_write
        elif paid or trial:
            assert may_write, (brand.state, "lost access though covered")
            assert brand.state == ("active" if paid else "trialing")
        else:
            assert brand.state not in {"active", "trialing"}
            lost_for = self.now - self._lost_at(brand)
            assert may_write == (brand.state == "past_due")
            assert not may_write or lost_for < GRACE, (brand.state, lost_for)
            assert brand.state == "suspended" or lost_for < max(rules.TRIAL_EXPIRED, GRACE + rules.READ_ONLY)

    def _check_words(self, brand: Brand) -> None:
        """The row agrees with the mirror, with Stripe, and with itself."""
        if self.suspended:
            assert (brand.state, brand.suspended_because) == ("suspended", "staff")
        sub = self.till.current
        if sub is not None and sub.status in {"active", "trialing"} and brand.state != "suspended":
            assert brand.state == "active"
        if brand.state == "active":
            assert self._is_paid()
            assert brand.entitlements["plan"] == max(self._paid_plans(), key=RANKS.__getitem__)
        assert (brand.state in WRITABLE) or brand.state in {"trial_expired", "read_only", "suspended"}
        assert brand.state_since <= self.now

    def _check_once(self, brand: Brand) -> None:
        """Settled again, nothing is written."""
        written = AuditRecord.objects.count(), Reminder.objects.count()
        lifecycle.sync_billing_status(brand_id=self.brand_id, now=self.now)
        again = Brand.objects.get(pk=self.brand_id)
        assert (AuditRecord.objects.count(), Reminder.objects.count()) == written
        assert all(getattr(again, field.attname) == getattr(brand, field.attname) for field in Brand._meta.fields)

    # --- the oracle's view ---

    def _is_paid(self) -> bool:
        return bool(self._paid_plans())

    def _paid_plans(self) -> list[str]:
        plans = [sub.plan for sub in self.till.subs if sub.covers(self.now)]
        trial_ends_at = Brand.objects.values_list("trial_ends_at", flat=True).get(pk=self.brand_id)
        for period in PlanPeriod.objects.select_related("plan_version__plan"):
            starts_at = (
                NOW if period.starts_at <= trial_ends_at else period.starts_at
            )  # paid ahead: the plan is had at once
            if starts_at <= self.now < min(period.ends_at, period.revoked_at or GONE) and period.starts_at < (
                period.revoked_at or GONE
            ):
                plans.append(period.plan_version.plan.code)
        return plans

    def _lost_at(self, brand: Brand) -> datetime:
        """The last moment that was covered by anything."""
        moments = [brand.trial_ends_at]
        for period in PlanPeriod.objects.all():
            end = min(period.ends_at, period.revoked_at or GONE)
            if period.starts_at < end <= self.now:
                moments.append(end)
        moments += [until for sub in self.till.subs if (until := sub.covered_until(self.now)) is not None]
        return max(moment for moment in moments if moment <= self.now)


@pytest.fixture
def _quiet(monkeypatch: pytest.MonkeyPatch, brand: Brand, other_brand: Brand) -> Iterator[None]:
    """Stripe is the till; no archive is made; the other brand is out of the way."""

    def set_cancels(wanted: bool) -> Callable[..., None]:
        def change(*, brand_id: int, now: datetime) -> None:
            BrandLife.running.set_cancels(wanted)

        return change

    monkeypatch.setattr(plan_changes, "cancel_at_period_end", set_cancels(True))
    monkeypatch.setattr(plan_changes, "undo_cancel", set_cancels(False))
    monkeypatch.setattr(withholding, "follow_brand", lambda **_given: BrandLife.running.follow_brand())
    monkeypatch.setattr(collecting, "record_stop", lambda **_given: BrandLife.running.follow_closing())
    monkeypatch.setattr(collecting, "go_on_collecting", lambda **_given: BrandLife.running.follow_closing())
    monkeypatch.setattr(archives, "request_archive", lambda **_given: None)
    Brand.objects.filter(pk=other_brand.pk).update(trial_ends_at=GONE)
    yield
    assert SubscriptionChange.objects.count() == 0


@pytest.mark.hypothesis
@pytest.mark.django_db
@pytest.mark.usefixtures("public", "_quiet")
def test_no_sequence_contradicts_stripe_or_locks_a_payer_out(brand: Brand) -> None:
    BrandLife.brand_id = brand.pk
    BrandLife.versions = {version.plan.code: version for version in PlanVersion.objects.select_related("plan")}
    with acting_as(ANNA):
        run_state_machine_as_test(
            BrandLife,
            settings=settings(
                max_examples=examples(25),
                stateful_step_count=30,
                suppress_health_check=list(HealthCheck),
            ),
        )
