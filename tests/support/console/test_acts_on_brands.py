"""Test staff's acts on brands: each needs a reason and is in the brand's timeline."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from kernel.core import audit, clock
from kernel.models import AuditRecord, OutboxDelivery, OutboxMessage
from kernel.tenancy.actors import acting_as
from kernel.tenancy.context import public_schema
from shared_apps.accounts import selectors as people
from shared_apps.accounts.models import User
from shared_apps.billing.models import PlanPeriod, StripeEvent
from shared_apps.billing.models.inbox import HANDLER
from shared_apps.support.models import AdviserAssignment, BrandNote, FollowUp
from shared_apps.tenants.models import Brand, BrandExport, DomainClaim
from tests.factories.brand_acts import act, last_audit, shown

pytestmark = pytest.mark.django_db


def test_notes_follow_ups_and_the_adviser_stand_on_the_page(
    staff: Callable[..., Client], person: Callable[..., User], brand: Brand
) -> None:
    adviser = person("support", name="Adviser Li")
    client = staff(user=adviser)
    assert act(client, brand, "write_note", text="They open on Friday.").status_code == 302
    act(client, brand, "follow_up", text="Call them", due_on="2020-01-02", staff_id=adviser.pk)
    assert act(client, brand, "assign_adviser", staff_id=adviser.pk, reason="They asked").status_code == 302
    with public_schema():
        assert BrandNote.objects.get().text == "They open on Friday."
        assert AdviserAssignment.objects.get().staff_name == "Adviser Li"
        promises = list(FollowUp.objects.all())
    page = shown(client, brand)
    for text in ("They open on Friday.", "Adviser Li"):
        assert text in page
    assert act(client, brand, "remove_adviser", reason="They left").status_code == 302
    with public_schema():
        assert not AdviserAssignment.objects.exists()
    if promises:  # a day that is over may be refused
        assert "Call them" in page


def test_a_follow_up_is_finished_with_its_outcome(staff: Callable[..., Client], brand: Brand) -> None:
    client = staff("support")
    due = (clock.business_date(clock.now()) + timedelta(days=3)).isoformat()
    with public_schema():
        me = User.objects.get(email__startswith="support-")
    act(client, brand, "follow_up", text="Call them", due_on=due, staff_id=me.pk)
    with public_schema():
        promise = FollowUp.objects.get()
    assert "Call them" in shown(client, brand)
    client.post(f"/console/support/followup/{promise.pk}/finish/", {"outcome": "They are happy"})
    with public_schema():
        promise.refresh_from_db()
    assert (promise.outcome, promise.done_at is not None) == ("They are happy", True)


def test_the_owners_sign_in_is_reset(staff: Callable[..., Client], brand: Brand) -> None:
    owner = User.objects.get(role="owner")
    owner.set_password("a long pass phrase")
    owner.totp_secret = "x"
    owner.totp_confirmed_at = clock.now()
    owner.save()
    browser = Client(headers={"host": "acme.localhost"})
    browser.force_login(owner, backend="shared_apps.accounts.services.backend.AccountsBackend")
    assert browser.get("/console/").status_code == 200
    client = staff("support")
    assert act(client, brand, "reset_login", reason="").status_code == 200
    assert browser.get("/console/").status_code == 200  # without a reason nothing happens
    act(client, brand, "reset_login", reason="Called +86138…, knows the company's number", without_second_step="on")
    assert browser.get("/console/").status_code == 302
    owner.refresh_from_db()
    assert (owner.has_usable_password(), owner.has_totp) == (False, False)
    assert OutboxMessage.objects.filter(event="accounts.password_reset_requested").exists()
    after = last_audit(brand, "support.login_reset").after or {}
    assert after["owner"] == "o***@acme.example"
    assert AuditRecord.objects.filter(action="accounts.sign_in_reset_by_support").exists()


def test_the_second_step_stays_unless_it_is_lost(staff: Callable[..., Client], brand: Brand) -> None:
    User.objects.filter(role="owner").update(totp_confirmed_at=clock.now())
    act(staff("support"), brand, "reset_login", reason="Called them")
    assert User.objects.get(role="owner").has_totp


def test_an_owner_without_an_address_is_not_shut_out(staff: Callable[..., Client], brand: Brand) -> None:
    User.objects.filter(role="owner").update(email=None, phone="+8613812345678")
    before = User.objects.get(role="owner").password
    answer = act(staff("support"), brand, "reset_login", reason="Called them")
    assert "no e-mail address" in answer.content.decode()
    assert User.objects.get(role="owner").password == before


def test_the_confirmation_is_sent_again_once_it_is_needed(
    staff: Callable[..., Client], brand: Brand, mailoutbox: list[Any]
) -> None:
    client = staff("support")
    act(client, brand, "resend_confirmation", reason="Never came")
    assert [mail.to for mail in mailoutbox] == [["owner@acme.example"]]
    User.objects.filter(role="owner").update(email_confirmed_at=clock.now())
    assert "confirmed it already" in act(client, brand, "resend_confirmation", reason="x").content.decode()
    assert len(mailoutbox) == 1


def test_a_domain_is_claimed_with_a_reason(staff: Callable[..., Client], brand: Brand) -> None:
    act(staff("support"), brand, "claim_domain", domain="shop.acme-own.com", reason="They asked by phone")
    with public_schema():
        assert DomainClaim.objects.get().domain == "shop.acme-own.com"
    record: Any = last_audit(brand, "tenants.domain_claimed").after
    assert (record["domain"], record["reason"]) == ("shop.acme-own.com", "They asked by phone")


@pytest.mark.parametrize(
    ("role", "action", "typed"),
    [
        ("support", "claim_domain", {"domain": "shop.acme-own.com"}),
        ("platform_admin", "export", {}),
        ("platform_admin", "assign_adviser", {"staff_id": "self"}),
    ],
)
def test_a_crash_leaves_neither_act_nor_reason(
    staff: Callable[..., Client],
    person: Callable[..., User],
    brand: Brand,
    monkeypatch: pytest.MonkeyPatch,
    role: str,
    action: str,
    typed: dict[str, Any],
) -> None:
    somebody = person(role)
    client = staff(user=somebody)
    written = audit.record

    def crash(**record: Any) -> None:
        written(**record)
        raise RuntimeError("the power fails")

    monkeypatch.setattr(audit, "record", crash)
    typed = {name: somebody.pk if value == "self" else value for name, value in typed.items()}
    with pytest.raises(RuntimeError, match="power"):
        act(client, brand, action, reason="They asked", **typed)
    with public_schema():
        assert not DomainClaim.objects.exists()
        assert not BrandExport.objects.exists()
        assert not AdviserAssignment.objects.exists()
        assert not AuditRecord.objects.filter(subject=f"brand:{brand.pk}", after__reason="They asked").exists()


@pytest.mark.parametrize("action", ["export", "claim_domain"])
def test_without_a_reason_nothing_is_done(staff: Callable[..., Client], brand: Brand, action: str) -> None:
    act(staff("platform_admin"), brand, action, reason=" ", domain="shop.acme-own.com")
    with public_schema():
        assert not DomainClaim.objects.exists()
        assert not BrandExport.objects.exists()


def test_given_time_runs_and_is_taken_back(staff: Callable[..., Client], brand: Brand) -> None:
    client = staff("billing")
    act(client, brand, "give_time", plan_code="standard", days=31, reason="We were down for a day")
    with public_schema():
        period = PlanPeriod.objects.select_related("plan_version__plan").get()
    assert (period.plan_version.plan.code, (period.ends_at - period.starts_at).days) == ("standard", 31)
    assert "We were down for a day" in shown(client, brand)
    client.post(f"/console/billing/planperiod/{period.pk}/revoke/", {"reason": "Given to the wrong brand"})
    with public_schema():
        period.refresh_from_db()
    assert (period.revoked_at is not None, period.revoked_because) == (True, "Given to the wrong brand")


def test_a_dead_event_is_handled_again(staff: Callable[..., Client]) -> None:
    now = clock.now()
    with public_schema():
        message = OutboxMessage.objects.create(event="billing.stripe_event_received", payload={}, occurred_at=now)
        OutboxDelivery.objects.create(
            message=message, handler=HANDLER, state="dead", attempts=20, due_at=now, last_error="boom"
        )
        event = StripeEvent.objects.create(
            event_id="evt_1",
            type="invoice.paid",
            payload={"livemode": False},
            stripe_created_at=now,
            received_at=now,
            message_id=message.pk,
        )
    client = staff("billing")
    assert "evt_1" in client.get(f"/console/billing/stripeevent/{event.pk}/change/").content.decode()
    assert "boom" in client.get(f"/console/billing/stripeevent/{event.pk}/change/").content.decode()
    assert "evt_1" not in client.get("/console/billing/stripeevent/?state=delivered").content.decode()
    assert f"stripeevent/{event.pk}/" in client.get("/console/billing/stripeevent/?state=dead").content.decode()
    client.post(f"/console/billing/stripeevent/{event.pk}/replay/")
    with public_schema():
        event = StripeEvent.objects.with_delivery().get(pk=event.pk)
    assert (event.state, event.attempts) == ("pending", 0)


def test_without_a_key_a_change_of_plan_says_so(staff: Callable[..., Client], brand: Brand) -> None:
    answer = act(staff("billing"), brand, "change_plan", plan_code="basic", interval="year", reason="Asked")
    assert answer.status_code == 200
    assert "no subscription" in answer.content.decode()


def test_what_a_person_did_carries_the_name(
    staff: Callable[..., Client], person: Callable[..., User], brand: Brand
) -> None:
    me = person("platform_admin", name="Admin Zhao")
    act(staff(user=me), brand, "suspend", reason="Fraud")
    assert last_audit(brand, "tenants.suspended").actor_label == "Admin Zhao"
    with acting_as(people.actor_for_user(me)):
        assert "Fraud" in shown(staff("auditor"), brand)


def test_a_claim_is_checked_and_removed(staff: Callable[..., Client], brand: Brand) -> None:
    client = staff("support")
    act(client, brand, "claim_domain", domain="shop.acme-own.com", reason="They asked")
    with public_schema():
        claim = DomainClaim.objects.get()
    address = f"/console/tenants/domainclaim/{claim.pk}"
    assert client.post(f"{address}/remove/").status_code == 302
    with public_schema():
        claim.refresh_from_db()
    assert claim.state == "removed"
