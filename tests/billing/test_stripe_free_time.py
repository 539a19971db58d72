"""A plan that is chosen while the time is still free.

Everything that any program can do through Stripe's API runs against Stripe itself as well, where there is a test key.
"""

from datetime import timedelta

import pytest

from kernel.tenancy.context import public_schema
from shared_apps.billing.rules.reminders import list_owed
from shared_apps.billing.selectors import money_flow
from shared_apps.billing.selectors import status as statuses
from shared_apps.billing.services import plan_changes
from shared_apps.billing.services.checkout import PaidTooLongAhead
from shared_apps.tenants.models import Brand
from tests.billing.stripe_payer import (
    Payer,
    buy,
    history,
    mirrored,
    settled,
)

pytestmark = pytest.mark.django_db


def test_what_is_chosen_in_the_trial_begins_when_it_ends(payer: Payer) -> None:
    ends_at = (payer.now + timedelta(days=9)).replace(microsecond=0)
    payer.end_trial(ends_at=ends_at)
    buy(payer, "basic", "month")
    found = settled(payer)
    assert (found.state, found.plan, found.status.first_payment_at) == ("trialing", None, ends_at)
    assert history() == []
    assert money_flow.list_moves(until=payer.now + timedelta(days=1)) == []
    payer.advance(to=ends_at + timedelta(hours=2))
    payer.look()
    found = settled(payer)
    assert (found.state, found.plan.plan.code, found.status.first_payment_at) == ("active", "basic", None)
    assert history() == [("started", "0.00", "360.00")]


@pytest.mark.parametrize(
    ("days", "kinds"), [(9, set()), (7, {"first_payment"}), (3, {"first_payment"}), (0.5, {"first_payment"})]
)
def test_the_first_payment_is_announced(payer: Payer, days: float, kinds: set[str]) -> None:
    ends_at = (payer.now + timedelta(days=10)).replace(microsecond=0)
    payer.end_trial(ends_at=ends_at)
    buy(payer, "basic", "month")
    now = ends_at - timedelta(days=days)
    with public_schema():
        brand = Brand.objects.get(pk=payer.brand.pk)
        facts = statuses.get_facts([brand])[brand.pk]
    status = statuses.get_billing_status(brand, now).status
    assert {one.kind.value for one in list_owed(facts, status, now)} == kinds


def test_who_cancels_in_the_trial_was_on_trial(payer: Payer) -> None:
    ends_at = (payer.now + timedelta(days=9)).replace(microsecond=0)
    payer.end_trial(ends_at=ends_at)
    name = buy(payer, "basic", "month").stripe_subscription_id
    plan_changes.cancel_at_period_end(brand_id=payer.brand.pk, now=payer.now)
    assert (settled(payer).state, settled(payer).plan) == ("trialing", None)
    payer.advance(to=ends_at + timedelta(hours=2))
    mirrored(payer, name)
    found = settled(payer)
    assert (found.state, found.status.until) == ("trial_expired", ends_at + timedelta(days=60))
    assert history() == []


def test_more_than_two_years_ahead_are_refused_in_words(payer: Payer) -> None:
    payer.end_trial(ends_at=payer.now + timedelta(days=800))
    with pytest.raises(PaidTooLongAhead):
        payer.start_checkout()
