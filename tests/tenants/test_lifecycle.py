"""Where a brand stands, who may change it, and what remains of it in the audit log."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kernel.actors import Actor, acting_as
from kernel.errors import Invalid
from kernel.models import AuditRecord
from kernel.states import IllegalTransition
from shared_apps.tenants import selectors
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import lifecycle
from shared_apps.tenants.states import BRAND_TRANSITIONS, BrandState, state_at
from shared_apps.tenants.tasks import expire_trials

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("public")]

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SUPPORT = Actor(kind="user", id=7, label="Support", role="support")


@pytest.fixture(autouse=True)
def _support() -> Iterator[None]:
    with acting_as(SUPPORT):
        yield


def put(brand: Brand, state: BrandState, *, days: float = 3, suspended_from: str = "") -> None:
    Brand.objects.filter(pk=brand.pk).update(
        state=state, trial_ends_at=NOW + timedelta(days=days), suspended_from=suspended_from
    )


def stored(brand: Brand) -> Brand:
    found: Brand = Brand.objects.get(pk=brand.pk)
    return found


def last_record() -> AuditRecord:
    return AuditRecord.objects.order_by("-id")[0]


def test_a_running_trial_is_extended_from_its_end(brand: Brand) -> None:
    put(brand, BrandState.TRIALING, days=3)
    lifecycle.extend_trial(brand_id=brand.pk, now=NOW)
    assert stored(brand).trial_ends_at == NOW + timedelta(days=18)
    record = last_record()
    assert (record.action, record.subject, record.actor_label) == (
        "tenants.trial_extended", f"brand:{brand.pk}", "Support",
    )  # fmt: skip


def test_a_trial_that_is_over_begins_again_from_now(brand: Brand) -> None:
    put(brand, BrandState.TRIAL_EXPIRED, days=-5)
    lifecycle.extend_trial(brand_id=brand.pk, days=7, now=NOW)
    found = stored(brand)
    assert (found.state, found.trial_ends_at) == (BrandState.TRIALING, NOW + timedelta(days=7))


@pytest.mark.parametrize("days", [0, -1, 91])
def test_extensions_have_bounds(brand: Brand, days: int) -> None:
    with pytest.raises(Invalid):
        lifecycle.extend_trial(brand_id=brand.pk, days=days, now=NOW)


def test_only_trials_are_extended(brand: Brand) -> None:
    put(brand, BrandState.ACTIVE)
    with pytest.raises(lifecycle.NotOnTrial):
        lifecycle.extend_trial(brand_id=brand.pk, now=NOW)


@pytest.mark.parametrize(
    "state",
    [BrandState.TRIALING, BrandState.ACTIVE, BrandState.PAST_DUE, BrandState.READ_ONLY, BrandState.TRIAL_EXPIRED],
)
def test_a_suspension_ends_where_it_began(brand: Brand, state: BrandState) -> None:
    put(brand, state)
    lifecycle.suspend_brand(brand_id=brand.pk, reason=" chargeback ")
    assert (stored(brand).state, stored(brand).suspended_from) == (BrandState.SUSPENDED, state)
    assert last_record().after == {"state": "suspended", "reason": "chargeback"}
    lifecycle.resume_brand(brand_id=brand.pk, now=NOW)
    assert (stored(brand).state, stored(brand).suspended_from) == (state, "")
    assert last_record().action == "tenants.resumed"


def test_a_trial_that_ended_during_a_suspension_has_ended(brand: Brand) -> None:
    put(brand, BrandState.SUSPENDED, days=-1, suspended_from=BrandState.TRIALING)
    lifecycle.resume_brand(brand_id=brand.pk, now=NOW)
    assert stored(brand).state == BrandState.TRIAL_EXPIRED


def test_a_suspension_needs_a_reason_and_a_brand_that_is_not_suspended(brand: Brand) -> None:
    with pytest.raises(lifecycle.ReasonMissing):
        lifecycle.suspend_brand(brand_id=brand.pk, reason=" ")
    lifecycle.suspend_brand(brand_id=brand.pk, reason="x")
    with pytest.raises(IllegalTransition):
        lifecycle.suspend_brand(brand_id=brand.pk, reason="x")


def test_only_a_suspended_brand_is_resumed(brand: Brand) -> None:
    with pytest.raises(IllegalTransition):
        lifecycle.resume_brand(brand_id=brand.pk, now=NOW)


def test_an_unknown_brand_is_not_found() -> None:
    with pytest.raises(lifecycle.BrandNotFound):
        lifecycle.suspend_brand(brand_id=2**40, reason="x")


def test_trials_that_are_over_are_noted_once(brand: Brand, other_brand: Brand) -> None:
    put(brand, BrandState.TRIALING, days=0)
    put(other_brand, BrandState.TRIALING, days=0.001)
    assert lifecycle.expire_trials(now=NOW) == 1
    assert (stored(brand).state, stored(other_brand).state) == (BrandState.TRIAL_EXPIRED, BrandState.TRIALING)
    assert lifecycle.expire_trials(now=NOW) == 0
    assert AuditRecord.objects.filter(action="tenants.trial_expired").count() == 1


def test_the_task_runs_in_public_wherever_it_is_called(brand: Brand) -> None:
    Brand.objects.filter(pk=brand.pk).update(trial_ends_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert expire_trials.apply().get() == 1


def test_a_trial_is_over_at_its_moment_not_when_it_is_noted() -> None:
    assert state_at(BrandState.TRIALING, NOW, NOW) is BrandState.TRIAL_EXPIRED
    assert state_at(BrandState.TRIALING, NOW + timedelta(seconds=1), NOW) is BrandState.TRIALING
    assert state_at(BrandState.ACTIVE, NOW, NOW) is BrandState.ACTIVE


def test_every_state_has_its_ways_out_and_archived_has_none() -> None:
    assert set(BRAND_TRANSITIONS) == set(BrandState)
    assert [state for state, ways in BRAND_TRANSITIONS.items() if not ways] == [BrandState.ARCHIVED]


def test_the_dashboard_counts_and_lists(brand: Brand, other_brand: Brand) -> None:
    put(brand, BrandState.TRIALING, days=2)
    put(other_brand, BrandState.SUSPENDED, suspended_from=BrandState.ACTIVE)
    counts = selectors.count_brands_by_state()
    assert (counts[BrandState.SUSPENDED], counts[BrandState.ARCHIVED]) == (1, 0)
    assert brand in selectors.list_trials_ending(now=NOW)
    assert other_brand not in selectors.list_trials_ending(now=NOW)


def test_sizes_are_those_of_the_schemas_asked_for(brand: Brand, other_brand: Brand) -> None:
    sizes = selectors.get_schema_sizes([brand.schema_name, "t_nobody"])
    assert set(sizes) == {brand.schema_name}
    assert sizes[brand.schema_name] > 100_000
