"""The way out of a support session: by the owner, by time, by the person's own rights."""

from datetime import datetime, timedelta

import pytest

from kernel.core import clock
from kernel.tenancy.context import enter_brand, public_schema
from shared_apps.accounts.models import User
from shared_apps.support.models import AccessGrant, AccessLogEntry
from shared_apps.support.services import grants, sessions
from shared_apps.tenants.models import Brand
from tests.factories.support_visits import Enter, Grant, People, address_of, is_out, log

pytestmark = pytest.mark.django_db


def test_the_owner_ends_it_and_the_next_request_is_out(grant: Grant, enter: Enter, people: People) -> None:
    given = grant()
    visitor = enter(given)
    owner = people("owner").browser
    assert visitor.get("/console/orders/order/").status_code == 200
    assert "(the support)" in owner.get("/console/").content.decode()
    assert owner.post(f"/console/support/access/{given.pk}/end/").status_code == 302
    assert visitor.get("/console/orders/order/").status_code == 401
    assert visitor.get("/console/orders/order/").status_code == 302
    assert log()[-1] == ("GET", "/console/orders/order/", 401)
    assert "may look until" not in owner.get("/console/").content.decode()


def test_the_api_is_out_as_well(grant: Grant, enter: Enter) -> None:
    given = grant()
    browser = enter(given)
    assert browser.get("/api/v1/orders").status_code == 200
    grants.revoke_access(grant_id=given.pk, now=clock.now())
    refused = browser.get("/api/v1/orders")
    assert (refused.status_code, refused.json()["code"]) == (401, "support_session_over")


def test_the_visit_ends_with_its_time(grant: Grant, enter: Enter) -> None:
    given = grant(begun=timedelta(minutes=59), hours=1)
    browser = enter(given)
    assert browser.session.get_expiry_date() == given.ends_at
    with public_schema():
        AccessGrant.objects.filter(pk=given.pk).update(ends_at=clock.now())
    assert is_out(browser)


def test_who_leaves_banyan_is_out_of_every_brand(grant: Grant, enter: Enter, staff: People) -> None:
    browser = enter(grant())
    with public_schema():
        User.objects.filter(pk=staff("support").id).update(is_active=False)
    assert is_out(browser)


def test_who_changes_to_another_role_is_out(grant: Grant, enter: Enter, staff: People) -> None:
    browser = enter(grant())
    with public_schema():
        User.objects.filter(pk=staff("support").id).update(role="auditor")
    assert is_out(browser)


def test_a_visitors_row_without_a_visit_may_nothing(grant: Grant, enter: Enter) -> None:
    browser = enter(grant())
    session = browser.session
    del session[sessions.SESSION_KEY]
    session.save()
    assert is_out(browser)
    assert User.objects.get(role="visitor").permissions == frozenset()


def test_a_visitor_leaves(grant: Grant, enter: Enter) -> None:
    browser = enter(grant())
    assert browser.get("/console/support/leave/").status_code == 200
    assert browser.get("/console/").status_code == 200
    assert browser.post("/console/support/leave/").status_code == 200
    assert is_out(browser)


def test_a_new_pass_works_in_the_browser_of_an_ended_visit(grant: Grant, enter: Enter, staff: People) -> None:
    first = grant()
    second = grant()
    browser = enter(first)
    grants.revoke_access(grant_id=first.pk, now=clock.now())
    browser.get(address_of(staff, second))
    assert browser.get("/console/orders/order/").status_code == 200
    with public_schema():
        assert AccessLogEntry.objects.filter(grant=second).count() == 2


def test_another_brands_access_is_not_found(people: People, grant: Grant, other_brand: Brand, brand: Brand) -> None:
    with public_schema():
        enter_brand(other_brand)
        theirs = grants.grant_access(brand_id=other_brand.pk, hours=1, reason="theirs", now=clock.now())
    enter_brand(brand)
    owner = people("owner").browser
    assert owner.get(f"/console/support/access/{theirs.pk}/").status_code == 404
    assert owner.post(f"/console/support/access/{theirs.pk}/end/").status_code == 404
    with public_schema():
        theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_ending_again_is_harmless(grant: Grant, now: datetime) -> None:
    given = grant()
    first = grants.revoke_access(grant_id=given.pk, now=clock.now())
    again = grants.revoke_access(grant_id=given.pk, now=clock.now() + timedelta(minutes=1))
    assert first.revoked_at == again.revoked_at


def test_both_sides_read_the_log(grant: Grant, enter: Enter, people: People) -> None:
    given = grant()
    enter(given).get("/console/orders/order/")
    page = people("owner").browser.get(f"/console/support/access/{given.pk}/").content.decode()
    assert "GET /console/orders/order/" in page
    assert "the support" in page
