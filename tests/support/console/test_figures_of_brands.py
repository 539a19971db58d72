"""Brands push their figures; the platform measures their schemas; nobody joins schemas."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from kernel.models import DeliveryState, OutboxDelivery, OutboxMessage
from kernel.tenancy.actors import Actor, acting_as
from kernel.tenancy.context import enter_brand, public_schema
from shared_apps.accounts.models import User
from shared_apps.accounts.services import api_keys
from shared_apps.support.models import BrandFigures
from shared_apps.support.services import figures
from shared_apps.tenants.models import Brand
from tenant_apps.imports.models import ImportJob
from tenant_apps.insights import services
from tenant_apps.orders.models import Order

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def stored(brand: Brand) -> BrandFigures:
    with public_schema():
        return BrandFigures.objects.get(pk=brand.pk)


def make_orders() -> None:
    for number, (kind, days) in enumerate([("retail", 1), ("retail", 29), ("return", 2), ("retail", 31)]):
        Order.objects.create(
            number=f"T-{number}",
            kind=kind,
            channel_id="manual",
            goods_amount=Decimal(1),
            total=Decimal(1),
            placed_at=NOW - timedelta(days=days),
        )


def make_failures() -> None:
    message = OutboxMessage.objects.create(event="orders.order_paid", payload={}, occurred_at=NOW - timedelta(hours=2))
    OutboxDelivery.objects.create(
        message=message,
        handler="commissions.accrue",
        state=DeliveryState.DEAD,
        due_at=NOW,
        last_error="ValueError: no level for 13812345678\nTraceback of a frame",
    )
    OutboxDelivery.objects.create(message=message, handler="other.handler", state=DeliveryState.PENDING, due_at=NOW)
    ImportJob.objects.create(
        kind="orders",
        channel="manual",
        state="failed",
        file_name="orders.xlsx",
        stored_as="x",
        file_digest="0" * 64,
        message="The file ends in the middle",
        created_at=NOW - timedelta(days=1),
    )


def test_a_brand_pushes_what_support_needs_to_know(brand: Brand) -> None:
    make_orders()
    make_failures()
    User.objects.update(last_login=NOW - timedelta(minutes=5))
    services.push_figures(now=NOW)
    found = stored(brand)
    assert (found.orders_30_days, found.failed_jobs, found.pending_deliveries) == (2, 2, 1)
    assert found.oldest_delivery_seconds == 7_200
    assert found.usage["staff"]["used"] >= 1
    assert (found.last_seen_at, found.refreshed_at) == (NOW - timedelta(minutes=5), NOW)
    assert [failure["what"] for failure in found.failures] == ["commissions.accrue", "orders.import"]


def test_what_is_pushed_is_masked_and_without_visitors(brand: Brand) -> None:
    make_failures()
    User.objects.create(name="Sun of Banyan", email="sun@banyan.example", role="visitor", last_login=NOW)
    services.push_figures(now=NOW)
    found = stored(brand)
    assert found.failures[0]["error"] == "ValueError: no level for 138****5678"
    assert [person["contact"] for person in found.staff] == ["o***@acme.example"]
    assert found.last_seen_at is None


def test_pushing_again_replaces_and_a_key_counts_as_seen(brand: Brand) -> None:
    services.push_figures(now=NOW - timedelta(hours=1))
    make_orders()
    key, _secret = api_keys.issue_api_key(name="shop", role="owner")
    key.last_used_at = NOW - timedelta(minutes=1)
    key.save()
    services.push_figures(now=NOW)
    services.push_figures(now=NOW)
    found = stored(brand)
    assert (found.orders_30_days, found.last_seen_at) == (2, NOW - timedelta(minutes=1))


def test_measuring_keeps_what_a_brand_said(brand: Brand, other_brand: Brand) -> None:
    make_orders()
    services.push_figures(now=NOW)
    with public_schema():
        assert figures.measure_schemas(now=NOW + timedelta(hours=1)) >= 2
    mine = stored(brand)
    others = stored(other_brand)
    assert (mine.orders_30_days, mine.refreshed_at) == (2, NOW)
    assert min(mine.schema_bytes, others.schema_bytes) > 1_000_000
    assert others.orders_30_days == 0


def test_each_brand_pushes_its_own(brand: Brand, other_brand: Brand) -> None:
    make_orders()
    services.push_figures(now=NOW)
    enter_brand(other_brand)
    services.push_figures(now=NOW)
    assert (stored(brand).orders_30_days, stored(other_brand).orders_30_days) == (2, 0)


def test_statements_are_a_fixed_number(brand: Brand, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    make_orders()
    with django_assert_max_num_queries(15):
        services.push_figures(now=NOW)


def test_figures_are_reported_by_nobody_in_particular(brand: Brand) -> None:
    """A push is no act of a person: it leaves nothing in the audit log."""
    from kernel.models import AuditRecord

    before = AuditRecord.objects.count()
    with acting_as(Actor(kind="system", id=None, label="system")):
        services.push_figures(now=NOW)
    assert AuditRecord.objects.count() == before
