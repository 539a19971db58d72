"""Acts of administrators: visits, moves, archives, announcements and plans."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from kernel.core import clock
from kernel.events import queue
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import Plan, PlanVersion
from shared_apps.support.models import AccessGrant, Announcement
from shared_apps.support.states import GrantKind
from shared_apps.tenants import tasks
from shared_apps.tenants.models import Brand, BrandArchive, BrandMove
from tests.factories.brand_acts import PAGE, act, last_audit, shown

pytestmark = pytest.mark.django_db


def test_a_visit_leads_to_the_brands_own_host(staff: Callable[..., Client], brand: Brand) -> None:
    client = staff("support")
    now = clock.now()
    assert act(client, brand, "visit").status_code == 200  # a dialog that refuses: nobody allowed it
    with public_schema():
        AccessGrant.objects.create(
            brand_id=brand.pk,
            kind=GrantKind.CONSENT,
            reason="Please look",
            requested_by_id=1,
            requested_by="Owner",
            created_at=now,
            hours=2,
            starts_at=now,
            ends_at=now + timedelta(hours=2),
        )
    assert "Please look" in shown(client, brand)
    answer = act(client, brand, "visit")
    assert answer.status_code == 302
    assert "//acme.localhost" in answer.headers["location"]
    htmx = client.post(f"{PAGE}{brand.pk}/visit/", headers={"hx-request": "true"})
    assert "//acme.localhost" in htmx.headers["hx-redirect"]


def test_an_emergency_takes_two_administrators(staff: Callable[..., Client], brand: Brand) -> None:
    first = staff("platform_admin")
    second = staff("platform_admin")
    act(first, brand, "ask_emergency", hours=1, reason="The import of last night deletes their stock")
    with public_schema():
        grant = AccessGrant.objects.get()
    address = f"/console/support/accessgrant/{grant.pk}/approve/"
    assert first.post(address).status_code == 200
    assert second.post(address).status_code == 302
    with public_schema():
        grant.refresh_from_db()
    assert grant.starts_at is not None
    assert act(first, brand, "visit_in_emergency").headers["location"].count("acme.localhost") == 1
    first.post(f"/console/support/accessgrant/{grant.pk}/revoke/")
    with public_schema():
        grant.refresh_from_db()
    assert grant.revoked_at is not None


def test_a_move_is_prepared_by_a_worker_and_given_up(staff: Callable[..., Client], brand: Brand) -> None:
    client = staff("platform_admin")
    with patch.object(queue, "after_commit") as send:
        assert act(client, brand, "move", to_cell="second", reason="The first one is full").status_code == 302
    assert send.call_args.args == ("tenants.prepare_move", brand.pk, "second", "The first one is full")
    tasks.prepare_move(brand.pk, "no such cell!", "x")
    refused = last_audit(brand, "tenants.move_refused").after or {}
    assert refused["to"] == "no such cell!"
    with public_schema():
        move = BrandMove.objects.create(
            brand_id=brand.pk,
            from_cell="main",
            to_cell="second",
            reason="x",
            requested_by="Li",
            requested_at=clock.now(),
        )
    assert "Move from main to second" in shown(client, brand)
    client.post(f"/console/tenants/brandmove/{move.pk}/cancel/")
    with public_schema():
        move.refresh_from_db()
    assert move.cancelled_at is not None


def test_an_archive_is_asked_for_by_those_who_may(staff: Callable[..., Client], brand: Brand) -> None:
    admin = staff("platform_admin")
    act(admin, brand, "suspend", reason="Closed down")
    with patch.object(queue, "send") as send:
        assert act(admin, brand, "archive", reason="Closed down").status_code in {200, 302}
    assert act(staff("billing"), brand, "archive", reason="x").status_code == 403
    assert send.call_count <= 1  # it is sent when the transaction is committed, which a test's never is


def test_a_schema_is_not_dropped_by_a_slip_of_the_hand(staff: Callable[..., Client], brand: Brand) -> None:
    with public_schema():
        archive = BrandArchive.objects.create(
            brand_id=brand.pk,
            state="verified",
            path="x",
            sha256="0" * 64,
            size_bytes=1,
            row_counts={},
            schema_fingerprint="x",
            made_at=clock.now(),
            verified_at=clock.now(),
            retained_until=clock.now(),
        )
    client = staff("platform_admin")
    address = f"/console/tenants/brandarchive/{archive.pk}/drop_schema/"
    assert "not the brand" in client.post(address, {"typed": "other"}).content.decode()
    refused = client.post(address, {"typed": "acme"})  # the brand is not archived
    assert refused.status_code == 200
    with public_schema():
        assert Brand.objects.get(pk=brand.pk).schema_dropped_at is None


def announce(client: Client, **given: Any) -> Any:
    usual = {
        "title_zh": "今晚维护",
        "title_en": "Maintenance tonight",
        "link": "",
        "severity": "warning",
        "audience": "brands",
        "selection": "acme",
        "starts_at_0": "2026-11-01",
        "starts_at_1": "00:00",
        "ends_at_0": "2099-01-01",
        "ends_at_1": "00:00",
    }
    return client.post("/console/support/announcement/add/", usual | given)


def test_an_announcement_is_made_for_brands_by_their_subdomain(staff: Callable[..., Client], brand: Brand) -> None:
    client = staff("platform_admin")
    assert announce(client).status_code == 302
    with public_schema():
        made = Announcement.objects.get()
    assert made.selection == [brand.pk]
    page = client.get(f"/console/support/announcement/{made.pk}/change/").content.decode()
    assert 'value="acme"' in page
    client.post(f"/console/support/announcement/{made.pk}/end/")
    with public_schema():
        made.refresh_from_db()
    assert made.ends_at <= clock.now()
    assert "nobody-here" in announce(client, selection="nobody-here").content.decode()
    assert announce(staff("support")).status_code == 403


def test_a_draft_of_a_plan_is_changed_published_and_then_kept(staff: Callable[..., Client]) -> None:
    client = staff("billing")
    with public_schema():
        plan = Plan.objects.get(code="basic")
    typed = {"plan": plan.pk, "price_month": "400", "price_year": "4000", "features": ["api"], "limit_staff": "7"}
    assert client.post("/console/billing/planversion/add/", typed).status_code == 302
    with public_schema():
        draft = PlanVersion.objects.get(plan=plan, published_at=None)
    assert (draft.limits, draft.features) == ({"staff": 7}, ["api"])
    address = f"/console/billing/planversion/{draft.pk}"
    page = client.get(f"{address}/change/").content.decode()
    assert 'name="limit_staff" value="7"' in page
    assert client.post(f"{address}/change/", typed | {"limit_staff": "", "limit_agents": "9"}).status_code == 302
    assert "4001" not in client.post(f"{address}/change/", typed | {"price_year": "0"}).content.decode()
    client.post(f"{address}/publish/")
    with public_schema():
        draft.refresh_from_db()
    assert (draft.limits, draft.published_at is not None) == ({"agents": 9}, True)
    page = client.get(f"{address}/change/").content.decode()
    assert 'name="price_year"' not in page  # what was published is read
    assert client.post(f"{address}/change/", typed).status_code == 403
    assert client.post(f"/console/billing/planversion/{draft.pk}/publish/").status_code == 200  # refused in the dialog
