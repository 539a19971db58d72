"""Test audit records: actor, act, values before and after, origin."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from kernel.core import audit
from kernel.models import AuditRecord
from kernel.tenancy.actors import ANONYMOUS, SYSTEM, Actor, acting_as, current_actor, set_current_actor
from kernel.tenancy.origin import Origin, coming_from

pytestmark = pytest.mark.django_db


def test_a_record_says_who_what_and_from_where() -> None:
    wang = Actor(kind="user", id=7, label="Wang", role="sales", permissions=frozenset({"orders.ship"}))
    with (
        CaptureQueriesContext(connection) as queries,
        acting_as(wang),
        coming_from(Origin("req-1", "2001:db8::1")),
    ):
        audit.record(
            action="orders.ship",
            subject="order:42",
            before={"total": Decimal("12.30"), "tags": {"b", "a"}},
            after={"at": datetime(2026, 1, 1, tzinfo=UTC), "day": date(2026, 1, 1), "name": "喜 🎉", 3: None},  # type: ignore[dict-item]
        )
    assert len(queries) == 1
    row = AuditRecord.objects.get(subject="order:42")
    assert (row.actor_kind, row.actor_id, row.actor_label) == ("user", 7, "Wang")
    assert (row.action, row.subject, row.ip_address, row.request_id) == (
        "orders.ship",
        "order:42",
        "2001:db8::1",
        "req-1",
    )
    assert row.before == {"total": "12.30", "tags": ["a", "b"]}
    assert row.after == {"at": "2026-01-01T00:00:00Z", "day": "2026-01-01", "name": "喜 🎉", "3": None}


def test_work_nobody_asked_for_is_the_system_s() -> None:
    audit.record(action="x", subject="y:1")
    row = AuditRecord.objects.get(subject="y:1")
    assert (row.actor_kind, row.actor_label, row.before, row.ip_address) == ("system", "system", None, None)


def test_what_is_rolled_back_was_never_done() -> None:
    with transaction.atomic():
        audit.record(action="x", subject="y:1")
        transaction.set_rollback(True)
    assert not AuditRecord.objects.filter(subject="y:1").exists()


def test_actors_and_what_they_may() -> None:
    assert SYSTEM.may("anything.at_all")
    assert not ANONYMOUS.may("orders.view")
    clerk = Actor(kind="user", id=1, label="x", permissions=frozenset({"orders.view"}))
    assert clerk.may("orders.view")
    assert not clerk.may("orders.ship")


def test_the_frame_puts_the_former_actor_back() -> None:
    clerk = Actor(kind="user", id=1, label="x")
    with acting_as(ANONYMOUS):
        set_current_actor(clerk)
        assert current_actor() == clerk
    assert current_actor() == SYSTEM
