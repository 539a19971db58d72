"""Nobody pays for a brand that cannot be used: support suspended it, or it is archived."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from kernel.core import clock
from kernel.events import outbox
from kernel.tenancy.actors import Actor, acting_as
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import StripeAttempt, Subscription
from shared_apps.billing.services import closing, gateway_writes, plan_changes, reconcile, withholding
from shared_apps.billing.services.customers import ArchivedBrand, SuspendedBySupport
from shared_apps.tenants.events import BillingFactsChanged
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import lifecycle as places
from shared_apps.tenants.services.lifecycle import BrandStatus
from shared_apps.tenants.states import BrandState, SuspensionCause
from tests.billing.stripe_payer import Payer

pytestmark = pytest.mark.django_db
OWNER = Actor(kind="user", id=1, label="Owner", role="owner")


@pytest.fixture(autouse=True)
def _public() -> Iterator[None]:
    with public_schema():
        yield


def deliver() -> None:
    """Everything the platform's outbox holds, and what is published by it."""
    for _round in range(4):
        outbox.deliver_pending(limit=1_000)


def suspend(payer: Payer) -> None:
    places.suspend_brand(brand_id=payer.brand.pk, reason="fraud", now=payer.now)
    deliver()


def resume(payer: Payer) -> None:
    places.resume_brand(brand_id=payer.brand.pk, reason="a mistake", now=payer.now)
    deliver()


def archive(payer: Payer) -> None:
    """As the archive shuts a brand, but for the dump."""
    suspend(payer)
    shut(payer)
    outbox.publish(BillingFactsChanged(brand_id=payer.brand.pk))
    deliver()


def shut(payer: Payer) -> None:
    status = BrandStatus(BrandState.ARCHIVED, SuspensionCause.NONE, payer.now)
    places.set_brand_status(brand=places.lock_brand(brand_id=payer.brand.pk), status=status, explanation={})


def shown(payer: Payer) -> tuple[str, str | None, bool]:
    """(plan, plan that follows, ends with its period) as Stripe has it."""
    row = payer.look()
    follows = row.pending_plan_version
    return row.plan_version.plan.code, follows.plan.code if follows else None, row.cancel_at_period_end


def at_stripe(payer: Payer, row: Subscription) -> str:
    return str(payer.client.v1.subscriptions.retrieve(row.stripe_subscription_id).status)


# --- suspended by support --------------------------------------------------------------------------------------------


def test_a_suspension_stops_collecting_and_is_undone_with_it(any_payer: Payer) -> None:
    any_payer.subscribe("premium", "month")
    suspend(any_payer)
    assert shown(any_payer) == ("premium", None, True)
    assert withholding.list_collecting_in_vain() == []
    resume(any_payer)
    assert shown(any_payer) == ("premium", None, False)
    assert any_payer.state == BrandState.ACTIVE


def test_what_was_planned_before_a_suspension_is_planned_again(any_payer: Payer) -> None:
    any_payer.subscribe("premium", "year")
    plan_changes.change_plan(
        brand_id=any_payer.brand.pk, plan_code="basic", interval="month", proration_at=None, now=any_payer.now
    )
    suspend(any_payer)
    assert shown(any_payer) == ("premium", None, True)
    resume(any_payer)
    assert shown(any_payer) == ("premium", "basic", False)


def test_a_cancellation_of_the_owners_outlives_a_suspension(any_payer: Payer) -> None:
    any_payer.subscribe()
    plan_changes.cancel_at_period_end(brand_id=any_payer.brand.pk, now=any_payer.now)
    suspend(any_payer)
    resume(any_payer)
    assert shown(any_payer) == ("basic", None, True)


def test_what_is_overdue_ends_with_the_suspension(any_payer: Payer) -> None:
    row = any_payer.subscribe()
    any_payer.set_card("pm_card_chargeCustomerFail")
    any_payer.advance(days=33)
    assert any_payer.look().status == "past_due"
    suspend(any_payer)
    assert at_stripe(any_payer, row) == "canceled"


def test_closing_during_a_suspension_is_neither_undone_by_resuming_nor_forgotten(any_payer: Payer) -> None:
    any_payer.subscribe()
    suspend(any_payer)
    with acting_as(OWNER):
        closing.close_account(brand_id=any_payer.brand.pk, now=any_payer.now)
    deliver()
    resume(any_payer)
    assert shown(any_payer) == ("basic", None, True)
    with acting_as(OWNER):
        closing.reopen_account(brand_id=any_payer.brand.pk, now=any_payer.now)
    deliver()
    assert shown(any_payer) == ("basic", None, False)


def test_reopening_during_a_suspension_collects_nothing(any_payer: Payer) -> None:
    any_payer.subscribe()
    with acting_as(OWNER):
        closing.close_account(brand_id=any_payer.brand.pk, now=any_payer.now)
    deliver()
    suspend(any_payer)
    with acting_as(OWNER):
        closing.reopen_account(brand_id=any_payer.brand.pk, now=any_payer.now)
    deliver()
    assert shown(any_payer) == ("basic", None, True)
    resume(any_payer)
    assert shown(any_payer) == ("basic", None, False)


def test_a_lost_answer_does_not_make_it_the_owners_cancellation(
    any_payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_payer.subscribe()
    send = gateway_writes.set_ending

    def lose(*args: Any, **given: Any) -> None:
        send(*args, **given)
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(gateway_writes, "set_ending", lose)
        suspend(any_payer)
    assert any_payer.look().cancel_at_period_end
    monkeypatch.setattr(clock, "now", lambda: any_payer.now + timedelta(hours=1))
    resume(any_payer)
    assert shown(any_payer) == ("basic", None, False)


# --- nothing is bought -----------------------------------------------------------------------------------------------


def _upgrade(payer: Payer) -> None:
    plan_changes.change_plan(
        brand_id=payer.brand.pk, plan_code="premium", interval="year", proration_at=None, now=payer.now
    )


def _preview(payer: Payer) -> None:
    plan_changes.preview_change(brand_id=payer.brand.pk, plan_code="premium", interval="year", now=payer.now)


def _undo_cancel(payer: Payer) -> None:
    plan_changes.undo_cancel(brand_id=payer.brand.pk, now=payer.now)


@pytest.mark.parametrize("act", [_upgrade, _preview, _undo_cancel, Payer.start_checkout])
def test_a_suspended_brand_buys_nothing(any_payer: Payer, act: Callable[[Payer], object]) -> None:
    any_payer.subscribe("basic", "month")
    suspend(any_payer)
    with pytest.raises(SuspendedBySupport):
        act(any_payer)
    assert shown(any_payer) == ("basic", None, True)


def test_an_archived_brand_gets_no_pay_page(payer: Payer) -> None:
    archive(payer)
    with pytest.raises(ArchivedBrand):
        payer.start_checkout()


def test_an_open_pay_page_is_closed_by_a_suspension(payer: Payer) -> None:
    payer.start_checkout()
    suspend(payer)
    assert not payer.client.v1.checkout.sessions.list({"customer": payer.customer_id, "status": "open"}).data


def test_what_was_paid_in_that_moment_is_not_collected_again(any_payer: Payer) -> None:
    suspend(any_payer)
    any_payer.subscribe()  # the webhook of a page that was paid while it was being closed
    deliver()
    assert shown(any_payer) == ("basic", None, True)


# --- archived --------------------------------------------------------------------------------------------------------


def test_archiving_ends_the_subscription_at_once(any_payer: Payer) -> None:
    row = any_payer.subscribe("basic", "month")
    archive(any_payer)
    assert at_stripe(any_payer, row) == "canceled"
    assert not withholding.follow_brand(brand_id=any_payer.brand.pk, now=any_payer.now)


def test_an_end_whose_answer_was_lost_is_tried_again_with_its_own_key(
    any_payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = any_payer.subscribe()
    shut_without_a_word(any_payer)
    keys: list[str] = []

    def fail(_subscription_id: str, *, key: str) -> None:
        keys.append(key)
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(gateway_writes, "end_subscription", fail)
        assert withholding.follow_forgotten(now=any_payer.now) == 0
        assert withholding.follow_forgotten(now=any_payer.now) == 0
    assert len(set(keys)) == 1
    assert StripeAttempt.objects.filter(brand_id=any_payer.brand.pk).count() == 0
    assert withholding.follow_forgotten(now=any_payer.now) == 1
    assert at_stripe(any_payer, row) == "canceled"


# --- what was forgotten ----------------------------------------------------------------------------------------------


def test_the_nightly_comparison_finds_and_stops_what_collects_in_vain(payer: Payer) -> None:
    payer.start_checkout()
    payer.set_card("pm_card_visa")
    row = payer.subscribe("basic", "month")
    shut_without_a_word(payer)
    run = reconcile.compare_with_stripe(now=payer.now)
    assert [(one["what"], one["repaired"]) for one in run.differences] == [("collects_in_vain", True)]
    assert at_stripe(payer, row) == "canceled"


def shut_without_a_word(payer: Payer) -> None:
    Brand.objects.filter(pk=payer.brand.pk).update(state=BrandState.ARCHIVED)


def test_a_cancellation_undone_on_stripes_pages_during_a_suspension_is_made_again(any_payer: Payer) -> None:
    row = any_payer.subscribe()
    suspend(any_payer)
    any_payer.client.v1.subscriptions.update(row.stripe_subscription_id, {"cancel_at_period_end": False})
    any_payer.look()
    assert withholding.follow_forgotten(now=any_payer.now) in {0, 1}  # the mirror says so itself already
    deliver()
    assert shown(any_payer) == ("basic", None, True)
