"""The fake as a program: its state in a file, its control API, its clock, its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import stripe

from sandbox.stripe.fake import FakeStripe
from tests.factories.stripe_backends import StripeBackend, client_of

INFRA = Path(__file__).resolve().parents[3] / "infra"
KEY = "sk_test_of_this_test"


def control(url: str, verb: str, body: dict[str, Any] | None = None) -> Any:
    """One request to the control API; a GET without a body."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/_sandbox/{verb}", data=data), timeout=10) as answer:  # noqa: S310
        return json.loads(answer.read())


@contextmanager
def program(state: Path) -> Iterator[str]:
    """`python -m sandbox.stripe` with its state in a file; its address."""
    command = [sys.executable, "-m", "sandbox.stripe", "--port", "0", "--state", str(state), "--key", KEY]
    command += ["--webhook-url", "http://127.0.0.1:9/webhooks/stripe", "--webhook-secret", "whsec_x"]
    environment = {**os.environ, "PYTHONPATH": str(INFRA)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        process.stdout.close()


def client(url: str) -> stripe.StripeClient:
    return stripe.StripeClient(KEY, base_addresses={"api": url}, max_network_retries=2)


def test_state_survives_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "folder" / "fake.sqlite3"
    with program(state) as url:
        made = client(url).v1.customers.create({"name": "Acme"}, {"idempotency_key": "k"})
        assert abs(control(url, "state")["now"] - datetime.now(UTC).timestamp()) < 5
        control(url, "advance", {"days": 3})
        assert control(url, "state")["waiting"] == 1  # nobody listens on that port: it is tried again and again
    with program(state) as url:
        again = client(url).v1.customers.create({"name": "Acme"}, {"idempotency_key": "k"})
        assert again.id != made.id  # keys are kept for a day
        client(url).v1.customers.retrieve(made.id)
        assert control(url, "state")["now"] - datetime.now(UTC).timestamp() > 2.9 * 86_400
        control(url, "reset", {})
        assert client(url).v1.customers.list().data == []


def test_a_real_key_is_refused() -> None:
    command = [sys.executable, "-m", "sandbox.stripe", "--key", "sk_live_x"]
    environment = {**os.environ, "PYTHONPATH": str(INFRA)}
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)  # noqa: S603
    assert ended.returncode == 2
    assert "must begin with sk_test_" in ended.stderr


def test_the_control_api(fake_stripe: FakeStripe) -> None:
    url = fake_stripe.url
    client = client_of(fake_stripe, retries=0)
    fake_stripe.set_webhook_url("http://127.0.0.1:9/")
    assert control(url, "pause", {})["paused"] is True
    made = client.v1.customers.create({})
    [waiting] = control(url, "deliveries")["deliveries"]
    assert waiting["type"] == "customer.created"
    [event] = control(url, "events")["events"]
    [attempt] = control(url, "deliver", {"events": [event["id"]], "timestamp": 1})["attempts"]
    assert (attempt["status"], attempt["event"]) == (0, event["id"])
    before = control(url, "state")["now"]
    assert control(url, "advance", {"seconds": 90})["now"] == before + 90
    control(url, "faults", {"kind": "500", "times": 1, "match": "GET /v1/customers"})
    with pytest.raises(stripe.APIError):
        client.v1.customers.list()
    assert client.v1.customers.list().data[0].id == made.id
    control(url, "charges", {"customer": made.id, "outcome": "fail"})
    assert control(url, "secret", {"secret": "whsec_next"})["secret"] == fake_stripe.webhook_secret
    control(url, "secret/drop", {})
    for verb, body in (("nothing", {}), ("faults", {"kind": "rain"}), ("deliver", {"events": ["evt_none"]})):
        with pytest.raises(urllib.error.HTTPError) as caught:
            control(url, verb, body)
        caught.value.close()
    control(url, "reset", {})
    assert fake_stripe.events() == []


def test_charges_are_forced(fake_stripe: FakeStripe) -> None:
    client = client_of(fake_stripe)
    clock = client.v1.test_helpers.test_clocks.create({"frozen_time": 1_800_000_000}).id
    backend = StripeBackend("fake", client, clock, {}, fake_stripe)
    customer = backend.customer()
    fake_stripe.make_charges(customer, "fail")
    made = client.v1.subscriptions.create({"customer": customer, "items": [{"price": backend.price(100)}]})
    assert made.status == "incomplete"
    fake_stripe.make_charges(customer, "succeed")
    assert client.v1.invoices.pay(str(made.latest_invoice)).status == "paid"
    with pytest.raises(ValueError, match="outcome"):
        fake_stripe.make_charges(customer, "maybe")


def test_a_clock_takes_its_customers_with_it(fake_stripe: FakeStripe) -> None:
    v1: Any = client_of(fake_stripe).v1
    clock = v1.test_helpers.test_clocks.create({"frozen_time": 1_800_000_000, "name": "x"})
    customer = v1.customers.create({"test_clock": clock.id})
    assert customer.created == 1_800_000_000
    assert v1.customers.list().data == []
    assert [row.id for row in v1.customers.list({"test_clock": clock.id}).data] == [customer.id]
    with pytest.raises(stripe.InvalidRequestError):
        v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": 1_700_000_000})
    assert v1.test_helpers.test_clocks.delete(clock.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError):
        v1.customers.retrieve(customer.id)


def test_unknown_addresses(fake_stripe: FakeStripe) -> None:
    for path, status in (("/v1/nothing", 401), ("/nothing", 404), ("/pay/cs_test_none", 404)):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(fake_stripe.url + path, timeout=10)  # noqa: S310
        assert caught.value.code == status
        caught.value.close()
