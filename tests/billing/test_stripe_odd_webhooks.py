"""Webhooks that are signed and odd: stored first all the same, and never our mistake."""

import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from sandbox.stripe.fake import FakeStripe
from tests.billing.stripe_payer import Payer, handle_webhooks, inbox_rows, post_webhook

pytestmark = pytest.mark.django_db


def plain_event(**given: Any) -> dict[str, Any]:
    about = {"id": "cus_nobody", "object": "customer"}
    usual = {"id": "evt_1", "object": "event", "type": "customer.updated", "created": 1, "livemode": False}
    return {**usual, "data": {"object": about}, **given}


def post_signed(fake: FakeStripe, body: str) -> int:
    """The status of the answer to these very letters, signed."""
    stamp = int(time.time())
    digest = hmac.new(fake.webhook_secret.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return int(post_webhook(body, f"t={stamp},v1={digest}").status_code)


ODD: list[dict[str, Any]] = [
    {"id": None},
    {"id": 7},
    {"id": "x" * 5_000},
    {"id": "evt_\x00"},
    {"id": ["evt"]},
    {"type": None},
    {"type": "x" * 5_000},
    {"type": "a\x00b"},
    {"type": {"a": 1}},
    {"created": None},
    {"created": "x"},
    {"created": 1e20},
    {"created": -1e15},
    {"created": float("nan")},
    {"created": True},
    {"livemode": "x"},
    {"data": {"object": {}}},
    {"data": {"object": {"id": "x" * 5_000, "object": "subscription", "customer": "y" * 5_000}}},
    {"data": {"object": {"id": "sub_1", "customer": {"id": "cus_\x00"}}}},
    {"data": {"object": {"id": 1, "customer": [1]}}},
    {"note": "typed \x00 by somebody"},
    {"note": "half \ud83d"},
    {"\x00": {"\udfff": ["\x00", float("inf")]}},
    {"deep": json.loads("[" * 200 + "]" * 200)},
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:40])
def test_what_is_signed_is_stored_however_odd(payer: Payer, fake: FakeStripe, odd: dict[str, Any]) -> None:
    body = json.dumps(plain_event(**{"type": "customer.subscription.updated", **odd}))
    assert [post_signed(fake, body) for _time in range(2)] == [200, 200]
    (row,) = inbox_rows()
    assert handle_webhooks() == 1
    assert inbox_rows()[0].state == "delivered"
    assert row.event_id


@pytest.mark.parametrize("body", ["[" * 100_000, "{}", "[]", "null", '"evt_1"', '{"object": "event"}', "\ufffe", ""])
def test_what_is_no_event_is_refused_even_if_signed(payer: Payer, fake: FakeStripe, body: str) -> None:
    assert post_signed(fake, body) == 400
    assert inbox_rows() == []
