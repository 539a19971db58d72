"""Acts of the property test on a brand: Stripe and its webhooks, time, and people."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.core import mail
from django.core.files.base import ContentFile
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.events import outbox
from kernel.models import OutboxDelivery
from kernel.tenancy.actors import acting_as
from shared_apps.billing.models import (
    OfflinePayment,
    PlanPeriod,
    PlanVersion,
    StripeInvoice,
    Subscription,
)
from shared_apps.billing.rules import status as rules
from shared_apps.billing.services import closing, given_time, lifecycle, transfers
from shared_apps.billing.services.gateway import PaymentServiceUnavailable
from shared_apps.billing.services.transfers import NewTransfer
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import lifecycle as places

from .conftest import BERT, DAY, NOW, OWNER
from .till import Sub, Till

RANKS = {"basic": 1, "standard": 2, "premium": 3}
UNANSWERED = PaymentServiceUnavailable.__name__


class BrandActs(RuleBasedStateMachine):
    """One brand's life as a customer: what people, Stripe and the clock do."""

    brand_id: int
    versions: dict[str, PlanVersion]
    running: "BrandActs"

    def __init__(self) -> None:
        super().__init__()
        type(self).running = self
        self.now = NOW
        self.till = Till()
        self.suspended = False
        self.references = 0
        self.closing_at: datetime | None = None
        self.stripe_answers = True
        self.stopped_by: set[str] = set()
        self.now_patch = clock.now
        clock.now = lambda: self.now
        self.frame = transaction.atomic()
        self.frame.__enter__()
        Brand.objects.filter(pk=self.brand_id).update(
            state="trialing",
            state_since=NOW,
            trial_ends_at=NOW + 15 * DAY,
            trial_extensions=0,
            closing_at=None,
            suspended_from="",
            suspended_because="",
        )

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.frame.__exit__(None, None, None)
        clock.now = self.now_patch
        mail.outbox.clear()

    @initialize(trial=st.sampled_from([15, 0]), begins=st.sampled_from(["", "card", "no card", "transfer", "gift"]))
    def begin(self, trial: int, begins: str) -> None:
        """Not every life has to begin with a whole trial: chance gets further from here."""
        Brand.objects.filter(pk=self.brand_id).update(trial_ends_at=NOW + trial * DAY)
        if begins == "card":
            self.till.subscribe("standard", "month", self.now)
            self.till.card_works = False
        elif begins == "no card":
            self.till.card_works = False
            self.till.subscribe("basic", "year", self.now)
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
        """Apply our cancellations at Stripe, and those of its portal."""
        if self.till.current is not None:
            self.till.current.cancels = wanted

    @rule(answers=st.booleans())
    def stripe_is_reached_or_not(self, answers: bool) -> None:
        self.stripe_answers = answers

    def follow_brand(self) -> None:
        """Do what `withholding` asks of Stripe: collect only while support lets the brand be used."""
        if self.suspended:
            self._stop_collecting("suspension")
        else:
            self._go_on_collecting("suspension")

    def follow_closing(self) -> None:
        """Do what `collecting` asks of Stripe: collect nothing more from an account that is being closed."""
        if self.closing_at is not None:
            self._stop_collecting("closing")
        else:
            self._go_on_collecting("closing")

    def _stop_collecting(self, cause: str) -> None:
        sub = self.till.current
        if sub is None:
            return
        self._ensure_answer()
        if sub.status != "active":
            self.till.end_now(self.now)
        elif not sub.cancels:
            sub.cancels = True
            self.stopped_by.add(cause)

    def _go_on_collecting(self, cause: str) -> None:
        if cause not in self.stopped_by:
            return
        self._ensure_answer()
        self.stopped_by.discard(cause)
        if self.till.current is not None and not self.stopped_by:
            self.till.current.cancels = False

    def _ensure_answer(self) -> None:
        if not self.stripe_answers:
            raise PaymentServiceUnavailable

    @rule()
    def end_by_hand(self) -> None:
        self.till.end_now(self.now)

    @rule(times=st.integers(1, 2))
    def events_arrive(self, times: int) -> None:
        for _ in range(times):
            self._mirror()

    def _mirror(self) -> None:
        """Mirror fetched objects as billing does; the mirror's tests check that against a real server."""
        for sub in self.till.subs:
            former = Subscription.objects.filter(stripe_subscription_id=sub.id).first()
            values = {
                "brand_id": self.brand_id,
                "status": sub.status,
                "plan_version": self.versions[sub.plan],
                "interval": sub.interval,
                "current_period_start": sub.period_start,
                "current_period_end": sub.period_end,
                "cancel_at_period_end": sub.cancels,
                "ended_at": sub.ended_at,
                "past_due_since": self._overdue(sub, former),
                "started_at": sub.started_at,
                "fetched_at": self.now,
            }
            Subscription.objects.update_or_create(stripe_subscription_id=sub.id, defaults=values)
            for start, _end in sub.paid_periods:
                StripeInvoice.objects.get_or_create(
                    stripe_invoice_id=f"in_{sub.id}_{start:%Y%m%d%H%M%S}",
                    defaults={
                        "brand_id": self.brand_id,
                        "status": "paid",
                        "total": "1.00",
                        "amount_paid": "1.00",
                        "currency": "CNY",
                        "issued_at": start,
                        "fetched_at": self.now,
                    },
                )
        lifecycle.sync_billing_status(brand_id=self.brand_id, now=self.now)

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
                assert lifecycle.sync_all_billing_statuses(now=self.now).failed == 0

    @rule(hours=st.integers(1, 30))
    def wait_a_little(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.till.advance(self.now)

    @rule(data=st.data(), seconds=st.sampled_from([-1, 0, 1, 3_600]))
    def wait_to_an_edge(self, data: st.DataObject, seconds: int) -> None:
        """To where something may happen: an end, or so many days after the last one."""
        brand = Brand.objects.get(pk=self.brand_id)
        ends = [brand.trial_ends_at, *PlanPeriod.objects.values_list("ends_at", flat=True)]
        ends += [sub.period_end for sub in self.till.subs] + ([self.closing_at] if self.closing_at else [])
        ends += [sub.unpaid_since for sub in self.till.subs if sub.unpaid_since]
        edges = sorted({end + timedelta(days=days) for end in ends for days in (0, 7, 30, 37, 60)})
        ahead = [edge for edge in edges if self.now < edge < self.now + 400 * DAY]
        if ahead:
            self.now = max(self.now, data.draw(st.sampled_from(ahead[:4])) + timedelta(seconds=seconds))
            self.till.advance(self.now)

    @rule()
    def the_job_runs(self) -> None:
        assert lifecycle.sync_all_billing_statuses(now=self.now).failed == 0
        lifecycle.archive_due_brands(now=self.now)

    @rule()
    def messages_are_delivered(self) -> None:
        """Nothing that is due waits; only what Stripe did not answer has failed, and it is tried again."""
        outbox.deliver_pending(limit=1_000)
        pending = OutboxDelivery.objects.filter(state="pending")
        assert not pending.filter(due_at__lte=self.now).exists()
        assert not pending.filter(attempts__gt=0).exclude(last_error__startswith=UNANSWERED).exists()
        assert not OutboxDelivery.objects.filter(state="dead").exclude(last_error__startswith=UNANSWERED).exists()

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
        if ids := list(PlanPeriod.objects.order_by("id").values_list("id", flat=True)):
            period_id = data.draw(st.sampled_from(ids))
            self._try(lambda: given_time.revoke_time(period_id=period_id, reason="x", now=self.now))

    @rule(plan=st.sampled_from(sorted(RANKS)), months=st.integers(1, 3))
    def a_transfer_comes(self, plan: str, months: int) -> None:
        self.references += 1
        asked = NewTransfer(
            brand_id=self.brand_id,
            plan_code=plan,
            interval="month",
            periods=months,
            payer="P",
            amount=self.versions[plan].price_month * months,
            bank_reference=f"R{self.references}",
            received_on=clock.business_date(self.now, "Asia/Shanghai"),
        )
        proof = ContentFile(b"%PDF-1", name="p.pdf")
        self._try(lambda: transfers.record_transfer(new=asked, proof=proof, now=self.now))

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
