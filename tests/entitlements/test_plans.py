"""Plans as data: the first three, how versions come and go, and what a brand gets and keeps."""

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from kernel.core import clock
from kernel.models import AuditRecord
from kernel.tenancy.context import brand_schema, current_brand, leave_brand, public_schema
from shared_apps.accounts.services import users
from shared_apps.accounts.states import FEATURE_OF_PERMISSION
from shared_apps.billing.models import PlanVersion
from shared_apps.billing.rules import plans as rules
from shared_apps.billing.selectors import entitlements as usage
from shared_apps.billing.selectors import plans as reads
from shared_apps.billing.services import plans
from shared_apps.billing.services.entitle import VersionNotPublished, entitle_brand
from shared_apps.billing.services.plans import PlanVersionSpec
from shared_apps.entitlements import selectors as entitlements
from shared_apps.entitlements.models import Quota
from shared_apps.entitlements.services import quotas
from shared_apps.entitlements.states import FEATURES, QUOTAS
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.models import Brand
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tests.factories.api_client import ApiClient
from tests.factories.parallel import AtOnce

pytestmark = pytest.mark.django_db

SPEC = PlanVersionSpec(Decimal("400.00"), Decimal("4000.00"), ("api", "invoicing"), {"staff": 2, "skus": 10})


def draft(spec: PlanVersionSpec = SPEC) -> PlanVersion:
    return plans.draft_version(plan_code="basic", spec=spec)


def publish(spec: PlanVersionSpec = SPEC) -> PlanVersion:
    return plans.publish_version(version_id=draft(spec).pk, now=clock.now())


class TestTheFirstThree:
    def test_their_prices_features_and_limits(self) -> None:
        offered = {version.plan.code: version for version in reads.list_offered_versions()}
        assert list(offered) == ["basic", "standard", "premium"]
        prices = [(str(one.price_month), str(one.price_year), one.currency) for one in offered.values()]
        assert prices == [("360.00", "3600.00", "CNY"), ("880.00", "8800.00", "CNY"), ("1980.00", "19800.00", "CNY")]
        assert offered["basic"].limits == {
            "staff": 3,
            "agents": 50,
            "skus": 500,
            "warehouses": 1,
            "orders": 1_000,
            "api_calls": 60,
        }
        assert set(offered["basic"].features) == {"order_import", "invoicing"}
        assert set(offered["premium"].features) == FEATURES
        assert offered["premium"].limits == {"staff": 100, "warehouses": 50, "api_calls": 1_200}

    def test_a_larger_plan_allows_all_that_a_smaller_one_does(self) -> None:
        offered = reads.list_offered_versions()
        for smaller, larger in pairwise(offered):
            assert set(smaller.features) < set(larger.features)
            for name, most in larger.limits.items():
                assert most > smaller.limits[name]

    def test_they_speak_both_languages(self) -> None:
        plan = reads.get_version("standard").plan
        with translation.override("en"):
            assert plan.name == "Standard"
        with translation.override("zh-hans"):
            assert plan.name == "标准版"

    def test_the_vocabulary_names_every_word_of_the_floor(self) -> None:
        assert set(rules.FEATURES) == FEATURES
        assert set(rules.QUOTAS) == set(QUOTAS)
        assert set(FEATURE_OF_PERMISSION.values()) <= FEATURES


class TestVersions:
    def test_a_draft_is_not_offered_and_can_be_changed(self) -> None:
        version = draft()
        assert (version.version, version.published_at) == (2, None)
        assert reads.get_version("basic").version == 1
        cheaper = PlanVersionSpec(Decimal("300.00"), Decimal("3000.00"))
        assert plans.change_draft(version_id=version.pk, spec=cheaper).price_month == Decimal("300.00")
        assert reads.get_version("basic", 2).features == []

    def test_publishing_retires_the_former_and_leaves_its_content(self) -> None:
        former = reads.get_version("basic")
        version = publish()
        assert reads.get_version("basic") == version
        assert [one.plan.code for one in reads.list_offered_versions()] == ["basic", "standard", "premium"]
        retired = reads.get_version("basic", 1)
        assert retired.retired_at == version.published_at
        assert (retired.features, retired.limits) == (former.features, former.limits)
        with public_schema():
            record = AuditRecord.objects.get(action="billing.plan_published")
        assert (record.subject, record.before, record.after) == ("plan:basic:v2", {"offered": [1]}, {"offered": [2]})

    def test_what_was_published_never_changes(self) -> None:
        version = publish()
        with pytest.raises(plans.AlreadyPublished):
            plans.change_draft(version_id=version.pk, spec=SPEC)
        with pytest.raises(plans.AlreadyPublished):
            plans.publish_version(version_id=version.pk, now=clock.now())

    @pytest.mark.parametrize(
        ("spec", "field"),
        [
            (PlanVersionSpec(Decimal("0"), Decimal("10")), "price_month"),
            (PlanVersionSpec(Decimal("10"), Decimal("-1")), "price_year"),
            (PlanVersionSpec(Decimal("10.001"), Decimal("100")), "price_month"),
            (PlanVersionSpec(Decimal("NaN"), Decimal("100")), "price_month"),
            (PlanVersionSpec(Decimal("1E+6"), Decimal("100")), "price_month"),
            (PlanVersionSpec(Decimal("10"), Decimal("120.01")), "price_year"),
            (PlanVersionSpec(Decimal("10"), Decimal("100"), ["api", "teleport"]), "features.1"),
            (PlanVersionSpec(Decimal("10"), Decimal("100"), [], {"shoes": 1}), "limits.shoes"),
            (PlanVersionSpec(Decimal("10"), Decimal("100"), [], {"staff": -1}), "limits.staff"),
            (PlanVersionSpec(Decimal("10"), Decimal("100"), [], {"staff": True}), "limits.staff"),
        ],
    )
    def test_terms_that_break_a_rule_name_it(self, spec: PlanVersionSpec, field: str) -> None:
        with pytest.raises(plans.InvalidPlanVersion) as refusal:
            draft(spec)
        assert [error.field for error in refusal.value.errors] == [field]
        with public_schema():
            assert PlanVersion.objects.filter(plan__code="basic").count() == 1

    def test_unknown_plans_and_versions(self) -> None:
        asking: list[Callable[[], object]] = [
            lambda: reads.get_version("gold"),
            lambda: reads.get_version("basic", 9),
            lambda: reads.get_version_by_id(0),
            lambda: plans.draft_version(plan_code="gold", spec=SPEC),
            lambda: plans.publish_version(version_id=0, now=clock.now()),
        ]
        for ask in asking:
            with pytest.raises(reads.PlanNotFound):
                ask()


class TestEntitling:
    def give(self, code: str | None) -> bool:
        version_id = reads.get_version(code).pk if code else None
        return entitle_brand(brand_id=current_brand().pk, plan_version_id=version_id, now=clock.now())

    def test_both_copies_are_written_and_the_counts_are_true(self, brand: Brand) -> None:
        Quota.objects.filter(name="staff").update(used=0)  # as in a brand that was there before its people were counted
        assert self.give("basic")
        with public_schema():
            stored = tenants.get_brand(brand_id=brand.pk)
        assert stored is not None
        assert stored.entitlements == {
            "plan": "basic",
            "version": 1,
            "features": ["invoicing", "order_import"],
            "limits": {"staff": 3, "agents": 50, "skus": 500, "warehouses": 1, "orders": 1_000, "api_calls": 60},
        }
        assert entitlements.get_counts(now=clock.now())["staff"] == entitlements.Use("staff", 3, 1)
        assert entitlements.may("invoicing")
        assert not entitlements.may("api")
        assert "entitlements" not in vars(brand) or brand.entitlements["features"] == ["*"]  # others' copy is theirs

    def test_again_is_nothing(self) -> None:
        assert self.give("standard")
        with CaptureQueriesContext(connection) as captured:
            assert not self.give("standard")
        assert len(captured) <= 8

    def test_a_trial_includes_everything(self) -> None:
        self.give("basic")
        assert self.give(None)
        assert all(entitlements.may(feature) for feature in FEATURES)
        assert {use.limit for use in entitlements.list_quotas(now=clock.now())} == {None}

    def test_a_draft_entitles_nobody(self) -> None:
        with pytest.raises(VersionNotPublished), transaction.atomic():
            entitle_brand(brand_id=current_brand().pk, plan_version_id=draft().pk, now=clock.now())
        assert entitlements.may("api")

    def test_whoever_bought_a_version_keeps_it_until_the_plan_changes(self) -> None:
        bought = reads.get_version("basic").pk
        entitle_brand(brand_id=current_brand().pk, plan_version_id=bought, now=clock.now())
        newer = publish()
        assert not entitle_brand(brand_id=current_brand().pk, plan_version_id=bought, now=clock.now())
        assert current_brand().entitlements["version"] == 1
        assert entitlements.get_counts(now=clock.now())["staff"].limit == 3
        assert not entitlements.may("api")
        entitle_brand(brand_id=current_brand().pk, plan_version_id=newer.pk, now=clock.now())
        assert entitlements.get_counts(now=clock.now())["staff"].limit == 2
        assert entitlements.may("api")

    def test_a_downgrade_keeps_what_is_there(self, api_as: Callable[[str], ApiClient]) -> None:
        owner = api_as("owner")
        self.give("premium")
        level = create_level(code="GOLD", name="金牌", rank=1)
        for number in range(51):
            enrol_agent(name="林", phone=f"+86139000000{number:02}", level_id=level.pk, now=clock.now())
        self.give("basic")
        over = entitlements.get_counts(now=clock.now())["agents"]
        assert (over.limit, over.used) == (50, 51)
        self.give("standard")
        assert len(owner.get("/api/v1/agents?limit=100").json()["items"]) == 51

    def test_another_brand_is_not_touched(self, other_brand: Brand) -> None:
        self.give("basic")
        with brand_schema(other_brand.schema_name):
            assert entitlements.may("api")
            assert entitlements.get_counts(now=clock.now())["staff"].limit is None

    def test_it_works_from_the_platform_too(self, brand: Brand) -> None:
        leave_brand()
        entitle_brand(brand_id=brand.pk, plan_version_id=reads.get_version("basic").pk, now=clock.now())
        changed = tenants.get_brand(brand_id=brand.pk)
        assert changed is not None
        assert not entitlements.includes(changed.entitlements, "api")
        assert [
            (one.name, one.limit, one.used, one.percentage, one.near)
            for one in usage.list_usage(changed, now=clock.now())
        ] == [
            ("staff", 3, 1, 33, False),
            ("agents", 50, 0, 0, False),
            ("skus", 500, 0, 0, False),
            ("warehouses", 1, 1, 100, True),
            ("orders", 1_000, 0, 0, False),
            ("api_calls", 60, 0, 0, False),
        ]

    def test_a_brand_whose_data_is_gone_has_no_meters(self, brand: Brand) -> None:
        gone = tenants.get_brand(brand_id=brand.pk)
        assert gone is not None
        gone.schema_dropped_at = clock.now()
        assert usage.list_usage(gone, now=clock.now()) == []


@pytest.mark.parametrize(
    ("used", "limit", "percentage"), [(0, 0, 100), (4, 5, 80), (799, 1000, 79), (7, 5, 140), (9, None, 0)]
)
def test_percentages_are_rounded_down(used: int, limit: int | None, percentage: int) -> None:
    assert rules.percentage_of(used=used, limit=limit) == percentage


@pytest.mark.django_db(transaction=True)
def test_a_limit_is_exact_from_its_first_moment(live_brand: Brand, at_once: AtOnce) -> None:
    """The plan changes while people are hired: nobody slips in between the counting and the limit."""
    version = reads.get_version("basic")

    def hire(number: int) -> Any:
        return users.create_user(name="王", role="sales", email=f"w{number}@live.example")

    def entitle() -> Any:
        return entitle_brand(brand_id=live_brand.pk, plan_version_id=version.pk, now=clock.now())

    results = at_once.outcomes([entitle, *(lambda n=n: hire(n) for n in range(6))])
    faults = [one for one in results if isinstance(one, Exception) and not isinstance(one, quotas.QuotaExceeded)]
    assert faults == []
    hired = sum(not isinstance(one, Exception) for one in results[1:])
    row = Quota.objects.get(name="staff")
    assert (row.limit, row.used) == (3, hired + 1)  # the owner is one
    with pytest.raises(quotas.QuotaExceeded):
        hire(10)
