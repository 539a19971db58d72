"""Test access to billing's pages: every role, every page and button, in every state of the brand."""

from typing import Any, Final

import pytest
from django.test import Client
from django.urls import URLPattern

from kernel.core import clock
from shared_apps.accounts.rules import rights
from shared_apps.billing.urls import brand as urls
from shared_apps.tenants.models import Brand
from tests.billing.page_visitors import DAY, change, sign_in, subscribe

pytestmark = pytest.mark.django_db
ROLES: Final = ("owner", "manager", "sales", "warehouse", "finance")
READERS: Final = {"owner", "manager", "finance"}
# What reads only the plan and its price is for whoever may see billing; all else is the owner's.
SEEN_BY_READERS: Final = {"plan", "plans", "invoice_page", "invoice_pdf"}
ARGUMENTS: Final = {"code": "premium", "interval": "year", "export_id": "1", "claim_id": "1", "invoice_id": "1"}


def address_of(pattern: URLPattern) -> str:
    path = str(pattern.pattern)
    for name, value in ARGUMENTS.items():
        for converter in ("slug", "int"):
            path = path.replace(f"<{converter}:{name}>", value)
    return f"/console/{path}"


PATTERNS: Final = [pytest.param(pattern, id=str(pattern.name)) for pattern in urls.urlpatterns]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_nobody_reaches_a_page_without_signing_in(pattern: URLPattern, brand: Brand) -> None:
    visitor = Client(headers={"host": f"{brand.slug}.localhost"})
    for answer in (visitor.get(address_of(pattern)), visitor.post(address_of(pattern))):
        assert answer.status_code == 302
        assert "/console/login/" in answer["Location"]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_what_is_its_own(role: str, brand: Brand) -> None:
    browser = sign_in(brand, role)
    held = rights.permissions_for(role)
    for pattern in urls.urlpatterns:
        needed = "billing.view" if pattern.name in SEEN_BY_READERS else "billing.manage"
        for answer in (browser.get(address_of(pattern)), browser.post(address_of(pattern))):
            refused = answer.status_code == 403
            assert refused == (needed not in held), f"{role} {pattern.name} {answer.status_code}"


def test_managers_and_finance_read_but_find_no_button(brand: Brand) -> None:
    subscribe(brand)
    for role in READERS - {"owner"}:
        browser = sign_in(brand, role)
        for path in ("", "plans/"):
            page = browser.get(f"/console/billing/{path}").content.decode()
            assert "The owner chooses and pays the plan." in page
            content = page.split('id="content"', 1)[1]
            assert 'method="post"' not in content
            assert "/console/billing/export/" not in content


@pytest.mark.parametrize("role", ROLES)
def test_the_sidebar_leads_there_whoever_may_see_it(role: str, brand: Brand) -> None:
    page = sign_in(brand, role).get("/console/").content.decode()
    assert ('href="/console/billing/"' in page) == (role in READERS)


@pytest.mark.parametrize(
    "state", ["trialing", "active", "past_due", "trial_expired", "read_only", "suspended", "closing", "by_support"]
)
def test_the_owner_reaches_billing_in_every_state(state: str, brand: Brand) -> None:
    browser = sign_in(brand, "owner")
    stand(brand, state)
    for path in ("", "plans/", "export/", "close/", "domains/"):
        assert browser.get(f"/console/billing/{path}").status_code == 200, path
    assert browser.post("/console/billing/portal/").status_code == 302  # it answers; there is nothing to open yet


@pytest.mark.parametrize("state", ["suspended", "by_support"])
def test_nobody_else_reaches_billing_of_a_suspended_brand(state: str, brand: Brand) -> None:
    browsers = [sign_in(brand, role) for role in ("manager", "finance")]
    stand(brand, state)
    for browser in browsers:
        assert browser.get("/console/billing/").status_code == 403


def test_one_brands_session_opens_no_other_brands_billing(brand: Brand, other_brand: Brand) -> None:
    browser = sign_in(brand, "owner")
    answer = browser.get("/console/billing/", headers={"host": f"{other_brand.slug}.localhost"})
    assert answer.status_code == 302


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(method: str, brand: Brand) -> None:
    browser = sign_in(brand, "owner")
    for pattern in urls.urlpatterns:
        assert getattr(browser, method)(address_of(pattern)).status_code == 405, pattern.name


def test_buttons_are_pressed_by_post_only_and_with_a_token(brand: Brand) -> None:
    browser = sign_in(brand, "owner")
    strict = Client(headers={"host": f"{brand.slug}.localhost"}, enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    for name in (
        "checkout",
        "portal",
        "resume",
        "undo_change",
        "undo_cancel",
        "reopen",
        "check_domain",
        "remove_domain",
    ):
        pattern = next(pattern for pattern in urls.urlpatterns if pattern.name == name)
        assert browser.get(address_of(pattern)).status_code == 405, name
        assert strict.post(address_of(pattern)).status_code == 403, name


def stand(brand: Brand, state: str) -> None:
    """Put the brand into a state by facts that lead there."""
    now = clock.now()
    if state == "trialing":
        return
    if state in {"active", "past_due", "read_only", "suspended"}:
        overdue = {"active": None, "past_due": 1, "read_only": 15, "suspended": 60}[state]
        change(brand, trial_ends_at=now - 100 * DAY)
        since: dict[str, Any] = {} if overdue is None else {"status": "past_due", "past_due_since": now - overdue * DAY}
        subscribe(brand, **since)
    elif state == "trial_expired":
        change(brand, trial_ends_at=now - DAY)
    elif state == "closing":
        change(brand, closing_at=now - DAY)
    else:
        change(brand, state="suspended", suspended_from="trialing", suspended_because="staff")
