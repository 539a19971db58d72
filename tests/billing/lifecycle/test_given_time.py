"""Time that support gives, with a reason, and takes back."""

import pytest

from kernel.core.errors import Invalid, ReasonMissing
from kernel.core.states import StateChanged
from kernel.models import AuditRecord
from kernel.tenancy.actors import Actor, acting_as
from shared_apps.billing.models import PlanPeriod
from shared_apps.billing.services import given_time
from shared_apps.tenants.models import Brand

from .conftest import DAY, NOW, give_period, put, settle, stored, subscribe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("public")]

ADMINISTRATOR = Actor(kind="user", id=73, label="Carl", role="platform_admin")


def give(brand: Brand, plan: str = "standard", days: int = 30, reason: str = " an outage ") -> PlanPeriod:
    return given_time.give_time(brand_id=brand.pk, plan_code=plan, days=days, reason=reason, now=NOW)


def test_given_time_opens_at_once_and_is_on_record(brand: Brand) -> None:
    put(brand, state="suspended", suspended_from="trial_expired", suspended_because="unpaid")
    period = give(brand)
    assert (period.kind, period.reason, period.given_by) == ("comp", "an outage", "Anna")
    assert (period.starts_at, period.ends_at) == (NOW, NOW + 30 * DAY)
    found = stored(brand)
    assert (found.state, found.entitlements["plan"]) == ("active", "standard")
    assert AuditRecord.objects.filter(action="billing.time_given", subject=f"brand:{brand.pk}").count() == 1


def test_it_follows_what_the_brand_has(brand: Brand) -> None:
    put(brand, trial=5)
    assert give(brand, days=15).starts_at == NOW + 5 * DAY
    assert give(brand, days=15).starts_at == NOW + 20 * DAY


def test_a_larger_plan_begins_now(brand: Brand) -> None:
    put(brand)
    subscribe(brand)
    assert give(brand, "premium").starts_at == NOW
    assert stored(brand).entitlements["plan"] == "premium"
    assert settle(brand, NOW + 30 * DAY) == "active"
    assert stored(brand).entitlements["plan"] == "basic"


def test_what_the_card_pays_anyway_is_no_gift(brand: Brand) -> None:
    put(brand)
    running = subscribe(brand)
    with pytest.raises(given_time.GiftWouldBeLost):
        give(brand, "basic")
    type(running).objects.filter(pk=running.pk).update(cancel_at_period_end=True)
    assert give(brand, "basic").starts_at == running.current_period_end


def test_it_is_taken_back_once(brand: Brand) -> None:
    put(brand)
    period = give(brand)
    given_time.revoke_time(period_id=period.pk, reason="by mistake", now=NOW + DAY)
    assert stored(brand).state == "past_due"
    with pytest.raises(StateChanged):
        given_time.revoke_time(period_id=period.pk, reason="again", now=NOW + DAY)


def test_what_was_paid_is_not_taken_back_this_way(brand: Brand) -> None:
    period = give_period(brand, 0, 5)
    PlanPeriod.objects.filter(pk=period.pk).update(kind="comp")
    with pytest.raises(given_time.PlanPeriodNotFound):
        given_time.revoke_time(period_id=2**40, reason="x", now=NOW)
    with pytest.raises(ReasonMissing):
        given_time.revoke_time(period_id=period.pk, reason=" ", now=NOW)


@pytest.mark.parametrize("days", [0, -1, 367])
def test_gifts_have_bounds(brand: Brand, days: int) -> None:
    with pytest.raises(Invalid):
        give(brand, days=days)


def test_a_gift_needs_a_reason_and_a_brand_that_is_there(brand: Brand) -> None:
    with pytest.raises(ReasonMissing):
        give(brand, reason="")
    put(brand, state="archived")
    with pytest.raises(given_time.BrandIsArchived):
        give(brand)


def test_beyond_a_month_within_a_year_an_administrator_gives(brand: Brand) -> None:
    put(brand)
    with pytest.raises(given_time.AdministratorNeeded):
        give(brand, days=32)
    period = give(brand, days=20)
    give(brand, days=11)
    with pytest.raises(given_time.AdministratorNeeded):
        give(brand, days=1)
    with acting_as(ADMINISTRATOR):
        give(brand, days=366)
    given_time.revoke_time(period_id=period.pk, reason="a mistake", now=NOW)
    with pytest.raises(given_time.AdministratorNeeded):  # what the administrator gave counts too
        give(brand, days=1)


def test_a_year_later_there_is_a_month_again(brand: Brand) -> None:
    put(brand)
    give(brand, days=31)
    given_time.give_time(brand_id=brand.pk, plan_code="basic", days=31, reason="again", now=NOW + 365 * DAY)
