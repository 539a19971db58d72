"""An account that is being closed buys nothing more; taken back, it is at Stripe what it was before."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from kernel.core import clock
from kernel.events import outbox
from kernel.tenancy.actors import Actor, acting_as
from kernel.tenancy.context import public_schema
from shared_apps.billing.services import closing, collecting, gateway_writes, plan_changes
from shared_apps.billing.services.customers import AccountClosing
from shared_apps.tenants.models import Brand
from tests.billing.stripe_payer import Payer

pytestmark = pytest.mark.django_db
OWNER = Actor(kind="user", id=1, label="Owner", role="owner")


@pytest.fixture(autouse=True)
def _public() -> Iterator[None]:
    with public_schema():
        yield


def close(payer: Payer) -> None:
    with acting_as(OWNER):
        closing.close_account(brand_id=payer.brand.pk, now=payer.now)


def reopen(payer: Payer) -> None:
    with acting_as(OWNER):
        closing.reopen_account(brand_id=payer.brand.pk, now=payer.now)


def deliver() -> None:
    """Everything the platform's outbox holds, and what is published by it."""
    for _round in range(3):
        outbox.deliver_pending(limit=1_000)


def shown(payer: Payer) -> tuple[str, str | None, bool]:
    """(plan, plan that follows, ends with its period) as Stripe has it."""
    row = payer.look()
    follows = row.pending_plan_version
    return row.plan_version.plan.code, follows.plan.code if follows else None, row.cancel_at_period_end


# --- nothing is bought -----------------------------------------------------------------------------------------------


def _upgrade(payer: Payer) -> None:
    plan_changes.change_plan(
        brand_id=payer.brand.pk, plan_code="premium", interval="year", proration_at=None, now=payer.now
    )


def _preview(payer: Payer) -> None:
    plan_changes.preview_change(brand_id=payer.brand.pk, plan_code="premium", interval="year", now=payer.now)


def _undo_cancel(payer: Payer) -> None:
    plan_changes.undo_cancel(brand_id=payer.brand.pk, now=payer.now)


def _undo_change(payer: Payer) -> None:
    plan_changes.undo_pending_change(brand_id=payer.brand.pk, now=payer.now)


@pytest.mark.parametrize("act", [_upgrade, _preview, _undo_cancel, _undo_change])
def test_an_account_being_closed_neither_buys_nor_goes_on(any_payer: Payer, act: Callable[[Payer], None]) -> None:
    any_payer.subscribe("basic", "month")
    close(any_payer)
    with pytest.raises(AccountClosing):
        act(any_payer)
    assert any_payer.look().plan_version.plan.code == "basic"


def test_it_gets_no_pay_page_even_after_the_cooling_off(payer: Payer) -> None:
    close(payer)
    with pytest.raises(AccountClosing):
        payer.start_checkout()
    with public_schema():
        Brand.objects.filter(pk=payer.brand.pk).update(closing_at=payer.now - timedelta(days=1))
    with pytest.raises(AccountClosing):
        payer.start_checkout()


def test_a_pay_page_that_was_open_is_closed(payer: Payer) -> None:
    payer.start_checkout()
    close(payer)
    deliver()
    assert not payer.client.v1.checkout.sessions.list({"customer": payer.customer_id, "status": "open"}).data


# --- as before -------------------------------------------------------------------------------------------------------


def test_stripe_stops_collecting_and_goes_on_when_it_is_taken_back(any_payer: Payer) -> None:
    any_payer.subscribe("premium", "month")
    close(any_payer)
    deliver()
    assert shown(any_payer) == ("premium", None, True)
    reopen(any_payer)
    deliver()
    assert shown(any_payer) == ("premium", None, False)


def test_a_planned_downgrade_is_planned_again(any_payer: Payer) -> None:
    any_payer.subscribe("premium", "year")
    plan_changes.change_plan(
        brand_id=any_payer.brand.pk, plan_code="basic", interval="month", proration_at=None, now=any_payer.now
    )
    before = any_payer.subscription
    close(any_payer)
    deliver()
    assert shown(any_payer) == ("premium", None, True)
    reopen(any_payer)
    deliver()
    assert shown(any_payer) == ("premium", "basic", False)
    after = any_payer.subscription
    assert (after.pending_interval, after.current_period_end) == ("month", before.current_period_end)


def test_what_the_owner_cancelled_a_moment_before_stays_cancelled(any_payer: Payer) -> None:
    any_payer.subscribe()
    plan_changes.cancel_at_period_end(brand_id=any_payer.brand.pk, now=any_payer.now)
    close(any_payer)
    deliver()
    reopen(any_payer)
    deliver()
    assert shown(any_payer) == ("basic", None, True)


def test_what_the_owner_cancels_after_taking_it_back_stays_cancelled(any_payer: Payer) -> None:
    any_payer.subscribe()
    close(any_payer)
    deliver()
    closed_at = any_payer.now
    reopen(any_payer)
    deliver()
    plan_changes.cancel_at_period_end(brand_id=any_payer.brand.pk, now=any_payer.now)
    assert not collecting.go_on_collecting(brand_id=any_payer.brand.pk, closed_at=closed_at, now=any_payer.now)
    assert shown(any_payer) == ("basic", None, True)


def test_closed_twice_before_any_message_it_is_undone_all_the_same(any_payer: Payer) -> None:
    any_payer.subscribe()
    close(any_payer)
    deliver()
    reopen(any_payer)
    any_payer.advance(days=1)
    close(any_payer)
    deliver()
    assert shown(any_payer) == ("basic", None, True)
    reopen(any_payer)
    deliver()
    assert shown(any_payer) == ("basic", None, False)


def test_who_changes_their_mind_at_once_is_not_cancelled(any_payer: Payer) -> None:
    any_payer.subscribe()
    close(any_payer)
    reopen(any_payer)
    deliver()
    assert shown(any_payer) == ("basic", None, False)


def test_an_answer_that_was_lost_does_not_make_it_the_owners_cancellation(
    any_payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_payer.subscribe()
    close(any_payer)
    send = gateway_writes.set_ending

    def lose(*args: Any, **given: Any) -> None:
        send(*args, **given)
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(gateway_writes, "set_ending", lose)
        deliver()
    monkeypatch.setattr(clock, "now", lambda: any_payer.now + timedelta(hours=1))
    deliver()
    reopen(any_payer)
    deliver()
    assert shown(any_payer) == ("basic", None, False)


def test_a_cancellation_undone_on_stripes_pages_is_made_again(any_payer: Payer) -> None:
    row = any_payer.subscribe()
    close(any_payer)
    deliver()
    any_payer.client.v1.subscriptions.update(row.stripe_subscription_id, {"cancel_at_period_end": False})
    assert shown(any_payer) == ("basic", None, False)
    assert collecting.stop_forgotten(now=any_payer.now) == 1
    deliver()
    assert shown(any_payer) == ("basic", None, True)
    assert collecting.stop_forgotten(now=any_payer.now) == 0


def test_an_account_without_a_subscription_asks_nobody(payer: Payer) -> None:
    close(payer)
    assert not collecting.record_stop(brand_id=payer.brand.pk, now=payer.now)
    reopen(payer)
    assert not collecting.go_on_collecting(brand_id=payer.brand.pk, closed_at=payer.now, now=payer.now)
