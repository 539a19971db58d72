"""Test a brand's states, permissions to change them, and their audit records."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kernel.core.errors import Invalid, ReasonMissing
from kernel.core.states import IllegalTransition
from kernel.models import AuditRecord, OutboxMessage
from kernel.tenancy.actors import Actor, acting_as
from shared_apps.tenants import selectors
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import lifecycle
from shared_apps.tenants.services.lifecycle import BrandStatus
from shared_apps.tenants.states import BRAND_TRANSITIONS, BrandState, SuspensionCause, state_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("public")]

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SUPPORT = Actor(kind="user", id=7, label="Support", role="support")


@pytest.fixture(autouse=True)
def _support() -> Iterator[None]:
    with acting_as(SUPPORT):
        yield


def put(brand: Brand, state: BrandState, *, days: float = 3, because: str = "", suspended_from: str = "") -> None:
    Brand.objects.filter(pk=brand.pk).update(
        state=state,
        trial_ends_at=NOW + timedelta(days=days),
        suspended_from=suspended_from,
        suspended_because=because,
    )


def stored(brand: Brand) -> Brand:
    found: Brand = Brand.objects.get(pk=brand.pk)
    return found


def last_record() -> AuditRecord:
    return AuditRecord.objects.order_by("-id")[0]


def touched() -> int:
    """Count the BillingFactsChanged events."""
    return OutboxMessage.objects.filter(event="tenants.billing_facts_changed").count()


def test_a_running_trial_is_extended_from_its_end(brand: Brand) -> None:
    put(brand, BrandState.TRIALING, days=3)
    lifecycle.extend_trial(brand_id=brand.pk, reason=" asked for it ", now=NOW)
    assert stored(brand).trial_ends_at == NOW + timedelta(days=18)
    record = last_record()
    assert (record.action, record.subject, record.actor_label) == (
        "tenants.trial_extended",
        f"brand:{brand.pk}",
        "Support",
    )
    assert record.after is not None
    assert record.after["reason"] == "asked for it"
    assert touched() == 1


@pytest.mark.parametrize(
    ("state", "because", "former"),
    [(BrandState.TRIAL_EXPIRED, "", ""), (BrandState.SUSPENDED, "unpaid", BrandState.TRIAL_EXPIRED)],
)
def test_a_trial_that_is_over_begins_again_from_now(brand: Brand, state: BrandState, because: str, former: str) -> None:
    put(brand, state, days=-5, because=because, suspended_from=former)
    lifecycle.extend_trial(brand_id=brand.pk, days=7, reason="x", now=NOW)
    found = stored(brand)
    assert (found.state, found.trial_ends_at) == (BrandState.TRIALING, NOW + timedelta(days=7))
    assert (found.suspended_because, found.state_since) == ("", NOW)


def test_a_trial_is_extended_twice_and_not_thrice(brand: Brand) -> None:
    put(brand, BrandState.TRIALING, days=3)
    for _ in range(2):
        lifecycle.extend_trial(brand_id=brand.pk, reason="x", now=NOW)
    with pytest.raises(lifecycle.TrialExtendedTwice):
        lifecycle.extend_trial(brand_id=brand.pk, reason="x", now=NOW)
    assert stored(brand).trial_extensions == 2


@pytest.mark.parametrize("days", [0, -1, 91])
def test_extensions_have_bounds(brand: Brand, days: int) -> None:
    with pytest.raises(Invalid):
        lifecycle.extend_trial(brand_id=brand.pk, days=days, reason="x", now=NOW)


def test_an_extension_needs_a_reason(brand: Brand) -> None:
    with pytest.raises(ReasonMissing):
        lifecycle.extend_trial(brand_id=brand.pk, days=3, reason="  ", now=NOW)


@pytest.mark.parametrize(
    ("state", "because", "former"),
    [
        (BrandState.ACTIVE, "", ""),
        (BrandState.READ_ONLY, "", ""),
        (BrandState.SUSPENDED, "unpaid", BrandState.READ_ONLY),
        (BrandState.SUSPENDED, "staff", BrandState.TRIALING),
        (BrandState.ARCHIVED, "", ""),
    ],
)
def test_only_trials_are_extended(brand: Brand, state: BrandState, because: str, former: str) -> None:
    put(brand, state, because=because, suspended_from=former)
    with pytest.raises(lifecycle.NotOnTrial):
        lifecycle.extend_trial(brand_id=brand.pk, reason="x", now=NOW)


@pytest.mark.parametrize(
    "state",
    [BrandState.TRIALING, BrandState.ACTIVE, BrandState.PAST_DUE, BrandState.READ_ONLY, BrandState.TRIAL_EXPIRED],
)
def test_a_suspension_ends_where_it_began(brand: Brand, state: BrandState) -> None:
    put(brand, state)
    lifecycle.suspend_brand(brand_id=brand.pk, reason=" chargeback ", now=NOW)
    found = stored(brand)
    assert (found.state, found.suspended_from, found.suspended_because) == (BrandState.SUSPENDED, state, "staff")
    assert last_record().after == {"state": "suspended", "reason": "chargeback"}
    lifecycle.resume_brand(brand_id=brand.pk, reason="settled", now=NOW)
    found = stored(brand)
    assert (found.state, found.suspended_from, found.suspended_because) == (state, "", "")
    assert last_record().action == "tenants.resumed"
    assert touched() == 2


def test_a_trial_that_ended_during_a_suspension_has_ended(brand: Brand) -> None:
    put(brand, BrandState.SUSPENDED, days=-1, because="staff", suspended_from=BrandState.TRIALING)
    lifecycle.resume_brand(brand_id=brand.pk, reason="x", now=NOW)
    assert stored(brand).state == BrandState.TRIAL_EXPIRED


@pytest.mark.parametrize("because", ["unpaid", "closing"])
def test_support_takes_over_another_suspension_and_gives_back_no_work(brand: Brand, because: str) -> None:
    put(brand, BrandState.SUSPENDED, because=because, suspended_from=BrandState.ACTIVE)
    with pytest.raises(lifecycle.NotSuspendedByStaff):
        lifecycle.resume_brand(brand_id=brand.pk, reason="x", now=NOW)
    lifecycle.suspend_brand(brand_id=brand.pk, reason="fraud", now=NOW)
    assert stored(brand).suspended_because == "staff"
    lifecycle.resume_brand(brand_id=brand.pk, reason="x", now=NOW)
    assert stored(brand).state == BrandState.READ_ONLY  # until billing has looked


def test_a_suspension_needs_a_reason_and_a_brand_that_is_not_suspended(brand: Brand) -> None:
    with pytest.raises(ReasonMissing):
        lifecycle.suspend_brand(brand_id=brand.pk, reason=" ", now=NOW)
    lifecycle.suspend_brand(brand_id=brand.pk, reason="x", now=NOW)
    with pytest.raises(IllegalTransition):
        lifecycle.suspend_brand(brand_id=brand.pk, reason="x", now=NOW)


def test_only_a_suspended_brand_is_resumed(brand: Brand) -> None:
    with pytest.raises(lifecycle.NotSuspendedByStaff):
        lifecycle.resume_brand(brand_id=brand.pk, reason="x", now=NOW)


def test_an_unknown_brand_is_not_found() -> None:
    with pytest.raises(lifecycle.BrandNotFound):
        lifecycle.suspend_brand(brand_id=2**40, reason="x", now=NOW)


def test_a_brand_is_placed_once(brand: Brand) -> None:
    status = BrandStatus(BrandState.SUSPENDED, SuspensionCause.UNPAID, NOW - timedelta(days=2))
    found = lifecycle.lock_brand(brand_id=brand.pk)
    assert lifecycle.set_brand_status(brand=found, status=status, explanation={}) is True
    assert lifecycle.set_brand_status(brand=found, status=status, explanation={}) is False
    found = stored(brand)
    assert (found.state, found.suspended_because, found.state_since) == ("suspended", "unpaid", status.since)
    assert AuditRecord.objects.filter(action="tenants.state_changed").count() == 1


def test_an_archived_brand_is_not_placed_among_those_that_work(brand: Brand) -> None:
    put(brand, BrandState.ARCHIVED)
    found = lifecycle.lock_brand(brand_id=brand.pk)
    with pytest.raises(IllegalTransition):
        lifecycle.set_brand_status(
            brand=found, status=BrandStatus(BrandState.ACTIVE, SuspensionCause.NONE, NOW), explanation={}
        )


def test_a_trial_is_over_at_its_moment_not_when_it_is_noted() -> None:
    assert state_at(BrandState.TRIALING, NOW, NOW) is BrandState.TRIAL_EXPIRED
    assert state_at(BrandState.TRIALING, NOW + timedelta(seconds=1), NOW) is BrandState.TRIALING
    assert state_at(BrandState.ACTIVE, NOW, NOW) is BrandState.ACTIVE


def test_the_archive_is_reached_only_by_who_cannot_write_and_left_only_by_restoring() -> None:
    assert set(BRAND_TRANSITIONS) == set(BrandState)
    into = {state for state, ways in BRAND_TRANSITIONS.items() if BrandState.ARCHIVED in ways}
    assert into == {BrandState.TRIAL_EXPIRED, BrandState.READ_ONLY, BrandState.SUSPENDED}
    assert BRAND_TRANSITIONS[BrandState.ARCHIVED] == {BrandState.SUSPENDED}
    assert [state for state, ways in BRAND_TRANSITIONS.items() if state in ways] == []


def test_the_dashboard_counts_and_lists(brand: Brand, other_brand: Brand) -> None:
    put(brand, BrandState.TRIALING, days=2)
    put(other_brand, BrandState.SUSPENDED, because="staff", suspended_from=BrandState.ACTIVE)
    counts = selectors.count_brands_by_state()
    assert (counts[BrandState.SUSPENDED], counts[BrandState.ARCHIVED]) == (1, 0)
    assert brand in selectors.list_trials_ending(now=NOW)
    assert other_brand not in selectors.list_trials_ending(now=NOW)


def test_sizes_are_those_of_the_schemas_asked_for(brand: Brand, other_brand: Brand) -> None:
    sizes = selectors.get_schema_sizes([brand.schema_name, "t_nobody"])
    assert set(sizes) == {brand.schema_name}
    assert sizes[brand.schema_name] > 100_000
