"""Chance again, but with the SDK, the project's fake Stripe over HTTP, and webhooks in any order, twice or never."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from pytest_django import Settings

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.tenancy.context import public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.models import Subscription
from shared_apps.billing.services import inbox, lifecycle, mirror, plan_changes
from shared_apps.tenants.models import Brand
from tests.billing.stripe_payer import Payer
from tests.factories.fresh import forget_counters
from tests.factories.stripe_backends import client_of

pytestmark = pytest.mark.django_db
STEPS = 16
COVERS = {"active", "trialing"}
GRACE = timedelta(days=7)


@pytest.fixture
def fake(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStripe]:
    """A fake Stripe, by whose clock everything here goes."""
    with FakeStripe() as made:
        settings.STRIPE_API_KEY = made.api_key
        settings.STRIPE_API_BASE = made.url
        settings.STRIPE_WEBHOOK_SECRETS = [made.webhook_secret]
        settings.STRIPE_PAYMENT_METHOD_TYPES = ["card"]
        forget_counters()
        monkeypatch.setattr(clock, "now", lambda: made.now)
        yield made


class Life:
    """A brand at Stripe. Each step is one thing that people, the card or the clock do."""

    def __init__(self, payer: Payer, fake: FakeStripe, chance: Random) -> None:
        self.payer = payer
        self.fake = fake
        self.chance = chance
        self.heard: set[str] = set()
        self.card = "pm_card_visa"

    @property
    def now(self) -> datetime:
        return self.fake.now

    def step(self) -> None:
        acts = (self.buy, self.break_card, self.break_card, self.pay_bill, self.cancel, self.undo, self.upgrade)
        waits = (self.wait, self.wait, self.wait, self.hear, self.look_everywhere, self.look_everywhere)
        self.chance.choice(acts + waits)()

    def buy(self) -> None:
        with public_schema():
            if Subscription.objects.filter(brand_id=self.payer.brand.pk, ended_at__isnull=True).exists():
                return
        self.mend_card()
        self.payer.subscribe(self.chance.choice(["basic", "premium"]), self.chance.choice(["month", "month", "year"]))

    def break_card(self) -> None:
        """And let the next bill come."""
        self.payer.set_card("pm_card_chargeCustomerFail")
        self.fake.advance(days=self.chance.choice([0, 20, 31]))

    def mend_card(self) -> None:
        self.payer.set_card("pm_card_visa")

    def pay_bill(self) -> None:
        self.mend_card()
        wanted: Any = {"customer": self.payer.customer_id, "status": "open"}
        for bill in self.payer.client.v1.invoices.list(wanted).data:
            self.payer.client.v1.invoices.pay(str(bill.id))

    def cancel(self) -> None:
        self._try(plan_changes.cancel_at_period_end)

    def undo(self) -> None:
        self._try(plan_changes.undo_cancel)

    def upgrade(self) -> None:
        self._try(plan_changes.change_plan, plan_code="premium", interval="year", proration_at=None)

    def wait(self) -> None:
        self.fake.advance(days=self.chance.choice([0.2, 1, 6.9, 7.1, 14, 31, 45]))

    def hear(self) -> None:
        """Webhooks: some of those that are new, in any order, some twice; one in four never comes."""
        new = [event for event in self.fake.events() if event["id"] not in self.heard]
        self.heard |= {event["id"] for event in new}
        told = [event for event in new if self.chance.random() > 0.25]
        told += [event for event in told if self.chance.random() < 0.3]
        self.chance.shuffle(told)
        for event in told:
            body, header = self.fake.signed(event)
            row = inbox.receive_event(body=body.encode(), signature=header, now=self.now)
            inbox.handle_event(event_id=row.event_id, now=self.now)

    def look_everywhere(self) -> None:
        """Run the nightly comparison and the hourly job."""
        with public_schema():
            names = list(Subscription.objects.values_list("stripe_subscription_id", flat=True))
        for name in names:
            mirror.mirror_subscription(subscription_id=name, now=self.now)
        assert lifecycle.sync_all_billing_statuses(now=self.now).failed == 0
        self.check()

    def check(self) -> None:
        """The brand stands where Stripe says."""
        with public_schema():
            brand = Brand.objects.get(pk=self.payer.brand.pk)
            lifecycle.sync_billing_status(brand_id=brand.pk, now=self.now)
            brand.refresh_from_db()
        wanted: Any = {"customer": self.payer.customer_id, "status": "all"}
        found = [item.to_dict() for item in self.payer.client.v1.subscriptions.list(wanted).data]
        living = [item for item in found if item["status"] in COVERS]
        if living:
            assert brand.state == "active", (brand.state, [item["status"] for item in found])
        elif found:
            assert brand.state != "trialing"
            lost = max(self._paid_until(item["id"]) for item in found)
            assert brand.may_write(self.now) is False or self.now < lost + GRACE, (brand.state, self.now - lost)

    def _paid_until(self, name: str) -> datetime:
        """The end of the last period that was paid for."""
        wanted: Any = {"subscription": name, "status": "paid", "limit": 100}
        ends = [self.now - timedelta(days=9_999)]
        for bill in self.payer.client.v1.invoices.list(wanted).data:
            ends += [datetime.fromtimestamp(line.period.end, tz=self.now.tzinfo) for line in bill.lines.data]
        return max(ends)

    def _try(self, act: Any, **given: Any) -> None:
        try:
            act(brand_id=self.payer.brand.pk, now=self.now, **given)
        except DomainError:
            return  # a refusal is an answer


@pytest.mark.parametrize("seed", range(6))
def test_no_life_at_stripe_contradicts_it(brand: Brand, fake: FakeStripe, seed: int) -> None:
    payer = Payer(brand, client_of(fake), lambda: fake.now, fake.advance)
    payer.end_trial(ends_at=fake.now + timedelta(days=1))
    payer.start_checkout()
    life = Life(payer, fake, Random(seed))
    life.buy()
    for _ in range(STEPS):
        life.step()
    life.look_everywhere()
