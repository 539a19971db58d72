"""An owner closes the account, has second thoughts, or not."""

import pytest

from kernel import clock
from kernel.actors import SYSTEM, Actor, acting_as
from kernel.models import AuditRecord
from shared_apps.billing.models import Subscription, SubscriptionChange
from shared_apps.billing.services import closing, plan_changes
from shared_apps.tenants.models import Brand

from .conftest import DAY, NOW, OWNER, deliver, letters, put, settle, stored, subscribe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("public")]
MANAGER = Actor(kind="user", id=2, label="Manager", role="manager")
KEY = Actor(kind="api_key", id=3, label="Key", role="owner")
SUPPORT = Actor(kind="user", id=9, label="S", role="platform_admin", permissions=frozenset({"tenants.suspend"}))


@pytest.fixture(autouse=True)
def _time_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def close(brand: Brand) -> None:
    with acting_as(OWNER):
        closing.close_account(brand_id=brand.pk, now=NOW)


def test_a_closed_account_works_for_two_weeks_and_is_then_only_exported(brand: Brand) -> None:
    put(brand, trial=100)
    close(brand)
    assert (stored(brand).state, stored(brand).closing_at) == ("trialing", NOW + 14 * DAY)
    deliver()
    assert len(letters()) == 1
    assert settle(brand, NOW + 13.9 * DAY) == "trialing"
    assert settle(brand, NOW + 14 * DAY) == "suspended"
    assert stored(brand).suspended_because == "closing"
    assert AuditRecord.objects.filter(action="tenants.closing_begun").count() == 1


def test_it_is_taken_back_until_then(brand: Brand) -> None:
    put(brand, trial=100)
    close(brand)
    with acting_as(OWNER):
        closing.reopen_account(brand_id=brand.pk, now=NOW + 13 * DAY)
    assert stored(brand).closing_at is None
    assert settle(brand, NOW + 20 * DAY) == "trialing"
    close(brand)
    settle(brand, NOW + 14 * DAY)
    with acting_as(OWNER), pytest.raises(closing.ClosingOver):
        closing.reopen_account(brand_id=brand.pk, now=NOW + 14 * DAY)
    with acting_as(SUPPORT):
        closing.reopen_account(brand_id=brand.pk, now=NOW + 20 * DAY)
    assert stored(brand).state == "trialing"


@pytest.mark.parametrize("actor", [MANAGER, KEY, SYSTEM, SUPPORT])
def test_only_the_owner_closes(brand: Brand, actor: Actor) -> None:
    with acting_as(actor), pytest.raises(closing.OnlyOwnerCloses):
        closing.close_account(brand_id=brand.pk, now=NOW)


@pytest.mark.parametrize("actor", [MANAGER, KEY])
def test_others_do_not_take_it_back(brand: Brand, actor: Actor) -> None:
    close(brand)
    with acting_as(actor), pytest.raises(closing.OnlyOwnerCloses):
        closing.reopen_account(brand_id=brand.pk, now=NOW)


def test_once_is_enough(brand: Brand) -> None:
    with acting_as(OWNER), pytest.raises(closing.NotClosing):
        closing.reopen_account(brand_id=brand.pk, now=NOW)
    close(brand)
    with pytest.raises(closing.AlreadyClosing):
        close(brand)


def test_a_payment_does_not_undo_it(brand: Brand) -> None:
    put(brand, trial=100, closing_at=NOW)
    subscribe(brand)
    assert settle(brand) == "suspended"


# --- Stripe ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What plan_changes was asked for, done to the mirror as it would."""
    asked: list[str] = []

    def cancel(*, brand_id: int, now: object) -> None:
        asked.append("cancel")
        Subscription.objects.filter(brand_id=brand_id).update(cancel_at_period_end=True)
        row = Subscription.objects.get(brand_id=brand_id)
        SubscriptionChange.objects.create(
            brand_id=brand_id, occurred_at=NOW, kind="cancel_scheduled", source=f"test:{len(asked)}",
            plan_version=row.plan_version, mrr_before="1.00", mrr_after="1.00",
        )  # fmt: skip

    def undo(*, brand_id: int, now: object) -> None:
        asked.append("undo")
        Subscription.objects.filter(brand_id=brand_id).update(cancel_at_period_end=False)

    monkeypatch.setattr(plan_changes, "cancel_at_period_end", cancel)
    monkeypatch.setattr(plan_changes, "undo_cancel", undo)
    return asked


def test_stripe_stops_collecting_and_goes_on_with_the_owner(brand: Brand, stripe: list[str]) -> None:
    put(brand)
    subscribe(brand)
    close(brand)
    deliver()
    deliver()
    assert stripe == ["cancel"]
    with acting_as(OWNER):
        closing.reopen_account(brand_id=brand.pk, now=NOW)
    deliver()
    assert stripe == ["cancel", "undo"]


def test_what_the_owner_had_cancelled_before_stays_cancelled(brand: Brand, stripe: list[str]) -> None:
    put(brand)
    subscribe(brand, cancel_at_period_end=True)
    close(brand)
    deliver()
    with acting_as(OWNER):
        closing.reopen_account(brand_id=brand.pk, now=NOW)
    deliver()
    assert stripe == []


def test_who_changes_their_mind_at_once_is_not_cancelled(brand: Brand, stripe: list[str]) -> None:
    put(brand)
    subscribe(brand)
    close(brand)
    with acting_as(OWNER):
        closing.reopen_account(brand_id=brand.pk, now=NOW)
    deliver()
    assert stripe == []


def test_an_account_without_a_subscription_asks_nobody(brand: Brand, stripe: list[str]) -> None:
    close(brand)
    deliver()
    assert stripe == []
