"""Stripe's webhooks: an event as the body, signed with each secret of its endpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from sandbox.core.errors import Json
from sandbox.core.signing import hmac_sha256
from sandbox.core.store import Session
from sandbox.core.webhooks import KIND, Webhook
from sandbox.stripe.errors import missing
from sandbox.stripe.work import public

OWN_ENDPOINT = "we_fake"  # the endpoint given at the start
UNKNOWN_SECRET = "whsec_none"  # noqa: S105 - signs what goes to an address that is no endpoint


def sign(body: str, secrets: Sequence[str], timestamp: int) -> str:
    """The `Stripe-Signature` header: one `v1` for each secret that is valid while one is rolled."""
    signatures = [hmac_sha256(secret, f"{timestamp}.{body}") for secret in secrets]
    return ",".join([f"t={timestamp}", *[f"v1={signature}" for signature in signatures]])


def body_of(event: Json) -> str:
    """The body that is signed and sent."""
    return json.dumps(public(event), ensure_ascii=False, indent=2)


def webhook(event: Json, url: str, secrets: Sequence[str], timestamp: int | None = None) -> Webhook:
    """An event for an address, signed at a moment (now)."""
    body = body_of(event)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": sign(body, secrets, int(time.time()) if timestamp is None else timestamp),
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    return Webhook(url, body, headers)


def compose(session: Session, delivery: Json) -> Webhook | None:
    """The webhook of a queued delivery; None where its event or endpoint is gone."""
    event = session.find("event", delivery["event"])
    endpoint = session.find("webhook_endpoint", delivery["endpoint"])
    return webhook(event, endpoint["url"], endpoint["_secrets"]) if event and endpoint else None


def note_delivered(session: Session, delivery: Json) -> None:
    """Count down the endpoints that the event waits for."""
    if event := session.find("event", delivery["event"]):
        event["pending_webhooks"] -= 1


def take_from_queue(session: Session, identifier: str, url: str | None) -> tuple[Json, list[tuple[str, list[str]]]]:
    """Take an event out of the queue; returns it with addresses and secrets: every enabled endpoint's, or `url` alone.

    Raises ApiError for an unknown event.
    """
    event = session.find("event", identifier)
    if event is None:
        raise missing("event", identifier, "id")
    endpoints = session.rows("webhook_endpoint", status="enabled")
    targets = [(row["url"], row["_secrets"]) for row in endpoints]
    if url is not None:
        own = [row["_secrets"] for row in endpoints if row["url"] == url or row["id"] == OWN_ENDPOINT]
        targets = [(url, own[0] if own else [UNKNOWN_SECRET])]
    for delivery in session.rows(KIND, event=identifier):
        session.remove(KIND, delivery["id"])
    return event, targets
