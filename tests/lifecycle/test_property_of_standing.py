"""Whatever order payments, failures, time and people come in: who paid may write, who did not may not for long.

Chance drives a brand through some years. Stripe is an oracle (till.py) that knows what was paid and nothing of us; its
events reach the mirror at once, twice, late or never; the daily job runs or not. After every step everything that is
known is settled as if the next event had come, and what must hold is looked at.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kernel import clock, outbox
from kernel.actors import acting_as
from kernel.errors import DomainError
from kernel.models import AuditRecord, OutboxDelivery
from shared_apps.billing.models import (
    OfflinePayment,
    PlanTerm,
    PlanVersion,
    Reminder,
    StripeInvoice,
    Subscription,
    SubscriptionChange,
)
from shared_apps.billing.rules import standing as rules
from shared_apps.billing.services import closing, given_time, lifecycle, plan_changes, transfers
from shared_apps.billing.services.transfers import NewTransfer
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import archives
from shared_apps.tenants.services import lifecycle as places
from shared_apps.tenants.states import WRITABLE

from .conftest import ANNA, BERT, DAY, NOW, OWNER
from .till import Sub, Till

RANKS = {"basic": 1, "standard": 2, "premium": 3}
EXAMPLES = int(os.environ.get("BANYAN_LIVES", "25"))
GRACE = timedelta(days=7)
GONE = datetime(9999, 1, 1, tzinfo=NOW.tzinfo)


class BrandLife(RuleBasedStateMachine):
    """One brand's life as a customer."""

    brand_id: int
    versions: dict[str, PlanVersion]
    running: "BrandLife"

    def __init__(self) -> None:
        super().__init__()
        type(self).running = self
        self.now, self.till = NOW, Till()
        self.suspended, self.references = False, 0
        self.closing_at: datetime | None = None
        self.now_patch = clock.now
        clock.now = lambda: self.now
        self.frame = transaction.atomic()
        self.frame.__enter__()
        Brand.objects.filter(pk=self.brand_id).update(
            state="trialing", state_since=NOW, trial_ends_at=NOW + 15 * DAY, trial_extensions=0, closing_at=None,
            suspended_from="", suspended_because="",
        )  # fmt: skip

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.frame.__exit__(None, None, None)
        clock.now = self.now_patch
        mail.outbox.clear()

    @initialize(trial=st.sampled_from([15, 0]), begins=st.sampled_from(["", "card", "transfer", "gift"]))
    def begin(self, trial: int, begins: str) -> None:
        """Not every life has to begin with a whole trial: chance gets further from here."""
        Brand.objects.filter(pk=self.brand_id).update(trial_ends_at=NOW + trial * DAY)
        if begins == "card":
            self.till.subscribe("standard", "month", self.now)
            self.till.card_works = False
        elif begins == "transfer":
            self.a_transfer_comes("basic", 1)
        elif begins == "gift":
            self.support_gives_time("premium", 10)

    # --- Stripe and what is heard of it ---

    @rule(plan=st.sampled_from(sorted(RANKS)), interval=st.sampled_from(["month", "year"]))
    def subscribe(self, plan: str, interval: str) -> None:
        if self.till.current is None:
            self.till.subscribe(plan, interval, self.now)

    @rule(works=st.booleans())
    def card(self, works: bool) -> None:
        self.till.card_works = works

    @rule(outcome=st.sampled_from(["canceled", "unpaid"]))
    def dunning_ends_in(self, outcome: str) -> None:
        self.till.gives_up_by = outcome

    @rule()
    def pay_the_open_bill(self) -> None:
        self.till.recover()

    @rule(wanted=st.booleans())
    def cancel_or_undo(self, wanted: bool) -> None:
        self.set_cancels(wanted)

    def set_cancels(self, wanted: bool) -> None:
        """What our own orders to Stripe do, and what Stripe does by its portal."""
        if self.till.current is not None:
            self.till.current.cancels = wanted

    @rule()
    def end_by_hand(self) -> None:
        self.till.end_now(self.now)

    @rule(times=st.integers(1, 2))
    def events_arrive(self, times: int) -> None:
        for _ in range(times):
            self._mirror()

    def _mirror(self) -> None:
        """What billing's mirror does with fetched objects; checked against a real server in the tests of the mirror."""
        for sub in self.till.subs:
            former = Subscription.objects.filter(stripe_subscription_id=sub.id).first()
            values = {
                "brand_id": self.brand_id, "status": sub.status, "plan_version": self.versions[sub.plan],
                "interval": sub.interval, "current_period_start": sub.period_start,
                "current_period_end": sub.period_end, "cancel_at_period_end": sub.cancels, "ended_at": sub.ended_at,
                "past_due_since": self._overdue(sub, former), "started_at": sub.started_at, "fetched_at": self.now,
            }  # fmt: skip
            Subscription.objects.update_or_create(stripe_subscription_id=sub.id, defaults=values)
            for start, _end in sub.paid_periods:
                StripeInvoice.objects.get_or_create(
                    stripe_invoice_id=f"in_{sub.id}_{start:%Y%m%d%H%M%S}",
                    defaults={
                        "brand_id": self.brand_id, "status": "paid", "total": "1.00", "amount_paid": "1.00",
                        "currency": "CNY", "issued_at": start, "fetched_at": self.now,
                    },
                )  # fmt: skip
        lifecycle.settle_brand(brand_id=self.brand_id, now=self.now)

    @staticmethod
    def _overdue(sub: Sub, former: Subscription | None) -> datetime | None:
        if sub.status == "canceled" and former is not None and former.past_due_since is not None:
            return former.past_due_since
        return sub.unpaid_since if sub.status in {"past_due", "unpaid", "canceled"} else None

    # --- time ---

    @rule(days=st.integers(0, 120), job_runs=st.booleans())
    def wait(self, days: int, job_runs: bool) -> None:
        """Time passes; the job comes round every tenth day at least, or not at all."""
        end = self.now + days * DAY
        while self.now < end:
            self.now = min(end, self.now + 10 * DAY)
            self.till.advance(self.now)
            if job_runs:
                assert lifecycle.settle_everyone(now=self.now).failed == 0

    @rule(hours=st.integers(1, 30))
    def wait_a_little(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.till.advance(self.now)

    @rule(data=st.data(), seconds=st.sampled_from([-1, 0, 1, 3_600]))
    def wait_to_an_edge(self, data: st.DataObject, seconds: int) -> None:
        """To where something may happen: an end, or so many days after the last one."""
        brand = Brand.objects.get(pk=self.brand_id)
        ends = [brand.trial_ends_at, *PlanTerm.objects.values_list("ends_at", flat=True)]
        ends += [sub.period_end for sub in self.till.subs] + ([self.closing_at] if self.closing_at else [])
        ends += [sub.unpaid_since for sub in self.till.subs if sub.unpaid_since]
        edges = sorted({end + timedelta(days=days) for end in ends for days in (0, 7, 30, 37, 60)})
        ahead = [edge for edge in edges if self.now < edge < self.now + 400 * DAY]
        if ahead:
            self.now = max(self.now, data.draw(st.sampled_from(ahead[:4])) + timedelta(seconds=seconds))
            self.till.advance(self.now)

    @rule()
    def the_job_runs(self) -> None:
        assert lifecycle.settle_everyone(now=self.now).failed == 0
        lifecycle.archive_due_brands(now=self.now)

    @rule()
    def messages_are_delivered(self) -> None:
        outbox.deliver_pending(limit=1_000)
        assert not OutboxDelivery.objects.filter(state="pending", attempts__gt=0).exists()

    # --- people ---

    @rule(days=st.integers(1, 90))
    def extend_the_trial(self, days: int) -> None:
        self._try(lambda: places.extend_trial(brand_id=self.brand_id, days=days, reason="x", now=self.now))

    @rule()
    def support_suspends(self) -> None:
        if self._try(lambda: places.suspend_brand(brand_id=self.brand_id, reason="x", now=self.now)):
            self.suspended = True

    @rule()
    def support_resumes(self) -> None:
        if self._try(lambda: places.resume_brand(brand_id=self.brand_id, reason="x", now=self.now)):
            self.suspended = False

    @rule(plan=st.sampled_from(sorted(RANKS)), days=st.integers(1, 60))
    def support_gives_time(self, plan: str, days: int) -> None:
        self._try(
            lambda: given_time.give_time(brand_id=self.brand_id, plan_code=plan, days=days, reason="x", now=self.now)
        )

    @rule(data=st.data())
    def support_takes_time_back(self, data: st.DataObject) -> None:
        if ids := list(PlanTerm.objects.order_by("id").values_list("id", flat=True)):
            term_id = data.draw(st.sampled_from(ids))
            self._try(lambda: given_time.revoke_term(term_id=term_id, reason="x", now=self.now))

    @rule(plan=st.sampled_from(sorted(RANKS)), months=st.integers(1, 3))
    def a_transfer_comes(self, plan: str, months: int) -> None:
        self.references += 1
        wish = NewTransfer(
            brand_id=self.brand_id, plan_code=plan, interval="month", periods=months, payer="P",
            amount=self.versions[plan].price_month * months, bank_reference=f"R{self.references}",
            received_on=clock.business_date(self.now, "Asia/Shanghai"),
        )  # fmt: skip
        proof = ContentFile(b"%PDF-1", name="p.pdf")
        self._try(lambda: transfers.record_transfer(wish=wish, proof=proof, now=self.now))

    @rule(data=st.data(), what=st.sampled_from(["approve", "reject", "reverse"]))
    def a_transfer_is_decided(self, data: st.DataObject, what: str) -> None:
        ids = list(OfflinePayment.objects.order_by("id").values_list("id", flat=True))
        if not ids:
            return
        payment_id = data.draw(st.sampled_from(ids))
        with acting_as(BERT):
            if what == "approve":
                self._try(lambda: transfers.approve_transfer(payment_id=payment_id, now=self.now))
            else:
                decide = transfers.reject_transfer if what == "reject" else transfers.reverse_transfer
                self._try(lambda: decide(payment_id=payment_id, reason="x", now=self.now))

    @rule()
    def the_owner_closes(self) -> None:
        with acting_as(OWNER):
            if self._try(lambda: closing.close_account(brand_id=self.brand_id, now=self.now)):
                self.closing_at = self.now + rules.COOLING_OFF

    @precondition(lambda self: self.closing_at is not None)
    @rule()
    def the_owner_takes_it_back(self) -> None:
        with acting_as(OWNER):
            if self._try(lambda: closing.reopen_account(brand_id=self.brand_id, now=self.now)):
                self.closing_at = None

    def _try(self, act: Callable[[], Any]) -> bool:
        """A refusal is an answer; anything else is a fault."""
        with suppress(DomainError):
            act()
            return True
        return False

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
        paid, trial = self._is_paid(), self.now < brand.trial_ends_at
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
        lifecycle.settle_brand(brand_id=self.brand_id, now=self.now)
        again = Brand.objects.get(pk=self.brand_id)
        assert (AuditRecord.objects.count(), Reminder.objects.count()) == written
        assert all(getattr(again, field.attname) == getattr(brand, field.attname) for field in Brand._meta.fields)

    # --- the oracle's view ---

    def _is_paid(self) -> bool:
        return bool(self._paid_plans())

    def _paid_plans(self) -> list[str]:
        plans = [sub.plan for sub in self.till.subs if sub.covers(self.now)]
        trial_ends_at = Brand.objects.values_list("trial_ends_at", flat=True).get(pk=self.brand_id)
        for term in PlanTerm.objects.select_related("plan_version__plan"):
            starts_at = (
                NOW if term.starts_at <= trial_ends_at else term.starts_at
            )  # paid ahead: the plan is had at once
            if starts_at <= self.now < min(term.ends_at, term.revoked_at or GONE) and term.starts_at < (
                term.revoked_at or GONE
            ):
                plans.append(term.plan_version.plan.code)
        return plans

    def _lost_at(self, brand: Brand) -> datetime:
        """The last moment that was covered by anything."""
        moments = [brand.trial_ends_at]
        for term in PlanTerm.objects.all():
            end = min(term.ends_at, term.revoked_at or GONE)
            if term.starts_at < end <= self.now:
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
    monkeypatch.setattr(archives, "request_archive", lambda **_given: None)
    Brand.objects.filter(pk=other_brand.pk).update(trial_ends_at=GONE)
    yield
    assert SubscriptionChange.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("public", "_quiet")
def test_no_sequence_contradicts_stripe_or_locks_a_payer_out(brand: Brand) -> None:
    BrandLife.brand_id = brand.pk
    BrandLife.versions = {version.plan.code: version for version in PlanVersion.objects.select_related("plan")}
    with acting_as(ANNA):
        run_state_machine_as_test(
            BrandLife,
            settings=settings(
                max_examples=EXAMPLES, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
