"""An owner closes the account, has second thoughts, or not."""

import pytest

from kernel.core import clock
from kernel.models import AuditRecord
from kernel.tenancy.actors import SYSTEM, Actor, acting_as
from shared_apps.billing.services import closing
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
