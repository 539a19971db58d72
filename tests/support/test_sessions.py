"""Support access with consent: the owner's word, the way in, the way out, and what is written down."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console import saved_views
from console.saved_views import Content
from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.models import AuditRecord
from kernel.tenancy.actors import acting_as
from kernel.tenancy.context import enter_brand, public_schema
from shared_apps.accounts import selectors as accounts
from shared_apps.accounts.models import User
from shared_apps.accounts.services import users
from shared_apps.support.models import AccessGrant, AccessLogEntry, AccessPass
from shared_apps.support.services import grants, sessions
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.models import Brand
from tests.support.conftest import Person

pytestmark = pytest.mark.django_db

People = Callable[..., Person]
Grant = Callable[..., AccessGrant]
Enter = Callable[..., Client]


def log() -> list[tuple[str, str, int]]:
    with public_schema():
        return list(AccessLogEntry.objects.order_by("id").values_list("method", "path", "status"))


def is_out(browser: Client) -> bool:
    first = browser.get("/console/orders/order/")
    return first.status_code in {302, 401} and browser.get("/console/orders/order/").status_code == 302


# --- letting in ------------------------------------------------------------------------------------------------------


def test_the_owner_lets_support_in_and_both_audit_logs_say_so(people: People, brand: Brand) -> None:
    browser = people("owner").browser
    answer = browser.post("/console/support/access/", {"hours": "4", "reason": " An import\n fails ", "may_write": ""})
    assert answer.status_code == 302
    with public_schema():
        made = AccessGrant.objects.get()
        assert AuditRecord.objects.filter(action="support.access_granted", subject=f"brand:{brand.pk}").exists()
    assert (made.reason, made.may_write, made.requested_by) == ("An import fails", False, "the owner")
    assert made.starts_at is not None
    assert made.ends_at == made.starts_at + timedelta(hours=4)
    assert AuditRecord.objects.filter(action="support.access_granted", subject=f"support_access:{made.pk}").exists()
    assert "An import fails" in browser.get("/console/support/access/").content.decode()


@pytest.mark.parametrize(
    ("hours", "reason"), [(0, "why"), (73, "why"), (-1, "why"), (4, ""), (4, " \n"), (4, "x" * 501)]
)
def test_hours_and_reason_have_limits(brand: Brand, now: datetime, hours: int, reason: str) -> None:
    with pytest.raises(DomainError):
        grants.grant_access(brand_id=brand.pk, hours=hours, reason=reason, now=now)
    with public_schema():
        assert not AccessGrant.objects.exists()


@pytest.mark.parametrize("role", ["manager", "sales", "warehouse", "finance"])
def test_only_the_owner_lets_in(people: People, grant: Grant, role: str) -> None:
    given = grant()
    browser = people(role).browser
    for address in ("", f"{given.pk}/"):
        assert browser.get(f"/console/support/access/{address}").status_code == 403
    assert browser.post("/console/support/access/", {"hours": "4", "reason": "x"}).status_code == 403
    assert browser.post(f"/console/support/access/{given.pk}/end/").status_code == 403
    with public_schema():
        given.refresh_from_db()
    assert given.revoked_at is None


# --- going in --------------------------------------------------------------------------------------------------------


def test_a_visitor_sees_the_brand_and_changes_nothing(grant: Grant, enter: Enter) -> None:
    browser = enter(grant())
    page = browser.get("/console/orders/order/?q=13812345678")
    assert page.status_code == 200
    assert browser.get("/console/?token=abc").status_code == 200
    assert "read-only" in page.content.decode()
    before = User.objects.count()
    refused = browser.post("/console/accounts/user/add/", {"name": "x"})
    assert refused.status_code == 403
    assert User.objects.count() == before
    for address in ("accounts/user/", "support/access/", "support/", "password/change/", "two-step/"):
        assert browser.get(f"/console/{address}").status_code in {403, 404}, address
    assert browser.get("/api/v1/orders").status_code == 200
    refused = browser.post("/api/v1/customers", {}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "support_session_reads_only")
    seen = log()
    assert seen[0][0] == "GET"
    assert seen[0][1].startswith("/console/support/enter/?token=[hidden]")
    assert ("GET", "/console/orders/order/?q=138****5678", 200) in seen
    assert ("GET", "/console/?token=[hidden]", 200) in seen
    assert ("POST", "/console/accounts/user/add/", 403) in seen
    assert ("POST", "/api/v1/customers", 403) in seen
    assert len(seen) == 11


@pytest.mark.parametrize("may_write", [True, False])
def test_a_visitor_is_offered_only_forms_that_are_taken(grant: Grant, enter: Enter, may_write: bool) -> None:
    content = Content(query=[], order=[], columns=["number"])
    saved_views.save_view(of_list="orders_order", name="Ours", content=content, person=saved_views.EVERYBODY)
    browser = enter(grant(may_write=may_write))
    row = browser.get("/console/orders/order/?columns=number").context["list_views"]
    unsaved = browser.get("/console/orders/order/?q=x").context["list_views"]
    assert row.open_tab.title == "Ours"
    offered = {bool(one) for one in (row.open_tab.rename, row.open_tab.delete, row.columns, unsaved.save)}
    assert offered == {may_write}


def test_a_visitor_who_may_only_look_takes_no_lists_along(grant: Grant, enter: Enter) -> None:
    browser = enter(grant())
    for file in ("orders.csv", "orders.xlsx"):
        refused = browser.get(f"/api/v1/exports/{file}")
        assert (refused.status_code, refused.json()["code"]) == (403, "support_session_exports_nothing")
    assert ("GET", "/api/v1/exports/orders.csv", 403) in log()
    assert enter(grant(may_write=True)).get("/api/v1/exports/orders.csv").status_code == 200


@pytest.mark.parametrize(
    ("may_write", "words"), [(False, "may look until"), (True, "may look and change things until")]
)
def test_the_owner_reads_how_far_it_goes(people: People, grant: Grant, may_write: bool, words: str) -> None:
    grant(may_write=may_write)
    assert words in people("owner").browser.get("/console/").content.decode()


def test_a_visitor_who_may_write_acts_under_an_own_name(grant: Grant, enter: Enter) -> None:
    browser = enter(grant(may_write=True))
    answer = browser.post("/console/catalog/category/add/", {"name": "Masks", "parent": "", "position": "0"})
    assert answer.status_code in {200, 302}
    record = AuditRecord.objects.filter(action="support.session_begun").get()
    assert record.actor_label == "the support (Banyan support)"
    for address in ("accounts/user/", "accounts/apikey/add/", "support/access/", "support/tickets/new/"):
        assert browser.get(f"/console/{address}").status_code == 403, address
    assert browser.get("/console/password/change/").status_code == 403


def test_the_log_stays_when_the_request_is_rolled_back(grant: Grant, enter: Enter) -> None:
    browser = enter(grant(may_write=True))
    browser.raise_request_exception = False
    before = len(log())
    answer = browser.post(
        "/api/v1/orders", {"bad": 1}, content_type="application/json", headers={"idempotency-key": "one"}
    )
    assert answer.status_code >= 400
    assert len(log()) == before + 1


@pytest.mark.parametrize(("state", "status"), [("trial_expired", 402), ("suspended", 403)])
def test_what_the_brands_state_refuses_is_in_the_log_too(
    grant: Grant, enter: Enter, brand: Brand, state: str, status: int
) -> None:
    browser = enter(grant(may_write=True))
    more = {"suspended_from": "trialing", "suspended_because": "staff"} if state == "suspended" else {}
    with public_schema():
        type(brand).objects.filter(pk=brand.pk).update(state=state, **more)
    tenants.forget_hosts()
    assert browser.post("/console/catalog/category/add/", {"name": "x"}).status_code == status
    assert browser.post("/api/v1/categories", {}, content_type="application/json").status_code == status
    tenants.forget_hosts()
    assert log()[-2:] == [("POST", "/console/catalog/category/add/", status), ("POST", "/api/v1/categories", status)]


def test_the_brands_own_people_cost_the_visits_no_query(people: People, grant: Grant, enter: Enter) -> None:
    def asked(browser: Client) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/api/v1/orders").status_code == 200
        return [query["sql"] for query in queries if "support_" in query["sql"]]

    assert asked(people("owner").browser) == []
    seen = asked(enter(grant()))
    assert len(seen) == 2
    assert "INSERT INTO" in seen[1]


def test_nobody_of_the_brand_sees_the_visitor_among_its_people(
    grant: Grant, enter: Enter, people: People, owner_api: Any
) -> None:
    enter(grant())
    visitor = User.objects.get(role="visitor")
    owner = people("owner").browser
    assert visitor.name not in owner.get("/console/accounts/user/").content.decode().partition("<main")[2]
    assert visitor.pk not in [row["id"] for row in owner_api.get("/api/v1/users").json()["items"]]
    assert owner_api.get(f"/api/v1/users/{visitor.pk}").status_code == 404
    assert owner_api.post(f"/api/v1/users/{visitor.pk}/role", {"role": "owner"}).status_code == 404
    assert owner_api.patch(f"/api/v1/users/{visitor.pk}", {"name": "Mine"}).status_code == 404
    assert owner_api.post("/api/v1/users", {"name": "V", "role": "visitor", "email": "v@x.example"}).status_code == 422
    assert owner.get(f"/console/accounts/user/{visitor.pk}/change/").status_code in {302, 404}
    assert accounts.get_user_by_sign_in_name(visitor.email or "") is None
    with pytest.raises(DomainError):
        users.change_role(user_id=visitor.pk, role="owner")


def test_the_same_person_is_the_same_visitor(grant: Grant, enter: Enter) -> None:
    given = grant()
    enter(given)
    enter(given)
    assert User.objects.filter(role="visitor").count() == 1


# --- nothing else opens ----------------------------------------------------------------------------------------------


def test_the_platforms_own_session_opens_no_brand(staff: People, grant: Grant) -> None:
    grant()
    cookie = staff("platform_admin").browser.cookies["sessionid"].value
    stranger = Client(headers={"host": "acme.localhost"})
    stranger.cookies["sessionid"] = cookie
    for address in ("/console/", "/console/orders/order/", "/console/support/access/"):
        assert stranger.get(address).status_code == 302
    assert stranger.get("/api/v1/orders").status_code == 401


def address_of(staff: People, given: AccessGrant, role: str = "support", now: datetime | None = None) -> str:
    with public_schema(), acting_as(staff(role).actor):
        return grants.issue_pass(grant_id=given.pk, now=now or clock.now())


def go(address: str, host: str = "acme.localhost") -> Client:
    browser = Client(headers={"host": host})
    browser.get(address.partition("/console/")[1] + address.partition("/console/")[2])
    return browser


def test_a_pass_works_once(staff: People, grant: Grant) -> None:
    address = address_of(staff, grant())
    assert not is_out(go(address))
    assert is_out(go(address))


def test_a_pass_of_a_minute_ago_opens_nothing(staff: People, grant: Grant) -> None:
    given = grant(begun=timedelta(hours=1))
    assert is_out(go(address_of(staff, given, now=clock.now() - timedelta(seconds=60))))


def test_a_pass_opens_no_other_brand(staff: People, grant: Grant, other_brand: Brand) -> None:
    address = address_of(staff, grant())
    assert is_out(go(address, host="other.localhost"))
    assert is_out(go(address, host="localhost"))
    assert not is_out(go(address))


def test_a_session_of_a_visit_is_nothing_in_another_brand(grant: Grant, enter: Enter) -> None:
    browser = enter(grant())
    stranger = Client(headers={"host": "other.localhost"})
    stranger.cookies["sessionid"] = browser.cookies["sessionid"].value
    assert is_out(stranger)


def test_a_forged_pass_opens_nothing(staff: People, grant: Grant) -> None:
    address = address_of(staff, grant())
    for wrong in (address[:-3] + "abc", "/console/support/enter/?token=", "/console/support/enter/?token=%00x"):
        assert is_out(go(wrong))
    with public_schema():
        digest = AccessPass.objects.get().digest
    assert digest not in address


def test_the_database_keeps_no_pass(staff: People, grant: Grant) -> None:
    address = address_of(staff, grant())
    with public_schema():
        kept = AccessPass.objects.get()
    assert kept.digest not in address
    assert len(kept.digest) == 64


@pytest.mark.parametrize("role", ["billing", "auditor"])
def test_who_may_not_visit_gets_no_pass(staff: People, grant: Grant, role: str) -> None:
    with pytest.raises(DomainError):
        address_of(staff, grant(), role=role)


def test_nobody_gets_a_pass_for_a_grant_that_does_not_live(staff: People, grant: Grant, brand: Brand) -> None:
    over = grant(begun=timedelta(hours=5))
    ended = grant()
    with acting_as(staff("support").actor):
        grants.revoke_access(grant_id=ended.pk, now=clock.now())
    for given in (over, ended):
        with pytest.raises(grants.GrantNotAlive):
            address_of(staff, given)
    with pytest.raises(DomainError):
        grants.issue_pass(grant_id=grant().pk, now=clock.now())  # the system is no person


def test_a_pass_is_worth_nothing_once_the_grant_is_ended(staff: People, grant: Grant, people: People) -> None:
    given = grant()
    address = address_of(staff, given)
    people("owner").browser.post(f"/console/support/access/{given.pk}/end/")
    assert is_out(go(address))


# --- the way out -----------------------------------------------------------------------------------------------------


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
