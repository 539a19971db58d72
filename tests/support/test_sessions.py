"""Support access with consent: the owner's word, the way in, and what is written down."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console import saved_views
from console.saved_views import Content
from kernel.core.errors import DomainError
from kernel.models import AuditRecord
from kernel.tenancy.context import public_schema
from shared_apps.accounts import selectors as accounts
from shared_apps.accounts.models import User
from shared_apps.accounts.services import users
from shared_apps.support.models import AccessGrant
from shared_apps.support.services import grants
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.models import Brand
from tests.factories.support_visits import Enter, Grant, People, log

pytestmark = pytest.mark.django_db


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
