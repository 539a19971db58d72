"""The business figures against an oracle that looks at every brand at every week's end anew."""

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kernel.core.money import ZERO, round_money
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import OfflinePayment, PlanPeriod, PlanVersion, SubscriptionChange
from shared_apps.billing.states import ChangeKind, PaymentState, PlanPeriodKind
from shared_apps.support.selectors import business
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)  # a Wednesday
WEEKS = 10


def make_brands(count: int, chance: random.Random) -> list[Brand]:
    made = Brand.objects.bulk_create(
        Brand(
            name=f"B{number}",
            slug=f"biz{number}x",
            skeleton=f"biz{number}x",
            schema_name=f"t_biz{number}",
            owner_name="Li",
            owner_email=f"biz{number}@example.com",
            trial_ends_at=NOW,
            state="past_due" if number % 9 == 0 else "active",
        )
        for number in range(count)
    )
    for brand in made:
        Brand.objects.filter(pk=brand.pk).update(created_at=NOW - timedelta(hours=chance.randrange(24 * 7 * 14)))
    return made


def make_changes(brand: Brand, versions: list[PlanVersion], chance: random.Random) -> None:
    """Up to two subscriptions one after the other, each with a few changes in the order of time."""
    at = NOW - timedelta(days=chance.randrange(100))
    for number in range(chance.randrange(3)):
        before = ZERO
        steps = chance.randrange(1, 5)
        for step in range(steps):
            version = chance.choice(versions)
            ended = step == steps - 1 and chance.random() < 0.5
            after = ZERO if ended else Decimal(chance.choice([300, 360, 733, 1980]))
            SubscriptionChange.objects.create(
                brand_id=brand.pk,
                occurred_at=at,
                kind=ChangeKind.ENDED if ended else ChangeKind.UPGRADED,
                source=f"sub_{brand.pk}_{number}:{step + 1}",
                plan_version=version,
                mrr_before=before,
                mrr_after=after,
            )
            before = after
            at += timedelta(hours=chance.randrange(1, 24 * 20))
        if before:  # what did not end goes on; a second one would not begin
            return


def make_term(brand: Brand, versions: list[PlanVersion], chance: random.Random) -> None:
    starts = NOW - timedelta(days=chance.randrange(90))
    months = chance.choice([1, 12])
    ends_on = starts.date().replace(year=starts.year + 1) if months == 12 else (starts + timedelta(days=31)).date()
    version = chance.choice(versions)
    payment = OfflinePayment.objects.create(
        brand_id=brand.pk,
        plan_version=version,
        starts_on=starts.date().replace(day=1),
        ends_on=ends_on.replace(day=1),
        amount=Decimal(chance.choice([3600, 8800, 19800, 1000])),
        payer="Acme",
        bank_reference=f"R{brand.pk}",
        received_on=starts.date(),
        proof_path="x",
        state=PaymentState.APPROVED,
        recorded_by_id=1,
        recorded_by="Li",
        recorded_at=starts,
        needs_second_person=False,
    )
    PlanPeriod.objects.create(
        brand_id=brand.pk,
        plan_version=version,
        kind=PlanPeriodKind.OFFLINE,
        starts_at=starts,
        ends_at=starts + timedelta(days=30 * months),
        payment=payment,
        given_by="Li",
        created_at=starts,
        revoked_at=starts + timedelta(days=chance.randrange(40)) if chance.random() < 0.3 else None,
    )


def make_gift(brand: Brand, versions: list[PlanVersion]) -> None:
    PlanPeriod.objects.create(
        brand_id=brand.pk,
        plan_version=versions[0],
        kind=PlanPeriodKind.COMP,
        starts_at=NOW - timedelta(days=20),
        ends_at=NOW + timedelta(days=20),
        reason="Sorry",
        given_by="Li",
        created_at=NOW,
    )


# --- the oracle ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Payments:
    """Payments of a brand, past and due, read once: the oracle asks for it at every week's end."""

    changes: list[SubscriptionChange]
    periods: list[PlanPeriod]

    @classmethod
    def of(cls, brand_id: int) -> "Payments":
        return cls(
            list(SubscriptionChange.objects.filter(brand_id=brand_id).select_related("plan_version__plan")),
            list(PlanPeriod.objects.filter(brand_id=brand_id).select_related("plan_version__plan", "payment")),
        )


def oracle_mrr(payments: Payments, at: datetime) -> dict[str, Decimal]:
    """Return the brand's monthly payment just before a moment, by plan, computed row by row."""
    found: dict[str, Decimal] = {}
    for source in {row.source.split(":")[0] for row in payments.changes}:
        past = [row for row in payments.changes if row.source.split(":")[0] == source and row.occurred_at < at]
        if past:
            last = max(past, key=lambda row: row.pk)
            found[last.plan_version.plan.code] = found.get(last.plan_version.plan.code, ZERO) + last.mrr_after
    for period in payments.periods:
        runs = period.starts_at < at and at <= period.ends_at and (period.revoked_at is None or at <= period.revoked_at)
        if period.payment is not None and runs:
            first = period.payment.starts_on
            last_day = period.payment.ends_on
            months = (last_day.year - first.year) * 12 + last_day.month - first.month
            code = period.plan_version.plan.code
            found[code] = found.get(code, ZERO) + round_money(period.payment.amount / months)
    return {code: mrr for code, mrr in found.items() if mrr}


@pytest.mark.parametrize("seed", range(4))
def test_the_figures_are_those_of_the_oracle(public: None, seed: int) -> None:
    chance = random.Random(seed)
    versions = list(PlanVersion.objects.select_related("plan"))
    Brand.objects.all().update(created_at=NOW - timedelta(days=2_000))
    brands = make_brands(40, chance)
    for brand in brands:
        kind = chance.random()
        if kind < 0.5:
            make_changes(brand, versions, chance)
        elif kind < 0.75:
            make_term(brand, versions, chance)
        elif kind < 0.85:
            make_gift(brand, versions)
    found = business.get_business(now=NOW, weeks=WEEKS)
    assert len(found.weeks) == WEEKS
    paid = {brand.pk: Payments.of(brand.pk) for brand in brands}
    for week in found.weeks:
        compare_week(week, paid)
    now_by_brand = {pk: sum(oracle_mrr(payments, NOW).values(), ZERO) for pk, payments in paid.items()}
    assert found.mrr == sum(now_by_brand.values(), ZERO)
    assert found.arr == found.mrr * 12
    assert found.paying == sum(1 for mrr in now_by_brand.values() if mrr > 0)
    late = [brand.pk for number, brand in enumerate(brands) if number % 9 == 0]
    assert (found.past_due, found.past_due_mrr) == (len(late), sum((now_by_brand[pk] for pk in late), ZERO))
    assert sum((plan.mrr for plan in found.plans), ZERO) == found.mrr


def compare_week(week: business.Week, payments: dict[int, Payments]) -> None:
    end = min(week.ends_at, NOW)
    before = {pk: sum(oracle_mrr(rows, week.starts_at).values(), ZERO) for pk, rows in payments.items()}
    after = {pk: sum(oracle_mrr(rows, end).values(), ZERO) for pk, rows in payments.items()}
    by_plan: dict[str, Decimal] = {}
    for rows in payments.values():
        for code, mrr in oracle_mrr(rows, end).items():
            by_plan[code] = by_plan.get(code, ZERO) + mrr
    paid = [pk for pk in payments if before[pk] > 0]
    assert (week.mrr, week.mrr_by_plan) == (sum(after.values(), ZERO), by_plan)
    assert (week.paying_before, week.paying) == (len(paid), sum(1 for mrr in after.values() if mrr > 0))
    assert week.new == sum((after[pk] for pk in payments if before[pk] == 0), ZERO)
    lost = [pk for pk in paid if after[pk] == 0]
    assert (week.lost, week.brands_lost) == (sum((before[pk] for pk in lost), ZERO), len(lost))
    kept = [pk for pk in paid if after[pk] > 0]
    assert week.expansion == sum((max(ZERO, after[pk] - before[pk]) for pk in kept), ZERO)
    assert week.contraction == sum((max(ZERO, before[pk] - after[pk]) for pk in kept), ZERO)
    assert week.mrr == week.mrr_before + week.new + week.expansion - week.contraction - week.lost
    signed = list(Brand.objects.filter(created_at__gte=week.starts_at, created_at__lt=week.ends_at))
    ever = [brand for brand in signed if ever_paid(brand.pk)]
    assert (week.sign_ups, week.converted) == (len(signed), len(ever))
    if paid:
        assert week.logo_churn == pytest.approx(Decimal(len(lost)) * 100 / len(paid), abs=Decimal("0.06"))


def ever_paid(brand_id: int) -> bool:
    changes = SubscriptionChange.objects.filter(brand_id=brand_id, occurred_at__lt=NOW, mrr_after__gt=0).exists()
    periods = PlanPeriod.objects.filter(brand_id=brand_id, payment__isnull=False, starts_at__lt=NOW)
    return changes or any(period.revoked_at is None or period.revoked_at > period.starts_at for period in periods)


# --- pages -----------------------------------------------------------------------------------------------------------


def test_weeks_begin_on_monday_of_the_platforms_clock() -> None:
    week = business.make_weeks(datetime(2026, 11, 15, 17, 0, tzinfo=UTC), 1)[0]  # Monday 1:00 in Shanghai
    assert week.starts_at == datetime(2026, 11, 15, 16, 0, tzinfo=UTC)
    assert len(business.make_weeks(NOW, 10_000)) == business.MAX_WEEKS


def test_without_any_brand_nothing_is_divided(public: None) -> None:
    figures = business.get_business(now=datetime(2001, 1, 3, tzinfo=UTC), weeks=3)
    assert (figures.mrr, figures.paying, figures.conversion) == (ZERO, 0, None)
    assert [week.logo_churn for week in figures.weeks] == [None, None, None]


def test_the_statements_do_not_grow(public: None, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    make_brands(30, random.Random(1))
    with django_assert_max_num_queries(6):
        business.get_business(now=NOW, weeks=26)


@pytest.mark.parametrize("role", ["support", "billing", "auditor", "platform_admin"])
def test_the_page_and_the_file_open(staff: Callable[..., Client], brand: Brand, role: str) -> None:
    with public_schema():
        version = PlanVersion.objects.select_related("plan")[0]
        SubscriptionChange.objects.create(
            brand_id=brand.pk,
            occurred_at=timezone.now() - timedelta(days=1),
            kind=ChangeKind.STARTED,
            source="sub_1:1",
            plan_version=version,
            mrr_before=ZERO,
            mrr_after=Decimal("300.00"),
        )
    client = staff(role)
    page = client.get("/console/business/?weeks=12")
    assert page.status_code == 200
    assert "¥3,600" in page.content.decode()  # ARR
    file = client.get("/console/business/business.csv?weeks=nonsense")
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert (len(rows), rows[-1]["mrr"], rows[-1]["fell_due"]) == (business.WEEKS, "300.00", "0")
    assert rows[-1][f"mrr_{version.plan.code}"] == "300.00"
