"""Upwards at once, downwards at the period's end, leaving and staying. At the fake, and at Stripe itself with a key."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from kernel.tenancy.context import public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.models import StripeAttempt
from shared_apps.billing.services import plan_changes
from shared_apps.billing.services.gateway import CardRefused, OutcomeUnknown
from shared_apps.billing.services.plan_changes import (
    ChangeNotTaken,
    ChangePending,
    EndsWithPeriod,
    NoSubscription,
    NothingToUndo,
    PaymentOpen,
    PreviewTooOld,
    SamePlan,
)
from tests.billing.stripe_payer import Payer, history

pytestmark = pytest.mark.django_db


def preview(payer: Payer, plan: str, interval: str = "month") -> plan_changes.ChangePreview:
    return plan_changes.preview_change(brand_id=payer.brand.pk, plan_code=plan, interval=interval, now=payer.now)


def change(payer: Payer, plan: str, interval: str = "month", **given: Any) -> Any:
    asked = {"proration_at": None, "now": payer.now, **given}
    return plan_changes.change_plan(brand_id=payer.brand.pk, plan_code=plan, interval=interval, **asked).row


def shown(payer: Payer) -> tuple[str, str, str | None, bool]:
    """(plan, interval, plan that follows, ends with its period) of the mirror."""
    row = payer.subscription
    follows = row.pending_plan_version.plan.code if row.pending_plan_version else None
    return row.plan_version.plan.code, row.interval, follows, row.cancel_at_period_end


def invoices_of(payer: Payer) -> list[Any]:
    """The newest first."""
    return list(payer.client.v1.invoices.list({"customer": payer.customer_id, "limit": 100}).data)


# --- upwards ---------------------------------------------------------------------------------------------------------


def test_an_upgrade_takes_what_the_preview_showed(any_payer: Payer) -> None:
    any_payer.subscribe("basic", "month")
    any_payer.advance(days=10)
    seen = preview(any_payer, "premium")
    assert seen.is_upgrade
    assert seen.currency == "CNY"
    assert seen.amount_due == sum(line.amount for line in seen.lines)
    # Two thirds of a month of ¥1,980 − ¥360, whatever month it is.
    assert Decimal(1_000) < seen.amount_due < Decimal(1_140)
    assert min(line.amount for line in seen.lines) < 0  # what is not used of the old plan
    change(any_payer, "premium", proration_at=seen.proration_at)
    assert shown(any_payer) == ("premium", "month", None, False)
    newest = invoices_of(any_payer)[0]
    assert (newest.status, Decimal(newest.total) / 100) == ("paid", seen.amount_due)
    assert history()[-1] == ("upgraded", "360.00", "1980.00")


def test_from_the_month_to_the_year_is_an_upgrade_that_is_paid_now(any_payer: Payer) -> None:
    any_payer.subscribe("basic", "month")
    seen = preview(any_payer, "basic", "year")
    assert seen.is_upgrade
    assert seen.amount_due == Decimal("3240.00")  # the whole month comes back
    change(any_payer, "basic", "year", proration_at=seen.proration_at)
    assert shown(any_payer) == ("basic", "year", None, False)
    assert any_payer.subscription.current_period_end - any_payer.now > timedelta(days=360)


def test_a_failed_payment_leaves_the_old_plan(any_payer: Payer) -> None:
    any_payer.subscribe("basic", "month")
    any_payer.set_card("pm_card_chargeCustomerFail")
    with pytest.raises(CardRefused) as refusal:
        change(any_payer, "premium")
    assert refusal.value.status == 409
    any_payer.look()
    assert shown(any_payer) == ("basic", "month", None, False)
    assert any_payer.subscription.status == "active"
    assert [invoice.status for invoice in invoices_of(any_payer) if invoice.status == "open"] == []
    any_payer.set_card("pm_card_visa")
    change(any_payer, "premium")  # the refusal is not repeated
    assert shown(any_payer)[0] == "premium"


def test_during_the_free_days_an_upgrade_costs_nothing_yet(any_payer: Payer) -> None:
    any_payer.subscribe("basic", "month", trial_end=int((any_payer.now + timedelta(days=9)).timestamp()))
    ends_at = any_payer.subscription.current_period_end
    seen = preview(any_payer, "premium")
    assert seen.amount_due == Decimal("0.00")
    change(any_payer, "premium", proration_at=seen.proration_at)
    assert shown(any_payer)[0] == "premium"
    assert any_payer.subscription.status == "trialing"
    assert any_payer.subscription.current_period_end == ends_at


def test_a_preview_is_not_kept_for_ever(payer: Payer) -> None:
    payer.start_checkout()
    payer.set_card("pm_card_visa")
    payer.subscribe("basic", "month")
    payer.advance(days=20)
    old = payer.now - timedelta(minutes=31)
    for moment in (old, payer.now + timedelta(minutes=1), payer.subscription.current_period_end + timedelta(days=1)):
        with pytest.raises(PreviewTooOld):
            change(payer, "premium", proration_at=moment)
    change(payer, "premium", proration_at=payer.now - timedelta(minutes=29))
    assert shown(payer)[0] == "premium"


# --- downwards -------------------------------------------------------------------------------------------------------


def test_a_downgrade_waits_for_the_end_of_the_period(any_payer: Payer) -> None:
    any_payer.subscribe("premium", "month")
    ends_at = any_payer.subscription.current_period_end
    seen = preview(any_payer, "basic")
    assert (seen.is_upgrade, seen.amount_due, seen.effective_at) == (False, Decimal("0.00"), ends_at)
    change(any_payer, "basic", proration_at=seen.proration_at)
    assert shown(any_payer) == ("premium", "month", "basic", False)
    any_payer.advance(to=ends_at + timedelta(hours=2))
    any_payer.look()
    assert shown(any_payer) == ("basic", "month", None, False)
    assert any_payer.subscription.status == "active"
    assert Decimal(invoices_of(any_payer)[0].total) / 100 == Decimal("360.00")
    assert history()[-1] == ("downgraded", "1980.00", "360.00")


def test_after_a_downgrade_everything_can_be_changed_again(any_payer: Payer) -> None:
    """The schedule that brought it about is still there, and in nobody's way."""
    any_payer.subscribe("premium", "month")
    change(any_payer, "basic")
    any_payer.advance(to=any_payer.subscription.current_period_end + timedelta(hours=2))
    any_payer.look()
    change(any_payer, "standard")
    assert shown(any_payer) == ("standard", "month", None, False)
    change(any_payer, "basic")
    assert shown(any_payer) == ("standard", "month", "basic", False)


def test_from_the_year_to_the_month_waits_too(any_payer: Payer) -> None:
    any_payer.subscribe("basic", "year")
    change(any_payer, "basic", "month")
    assert shown(any_payer) == ("basic", "year", "basic", False)
    assert any_payer.subscription.pending_interval == "month"


def test_a_planned_downgrade_can_be_undone(any_payer: Payer) -> None:
    any_payer.subscribe("premium", "month")
    change(any_payer, "basic")
    with pytest.raises(ChangePending):
        change(any_payer, "standard")
    plan_changes.undo_pending_change(brand_id=any_payer.brand.pk, now=any_payer.now)
    assert shown(any_payer) == ("premium", "month", None, False)
    with pytest.raises(NothingToUndo):
        plan_changes.undo_pending_change(brand_id=any_payer.brand.pk, now=any_payer.now)
    any_payer.advance(to=any_payer.subscription.current_period_end + timedelta(hours=2))
    assert any_payer.look().plan_version.plan.code == "premium"


# --- leaving ---------------------------------------------------------------------------------------------------------


def test_who_cancels_stays_until_the_end_of_the_period(any_payer: Payer) -> None:
    any_payer.subscribe("basic", "month")
    name = any_payer.subscription.stripe_subscription_id
    plan_changes.cancel_at_period_end(brand_id=any_payer.brand.pk, now=any_payer.now)
    assert shown(any_payer)[3]
    assert any_payer.state == "active"
    with pytest.raises(EndsWithPeriod):
        plan_changes.cancel_at_period_end(brand_id=any_payer.brand.pk, now=any_payer.now)
    with pytest.raises(EndsWithPeriod):
        change(any_payer, "premium")
    any_payer.advance(to=any_payer.subscription.current_period_end + timedelta(hours=2))
    assert any_payer.look().status == "canceled"
    assert [kind for kind, _before, _after in history()] == ["started", "cancel_scheduled", "ended"]
    assert history()[-1] == ("ended", "360.00", "0.00")
    assert name
    with pytest.raises(NoSubscription):
        change(any_payer, "premium")


def test_a_cancellation_can_be_undone_and_done_again(any_payer: Payer) -> None:
    any_payer.subscribe("basic", "month")
    for _time in range(3):
        plan_changes.cancel_at_period_end(brand_id=any_payer.brand.pk, now=any_payer.now)
        assert shown(any_payer)[3]
        plan_changes.undo_cancel(brand_id=any_payer.brand.pk, now=any_payer.now)
        assert not shown(any_payer)[3]
    with pytest.raises(NothingToUndo):
        plan_changes.undo_cancel(brand_id=any_payer.brand.pk, now=any_payer.now)


def test_cancelling_forgets_a_planned_downgrade(any_payer: Payer) -> None:
    any_payer.subscribe("premium", "month")
    change(any_payer, "basic")
    plan_changes.cancel_at_period_end(brand_id=any_payer.brand.pk, now=any_payer.now)
    assert shown(any_payer) == ("premium", "month", None, True)


def test_an_end_that_was_set_by_a_date_is_seen_and_undone(any_payer: Payer) -> None:
    """As the portal and Stripe's dashboard may set it."""
    any_payer.subscribe("basic", "month")
    row = any_payer.subscription
    any_payer.client.v1.subscriptions.update(
        row.stripe_subscription_id, {"cancel_at": int(row.current_period_end.timestamp())}
    )
    any_payer.look()
    assert shown(any_payer)[3]
    plan_changes.undo_cancel(brand_id=any_payer.brand.pk, now=any_payer.now)
    assert not shown(any_payer)[3]


# --- refused ---------------------------------------------------------------------------------------------------------


def test_the_plan_one_has_is_no_change(any_payer: Payer) -> None:
    any_payer.subscribe("basic", "month")
    with pytest.raises(SamePlan):
        preview(any_payer, "basic")


def test_who_owes_pays_first(any_payer: Payer) -> None:
    any_payer.subscribe("basic", "month")
    any_payer.set_card("pm_card_chargeCustomerFail")
    any_payer.advance(to=any_payer.subscription.current_period_end + timedelta(hours=2))
    assert any_payer.look().status == "past_due"
    assert any_payer.state == "past_due"
    with pytest.raises(PaymentOpen):
        change(any_payer, "premium")
    assert ("fell_due", "360.00", "360.00") in history()


def test_who_has_no_subscription_has_nothing_to_change(payer: Payer) -> None:
    for act in (plan_changes.undo_pending_change, plan_changes.cancel_at_period_end, plan_changes.undo_cancel):
        with pytest.raises(NoSubscription):
            act(brand_id=payer.brand.pk, now=payer.now)


@pytest.mark.parametrize("request_line", ["POST /v1/subscriptions/", "POST /v1/subscription_schedules"])
def test_a_lost_answer_changes_once(payer: Payer, fake: FakeStripe, request_line: str) -> None:
    payer.start_checkout()
    payer.set_card("pm_card_visa")
    payer.subscribe("standard", "month")
    wanted = "premium" if "subscriptions/" in request_line else "basic"
    moment = preview(payer, wanted).proration_at
    fake.faults.order("break_after", times=3, match=request_line)
    if wanted == "premium":
        change(payer, wanted, proration_at=moment)  # it was done, and is looked up
        with pytest.raises(SamePlan):
            change(payer, wanted, proration_at=moment)
        assert len(invoices_of(payer)) == 2
    else:
        with pytest.raises(OutcomeUnknown):
            change(payer, wanted, proration_at=moment)
        change(payer, wanted, proration_at=moment)
        assert len(payer.client.v1.subscription_schedules.list().data) == 1
        assert shown(payer)[2] == "basic"


def test_a_repeated_answer_is_not_taken_for_a_change(payer: Payer, fake: FakeStripe) -> None:
    """The cancellation's answer was lost, the portal took it back; Stripe would repeat the answer and do nothing."""
    payer.start_checkout()
    payer.set_card("pm_card_visa")
    name = payer.subscribe("standard", "month").stripe_subscription_id
    fake.faults.order("break_after", times=3, match="POST /v1/subscriptions/")
    with pytest.raises(OutcomeUnknown):
        plan_changes.cancel_at_period_end(brand_id=payer.brand.pk, now=payer.now)
    payer.client.v1.subscriptions.update(name, {"cancel_at_period_end": False})
    with pytest.raises(ChangeNotTaken):
        plan_changes.cancel_at_period_end(brand_id=payer.brand.pk, now=payer.now)
    assert plan_changes.cancel_at_period_end(brand_id=payer.brand.pk, now=payer.now).cancel_at_period_end


def test_a_refusal_is_kept_with_its_reason(payer: Payer) -> None:
    payer.start_checkout()
    payer.set_card("pm_card_visa")
    payer.subscribe("basic", "month")
    payer.set_card("pm_card_chargeCustomerFail")
    with pytest.raises(CardRefused):
        change(payer, "premium")
    with public_schema():
        noted = StripeAttempt.objects.get(state="refused")
    assert (noted.kind, noted.refusal) == ("upgrade", "generic_decline")
