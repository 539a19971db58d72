"""Test Stripe's webhooks: signature, single storage, delivery by the outbox, visible failures."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from kernel.core import clock
from kernel.events import due, due_set, outbox
from kernel.events.due_set import Entry
from kernel.models import AuditRecord, OutboxDelivery, OutboxMessage
from kernel.tenancy.context import public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.models import StripeEvent, Subscription
from shared_apps.billing.services import gateway, inbox
from shared_apps.tenants.models import Brand
from tests.billing.stripe_payer import Payer, deliver_public, handle_webhooks, inbox_rows, pay, post_webhook

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]


@pytest.fixture
def event(payer: Payer, fake: FakeStripe) -> dict[str, Any]:
    """Return Stripe's event of a new subscription, which the mirror does not have yet."""
    pay(payer.start_checkout("standard"))
    return fake.events("customer.subscription.created")[0]


def later(seconds: float) -> datetime:
    return datetime.fromtimestamp(time.time() + seconds, UTC)


def plain_event(**given: Any) -> dict[str, Any]:
    about = {"id": "cus_nobody", "object": "customer"}
    usual = {"id": "evt_1", "object": "event", "type": "customer.updated", "created": 1, "livemode": False}
    return {**usual, "data": {"object": about}, **given}


# --- what is believed ------------------------------------------------------------------------------------------------


def test_a_webhook_is_stored_then_handled_by_fetching(payer: Payer, event: dict[str, Any], webhook: Post) -> None:
    assert webhook(event).status_code == 200
    (row,) = inbox_rows()
    assert (row.event_id, row.type, row.state) == (event["id"], "customer.subscription.created", "pending")
    assert row.object_id == event["data"]["object"]["id"]
    assert row.customer_id == payer.customer_id
    assert deliver_public()
    assert payer.subscription.status == "active"
    assert payer.state == "active"
    (row,) = inbox_rows()
    assert (row.state, row.note, row.attempts) == ("delivered", "", 1)


def test_a_replayed_webhook_is_answered_and_stored_once(event: dict[str, Any], webhook: Post) -> None:
    assert {webhook(event).status_code for _time in range(5)} == {200}
    assert len(inbox_rows()) == 1
    assert handle_webhooks() == 1
    assert handle_webhooks() == 0
    assert webhook(event).status_code == 200
    assert inbox_rows()[0].state == "delivered"
    with public_schema():
        assert OutboxMessage.objects.filter(event="billing.stripe_event_received").count() == 1


@pytest.mark.parametrize(
    "header",
    ["", "nonsense", "t=1", "v1=00", "t=x,v1=y", "t=1,v1=é", f"t={int(time.time())},v1={'0' * 64}", "t=" + "9" * 5_000],
    ids=["empty", "nonsense", "time_only", "signature_only", "no_time", "no_ascii", "wrong", "endless"],
)
def test_a_forged_webhook_is_refused(event: dict[str, Any], fake: FakeStripe, header: str) -> None:
    body, _right = fake.signed(event)
    assert post_webhook(body, header).status_code == 400
    assert inbox_rows() == []


def test_a_body_that_was_altered_is_refused(event: dict[str, Any], fake: FakeStripe) -> None:
    body, header = fake.signed(event)
    assert post_webhook(body.replace('"active"', '"canceled"'), header).status_code == 400
    assert post_webhook(body + " ", header).status_code == 400
    assert post_webhook(b"\xff\xfe" + body.encode(), header).status_code == 400
    assert inbox_rows() == []


@pytest.mark.parametrize(
    ("seconds", "status"), [(-301, 400), (-295, 200), (0, 200), (295, 200), (301.9, 400), (86_400, 400)]
)
def test_a_signature_holds_for_five_minutes_both_ways(
    event: dict[str, Any], webhook: Post, seconds: float, status: int
) -> None:
    assert webhook(event, at=later(seconds)).status_code == status
    assert len(inbox_rows()) == (status == 200)


def test_two_secrets_hold_while_one_is_rolled(event: dict[str, Any], webhook: Post, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", "whsec_old"]
    assert webhook(event, secrets=["whsec_old"]).status_code == 200
    assert webhook(event, secrets=["whsec_new"]).status_code == 200
    assert webhook(event, secrets=["whsec_new", "whsec_unknown"]).status_code == 200
    assert webhook(event, secrets=["whsec_unknown"]).status_code == 400
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new"]
    assert webhook(event, secrets=["whsec_old"]).status_code == 400


def test_a_body_above_a_megabyte_is_not_even_read(fake: FakeStripe) -> None:
    body, header = fake.signed(plain_event(padding="x" * inbox.MAX_BODY))
    assert post_webhook(body, header).status_code == 413
    assert inbox_rows() == []


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b'{"object":"v2.core.event"}', b'{"id":"evt_1"}', b"x"])
def test_what_is_no_event_is_refused_though_it_is_signed(fake: FakeStripe, body: bytes) -> None:
    text = body.decode()
    stamp = int(time.time())
    right = hmac.new(fake.webhook_secret.encode(), f"{stamp}.{text}".encode(), hashlib.sha256).hexdigest()
    assert post_webhook(body, f"t={stamp},v1={right}").status_code == 400
    assert inbox_rows() == []


def test_only_posts_on_the_platforms_host_are_heard(event: dict[str, Any], fake: FakeStripe, brand: Brand) -> None:
    body, header = fake.signed(event)
    headers = {"stripe-signature": header}
    assert Client(headers={"host": "localhost"}).get("/webhooks/stripe").status_code == 405
    elsewhere = Client(headers={"host": f"{brand.slug}.localhost"})
    answer = elsewhere.post("/webhooks/stripe", body, content_type="application/json", headers=headers)
    assert answer.status_code in {402, 404}  # a brand that is not paid for answers everything so
    assert inbox_rows() == []


def test_stripe_needs_no_form_token(event: dict[str, Any], fake: FakeStripe) -> None:
    body, header = fake.signed(event)
    strict = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)
    answer = strict.post(
        "/webhooks/stripe", body, content_type="application/json", headers={"stripe-signature": header}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("missing", ["STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRETS"])
def test_without_a_secret_or_a_key_nothing_is_believed(
    event: dict[str, Any], webhook: Post, settings: Settings, missing: str
) -> None:
    setattr(settings, missing, "" if missing == "STRIPE_API_KEY" else [])
    assert webhook(event).status_code == 503
    assert inbox_rows() == []


# --- what is done ----------------------------------------------------------------------------------------------------


def note_of(webhook: Post, event: dict[str, Any]) -> tuple[str, str]:
    assert webhook(event).status_code == 200
    handle_webhooks()
    row = inbox_rows()[-1]
    return row.state, row.note


def test_what_is_not_ours_is_kept_with_a_note(payer: Payer, webhook: Post) -> None:
    stranger = {"id": "sub_1", "object": "subscription", "customer": "cus_stranger"}
    event = plain_event(type="customer.subscription.updated", data={"object": stranger})
    assert note_of(webhook, event) == ("delivered", "It belongs to a customer of another platform.")
    assert note_of(webhook, plain_event(id="evt_2", type="price.created")) == (
        "delivered",
        "Nothing to do for this kind.",
    )


def test_the_other_mode_is_ignored(payer: Payer, event: dict[str, Any], webhook: Post) -> None:
    """A key for tests knows nothing of real money, and the other way round."""
    state, note = note_of(webhook, {**event, "livemode": True})
    assert state == "delivered"
    assert note.startswith("Of the other mode")
    with pytest.raises(AssertionError):
        _ = payer.subscription


def test_an_invoice_that_is_gone_is_noted(payer: Payer, webhook: Post) -> None:
    payer.start_checkout()
    about = {"id": "in_gone", "object": "invoice", "customer": payer.customer_id}
    event = plain_event(type="invoice.updated", data={"object": about})
    assert note_of(webhook, event) == ("delivered", "It no longer exists at Stripe.")
    upcoming = plain_event(id="evt_2", type="invoice.upcoming", data={"object": {**about, "id": None}})
    assert note_of(webhook, upcoming) == ("delivered", "An invoice that is only announced.")


def test_every_event_of_a_life_is_handled(payer: Payer, fake: FakeStripe, webhook: Post) -> None:
    """Nothing the fake ever sends fails, in the order in which it is sent."""
    pay(payer.start_checkout("standard"))
    payer.advance(days=70)
    for one in fake.events():
        assert webhook(one).status_code == 200
    handle_webhooks()
    assert {row.state for row in inbox_rows()} == {"delivered"}
    assert payer.subscription.status == "active"


# --- what fails ------------------------------------------------------------------------------------------------------


def test_what_fails_is_tried_again_then_given_up_in_sight(
    payer: Payer, event: dict[str, Any], webhook: Post, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook(event)
    base = settings.STRIPE_API_BASE
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    for attempt in range(1, outbox.MAX_ATTEMPTS + 1):
        deliver_public()
        deliver_public()  # not due
        (row,) = inbox_rows()
        assert (row.attempts, row.handled_at) == (attempt, None)
        assert row.state == ("dead" if attempt == outbox.MAX_ATTEMPTS else "pending")
        assert "PaymentServiceUnavailable" in row.last_error
        moment = row.due_at
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
    assert moment - row.received_at > timedelta(hours=36)  # a weekend's outage is sat out, nearly
    settings.STRIPE_API_BASE = base
    deliver_public()
    assert inbox_rows()[0].handled_at is None
    inbox.replay_event(event_id=row.event_id)
    deliver_public()
    assert payer.subscription.status == "active"
    (row,) = inbox_rows()
    assert (row.state, row.attempts, row.last_error) == ("delivered", 1, "")


def test_what_was_handled_is_handled_again_on_demand(payer: Payer, event: dict[str, Any], webhook: Post) -> None:
    webhook(event)
    deliver_public()
    with public_schema():
        Subscription.objects.update(status="past_due")
        inbox.replay_event(event_id=event["id"])
    assert inbox_rows()[0].state == "pending"
    deliver_public()
    assert (inbox_rows()[0].state, payer.subscription.status) == ("delivered", "active")


def test_a_replay_does_without_the_first_message(payer: Payer, event: dict[str, Any], webhook: Post) -> None:
    """The outbox forgets what was delivered; an event that was not handled for good stays."""
    webhook(event)
    deliver_public()
    with public_schema():
        OutboxDelivery.objects.all().delete()
        OutboxMessage.objects.all().delete()
    inbox.replay_event(event_id=event["id"])
    assert inbox_rows()[0].state == "pending"
    deliver_public()
    assert (inbox_rows()[0].state, inbox_rows()[0].attempts) == ("delivered", 1)


def test_a_replay_of_nothing_is_refused(payer: Payer) -> None:
    with pytest.raises(inbox.EventNotFound):
        inbox.replay_event(event_id="evt_nobody")


def test_a_replay_is_written_down(payer: Payer, event: dict[str, Any], webhook: Post) -> None:
    webhook(event)
    inbox.replay_event(event_id=event["id"])
    with public_schema():
        assert AuditRecord.objects.filter(action="billing.event_replayed", subject=f"brand:{payer.brand.pk}").exists()


def test_old_ones_are_forgotten_but_not_what_was_given_up(payer: Payer) -> None:
    now = clock.now()
    old = {"type": "x", "payload": {}, "stripe_created_at": now, "received_at": now}
    with public_schema():
        for number, days in enumerate([31, 29, None]):
            handled = None if days is None else now - timedelta(days=days)
            StripeEvent.objects.create(event_id=f"evt_{number}", handled_at=handled, **old)
    assert inbox.prune_inbox(now=now) == 1
    assert [row.event_id for row in inbox_rows()] == ["evt_1", "evt_2"]


def test_a_webhook_needs_no_broker(
    event: dict[str, Any], webhook: Post, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_given: Any, **_named: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr("kernel.events.due.celery.send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        assert webhook(event).status_code == 200
    assert Entry(outbox.WORK, "public") in due_set.claim(now=clock.now().timestamp())


def test_a_webhook_is_handled_on_commit(
    event: dict[str, Any], webhook: Post, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(due, "send", lambda kind, entries: sent.append((kind.name, [one.schema for one in entries])))
    with django_capture_on_commit_callbacks(execute=True):
        webhook(event)
    assert sent == [(outbox.WORK, ["public"])]


def test_the_key_tells_its_mode(settings: Settings) -> None:
    for key, live in [("sk_live_1", True), ("rk_live_1", True), ("sk_test_1", False), ("", False)]:
        settings.STRIPE_API_KEY = key
        assert gateway.is_live() is live
    assert json.dumps(plain_event())
