"""Access without consent: two administrators, an owner who is told twice, four hours at most."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.events import outbox
from kernel.models import AuditRecord
from kernel.tenancy.actors import acting_as
from kernel.tenancy.context import public_schema
from shared_apps.accounts.services import users
from shared_apps.support.models import AccessGrant
from shared_apps.support.services import grants
from shared_apps.tenants.models import Brand
from tests.support.conftest import Person

pytestmark = pytest.mark.django_db

People = Callable[..., Person]
REASON = "The import writes money twice, and nobody answers the phone."


@pytest.fixture
def ask(staff: People, brand: Brand) -> Callable[..., AccessGrant]:
    def make(name: str = "Ann", **more: Any) -> AccessGrant:
        wanted: dict[str, Any] = {"hours": 2, "reason": REASON, "now": clock.now(), **more}
        with public_schema(), acting_as(staff("platform_admin", name).actor):
            return grants.request_emergency(brand_id=brand.pk, **wanted)

    return make


def approve(person: Person, grant: AccessGrant, now: datetime | None = None) -> AccessGrant:
    with public_schema(), acting_as(person.actor):
        return grants.approve_emergency(grant_id=grant.pk, now=now or clock.now())


def letters() -> list[Any]:
    mail.outbox.clear()
    with public_schema():
        outbox.deliver_pending()
    return list(mail.outbox)


def test_two_administrators_open_it_and_the_owner_is_told_at_once_both_times(
    ask: Callable[..., AccessGrant], staff: People, people: People, enter: Callable[..., Client], brand: Brand
) -> None:
    owner = people("owner")
    grant = ask()
    told = letters()
    assert {letter.to[0] for letter in told} == {"owner@acme.example", "owner@support.example"}
    english = next(letter for letter in told if letter.to == ["owner@support.example"])
    assert "has asked for emergency access" in english.body
    assert REASON in english.body
    assert "/console/support/access/" in english.body
    with pytest.raises(grants.GrantNotAlive):
        enter(grant, role="platform_admin", name="Ann")

    approved = approve(staff("platform_admin", "Bob"), grant)
    assert (approved.approved_by, approved.may_write) == ("Bob", False)
    assert approved.ends_at is not None
    assert approved.starts_at is not None
    assert approved.ends_at - approved.starts_at == timedelta(hours=2)
    assert any("Ann and Bob of Banyan have decided" in letter.body for letter in letters())

    visitor = enter(approved, role="platform_admin", name="Ann")
    assert visitor.get("/console/orders/order/").status_code == 200
    assert visitor.post("/console/catalog/category/add/", {"name": "x"}).status_code == 403
    page = owner.browser.get("/console/support/access/").content.decode()
    assert REASON in page
    assert "Ann" in page
    assert "Bob" in page
    assert owner.browser.post(f"/console/support/access/{grant.pk}/end/").status_code == 302
    assert visitor.get("/console/orders/order/").status_code == 401
    with public_schema():
        told_of = AuditRecord.objects.filter(subject=f"brand:{brand.pk}").values_list("action", flat=True)
        assert {"support.emergency_requested", "support.emergency_approved", "support.access_revoked"} <= set(told_of)
    assert AuditRecord.objects.filter(action="support.emergency_approved").exists()


def test_nobody_approves_their_own(ask: Callable[..., AccessGrant], staff: People) -> None:
    grant = ask("Ann")
    with pytest.raises(grants.SecondAdministratorMissing):
        approve(staff("platform_admin", "Ann"), grant)
    with public_schema():
        own = AccessGrant.objects.filter(pk=grant.pk)
        with pytest.raises(IntegrityError, match="support_grant_emergency_needs_two"), transaction.atomic():
            own.update(approved_by_id=grant.requested_by_id, starts_at=clock.now())
        with pytest.raises(IntegrityError, match="support_grant_emergency_needs_two"), transaction.atomic():
            own.update(starts_at=clock.now())


@pytest.mark.parametrize("role", ["support", "billing", "auditor"])
def test_only_administrators_decide_and_go_in(
    ask: Callable[..., AccessGrant], staff: People, brand: Brand, role: str
) -> None:
    with public_schema(), acting_as(staff(role).actor), pytest.raises(DomainError):
        grants.request_emergency(brand_id=brand.pk, hours=1, reason=REASON, now=clock.now())
    grant = ask()
    with pytest.raises(DomainError):
        approve(staff(role), grant)
    approve(staff("platform_admin", "Bob"), grant)
    with public_schema(), acting_as(staff(role).actor), pytest.raises(DomainError):
        grants.issue_pass(grant_id=grant.pk, now=clock.now())


def test_an_owner_of_the_brand_decides_no_emergency(
    ask: Callable[..., AccessGrant], people: People, brand: Brand
) -> None:
    grant = ask()
    with pytest.raises(DomainError):
        approve(people("owner"), grant)


@pytest.mark.parametrize(
    "wrong", [{"hours": 0}, {"hours": 5}, {"reason": "too short"}, {"reason": "  " * 30}, {"reason": "x" * 501}]
)
def test_hours_and_reason_have_limits(ask: Callable[..., AccessGrant], wrong: dict[str, Any]) -> None:
    with pytest.raises(DomainError):
        ask(**wrong)
    with public_schema():
        assert not AccessGrant.objects.exists()


def test_the_database_holds_the_limit_of_hours(ask: Callable[..., AccessGrant]) -> None:
    grant = ask()
    with (
        public_schema(),
        pytest.raises(IntegrityError, match="support_grant_emergency_is_short"),
        transaction.atomic(),
    ):
        AccessGrant.objects.filter(pk=grant.pk).update(hours=5)


def test_a_request_of_yesterday_is_asked_anew(ask: Callable[..., AccessGrant], staff: People) -> None:
    grant = ask(now=clock.now() - timedelta(hours=4))
    with pytest.raises(grants.GrantNotAlive):
        approve(staff("platform_admin", "Bob"), grant)


def test_a_request_that_was_withdrawn_is_over(ask: Callable[..., AccessGrant], staff: People, people: People) -> None:
    grant = ask()
    assert people("owner").browser.post(f"/console/support/access/{grant.pk}/end/").status_code == 302
    with pytest.raises(grants.GrantNotAlive):
        approve(staff("platform_admin", "Bob"), grant)


def test_approved_once_is_enough(ask: Callable[..., AccessGrant], staff: People) -> None:
    grant = ask()
    first = approve(staff("platform_admin", "Bob"), grant)
    with pytest.raises(grants.GrantNotAlive):
        approve(staff("platform_admin", "Cyd"), grant)
    with public_schema():
        grant.refresh_from_db()
    assert (grant.approved_by, grant.ends_at) == ("Bob", first.ends_at)


def test_a_brand_without_data_is_not_visited(brand: Brand, ask: Callable[..., AccessGrant]) -> None:
    with public_schema():
        type(brand).objects.filter(pk=brand.pk).update(state="archived")
    with pytest.raises(grants.BrandNotOpen):
        ask()


def test_an_owner_without_mail_does_not_stop_it(ask: Callable[..., AccessGrant], people: People) -> None:
    users.create_user(name="P", role="owner", phone="13812345678")
    ask()
    assert {letter.to[0] for letter in letters()} == {"owner@acme.example"}


# --- the page on the platform's host ---------------------------------------------------------------------------------


def test_the_pages_buttons_do_it(ask: Callable[..., AccessGrant], staff: People) -> None:
    grant = ask("Ann")
    page = f"/console/support/sessions/{grant.pk}/"
    ann = staff("platform_admin", "Ann").browser
    bob = staff("platform_admin", "Bob").browser
    assert 'value="approve"' not in ann.get(page).content.decode()
    shown = bob.get(page)
    assert 'value="approve"' in shown.content.decode()
    assert "form-action 'self' *.localhost:*" in shown["Content-Security-Policy"]
    ann.post(page, {"action": "approve"})
    with public_schema():
        grant.refresh_from_db()
    assert grant.starts_at is None
    bob.post(page, {"action": "approve"})
    with public_schema():
        grant.refresh_from_db()
    assert grant.starts_at is not None
    gone = ann.post(page, {"action": "enter"})
    assert gone.status_code == 302
    assert gone["Location"].startswith("http://acme.localhost/console/support/enter/?token=")
    visitor = Client(headers={"host": "acme.localhost"})
    assert visitor.get(gone["Location"]).status_code == 302
    assert "/console/support/enter/" in ann.get(page).content.decode()
    bob.post(page, {"action": "revoke"})
    with public_schema():
        grant.refresh_from_db()
    assert grant.revoked_by == "Bob"


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("support", {"enter": 302, "revoke": 302, "approve": 403}),
        ("billing", {"enter": 403, "revoke": 403, "approve": 403}),
        ("auditor", {"enter": 403, "revoke": 403, "approve": 403}),
        ("platform_admin", {"enter": 302, "revoke": 302, "approve": 302}),
    ],
)
def test_each_role_reads_and_only_some_act(
    grant: Callable[..., AccessGrant], staff: People, role: str, expected: dict[str, int]
) -> None:
    page = f"/console/support/sessions/{grant().pk}/"
    browser = staff(role).browser
    assert browser.get(page).status_code == 200
    assert {action: browser.post(page, {"action": action}).status_code for action in expected} == expected
    assert browser.get("/console/support/sessions/987654/").status_code == 404
    assert Client(headers={"host": "localhost"}).get(page).status_code == 302
