"""The fleet page shows what lags, waits and failed, from what brands pushed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
import redis
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kernel.core import clock, counters
from kernel.events.queue import QUEUES
from kernel.models import OutboxDelivery, OutboxMessage
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import StripeEvent
from shared_apps.billing.models.inbox import HANDLER
from shared_apps.support.models import BrandFigures
from shared_apps.support.selectors import fleet
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db


def make_event(number: int, *, delivery: dict[str, Any] | None = None, **given: Any) -> None:
    """A webhook, and how its delivery stands."""
    now = clock.now()
    usual = {"received_at": now, "stripe_created_at": now, "payload": {}, "type": "invoice.paid"}
    message = OutboxMessage.objects.create(event="billing.stripe_event_received", payload={}, occurred_at=now)
    OutboxDelivery.objects.create(message=message, handler=HANDLER, due_at=now, **(delivery or {}))
    StripeEvent.objects.create(event_id=f"evt_{number}", message_id=message.pk, **(usual | given))


def test_what_lags_waits_and_failed(public: None, brand: Brand, other_brand: Brand) -> None:
    now = clock.now()
    Brand.objects.filter(pk=other_brand.pk).update(schema_fingerprint="old", cell="second")
    BrandFigures.objects.create(
        brand_id=brand.pk,
        schema_bytes=100,
        failed_jobs=3,
        pending_deliveries=7,
        oldest_delivery_seconds=90,
        refreshed_at=now,
    )
    BrandFigures.objects.create(brand_id=other_brand.pk, schema_bytes=500, refreshed_at=now - timedelta(hours=5))
    make_event(1, received_at=now - timedelta(minutes=20), delivery={"attempts": 2, "last_error": "boom"})
    make_event(2)
    make_event(3, delivery={"state": "dead", "attempts": 20})
    make_event(4, handled_at=now)
    found = fleet.get_fleet(now=now)
    assert (found.lagging, [one.slug for one in found.lagging_brands]) == (1, ["other"])
    assert (found.failed_jobs, found.pending_deliveries, found.longest_wait_seconds) == (3, 7, 90)
    assert [one.brand.slug for one in found.failing_brands] == ["acme"]
    assert [one.brand.slug for one in found.largest_brands] == ["other", "acme"]
    assert found.stale == found.brands - 1
    lag = found.webhooks
    assert (lag.waiting, lag.failing, lag.dead) == (2, 1, 1)
    assert lag.oldest_received_at == now - timedelta(minutes=20)
    cells = {cell.name: cell for cell in found.cells}
    assert (cells["second"].brands, cells["second"].lagging, cells["second"].schema_bytes) == (1, 1, 500)


def test_the_queue_is_counted_in_the_broker() -> None:
    client = counters.client()
    client.delete(*QUEUES)
    client.rpush("events", "a", "b", "c")
    client.rpush("long", "d")
    try:
        assert fleet.get_queue().waiting == 4
    finally:
        client.delete(*QUEUES)
    assert fleet.get_queue().waiting == 0


def test_a_redis_that_is_away_leaves_the_page(staff: Callable[..., Client]) -> None:
    page = staff("auditor")
    with patch.object(counters, "client", side_effect=redis.ConnectionError("away")):
        assert fleet.get_queue() == fleet.Queue(None, None)
    assert page.get("/console/fleet/").status_code == 200


def test_the_statements_are_a_fixed_number(public: None, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_max_num_queries(16):
        fleet.get_fleet(now=clock.now())


@pytest.mark.parametrize("role", ["support", "billing", "auditor", "platform_admin"])
def test_every_role_of_the_staff_sees_it(staff: Callable[..., Client], brand: Brand, role: str) -> None:
    with public_schema():
        BrandFigures.objects.create(brand_id=brand.pk, schema_bytes=9_000_000, failed_jobs=1, refreshed_at=clock.now())
    page = staff(role).get("/console/fleet/")
    assert page.status_code == 200
    assert brand.name in page.content.decode()
