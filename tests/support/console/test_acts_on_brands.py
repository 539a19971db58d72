"""Test staff's acts on brands: each needs a reason and is in the brand's timeline."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kernel.core import audit, clock
from kernel.events import queue
from kernel.models import AuditRecord, OutboxDelivery, OutboxMessage
from kernel.tenancy.actors import acting_as
from kernel.tenancy.context import public_schema
from shared_apps.accounts import selectors as people
from shared_apps.accounts.models import User
from shared_apps.billing.models import OfflinePayment, Plan, PlanPeriod, PlanVersion, StripeEvent
from shared_apps.billing.models.inbox import HANDLER
from shared_apps.billing.states import PaymentState
from shared_apps.support.models import AccessGrant, AdviserAssignment, Announcement, BrandNote, FollowUp
from shared_apps.support.states import GrantKind
from shared_apps.tenants import tasks
from shared_apps.tenants.models import Brand, BrandArchive, BrandExport, BrandMove, DomainClaim

pytestmark = pytest.mark.django_db

PAGE = "/console/tenants/brand/"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def act(client: Client, brand: Brand, name: str, **fields: Any) -> Any:
    return client.post(f"{PAGE}{brand.pk}/{name}/", fields)


def shown(client: Client, brand: Brand) -> str:
    return client.get(f"{PAGE}{brand.pk}/change/").content.decode()


def last_audit(brand: Brand, action: str) -> AuditRecord:
    with public_schema():
        return AuditRecord.objects.filter(subject=f"brand:{brand.pk}", action=action).order_by("-id")[0]


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


def record(client: Client, brand: Brand, **given: Any) -> Any:
    usual = {
        "plan_code": "basic",
        "interval": "year",
        "periods": 1,
        "amount": "3600.00",
        "payer": "Acme Ltd.",
        "bank_reference": "ICBC-1",
        "received_on": clock.business_date(clock.now()).isoformat(),
        "note": "As agreed",
        "proof": SimpleUploadedFile("slip.pdf", PDF, content_type="application/pdf"),
    }
    return act(client, brand, "record_transfer", **(usual | given))


def test_a_transfer_is_recorded_with_its_proof_and_reversed(staff: Callable[..., Client], brand: Brand) -> None:
    client = staff("billing")
    assert record(client, brand).status_code == 302
    with public_schema():
        payment = OfflinePayment.objects.get()
    assert payment.state == PaymentState.APPROVED
    proof = client.get(f"/console/billing/offlinepayment/{payment.pk}/proof/")
    assert (proof.status_code, proof.headers["content-type"]) == (200, "application/pdf")
    assert proof.headers["content-disposition"].startswith("attachment")
    assert proof.getvalue() == PDF
    client.post(f"/console/billing/offlinepayment/{payment.pk}/reverse/", {"reason": "Bounced"})
    with public_schema():
        payment.refresh_from_db()
    assert (payment.state, payment.decision_reason) == (PaymentState.REVERSED, "Bounced")


def test_a_large_transfer_takes_two(staff: Callable[..., Client], brand: Brand) -> None:
    first = staff("billing")
    second = staff("billing")
    record(first, brand, plan_code="premium", periods=3, amount="59400.00")
    with public_schema():
        payment = OfflinePayment.objects.get()
    assert payment.state == PaymentState.AWAITING_APPROVAL
    address = f"/console/billing/offlinepayment/{payment.pk}/approve/"
    assert first.post(address).status_code == 200  # the dialog again: another person must do it
    assert second.post(address).status_code == 302
    with public_schema():
        payment.refresh_from_db()
    assert payment.state == PaymentState.APPROVED


def test_a_transfer_without_a_proof_is_refused(staff: Callable[..., Client], brand: Brand) -> None:
    record(staff("billing"), brand, proof="")
    with public_schema():
        assert not OfflinePayment.objects.exists()


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
