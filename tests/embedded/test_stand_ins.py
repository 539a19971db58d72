"""`make run` brings stand-ins of its own, unless it is given keys for the real ones."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from embedded.stand_ins import Keys, stand_ins_for
from tests.factories.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Checkout

# The preparation tells what it was given and speaks to the fake; then it fails, so that the run ends.
MANAGE = """
import os, sys, urllib.request
base = os.environ.get("STRIPE_API_BASE", "")
print("key", os.environ.get("STRIPE_API_KEY", "")[:8], "secrets", os.environ.get("STRIPE_WEBHOOK_SECRETS", "")[:6])
if base:
    print("state", urllib.request.urlopen(base + "/_sandbox/state").read().decode().replace("\\n", ""))
    asked = urllib.request.Request(base + "/v1/webhook_endpoints")
    asked.add_header("Authorization", "Bearer " + os.environ["STRIPE_API_KEY"])
    print("endpoints", urllib.request.urlopen(asked).read().decode().replace("\\n", ""))
sys.exit("that is all")
"""


def test_a_run_starts_the_fake_before_the_preparation(checkout: Checkout) -> None:
    (checkout.folder / "manage.py").write_text(MANAGE)
    port = free_port()
    code, output = checkout.run("-m", "embedded", "run", PORT=str(port))
    assert code == 1
    assert "prepare | key sk_test_ secrets whsec_" in output
    assert '"paused": false' in output
    assert f'"url": "http://localhost:{port}/webhooks/stripe"' in output
    kept = json.loads((checkout.locations.local / "sandbox" / "stripe.json").read_text())
    with closing(socket.socket()) as asking:
        assert asking.connect_ex(("127.0.0.1", kept["port"])) != 0  # it ended with the run


def test_a_run_with_a_key_starts_no_fake(checkout: Checkout) -> None:
    (checkout.folder / "manage.py").write_text(MANAGE)
    _, output = checkout.run("-m", "embedded", "run", PORT=str(free_port()), STRIPE_API_KEY="sk_test_given")
    assert "prepare | key sk_test_ secrets\n" in output
    assert "stripe  |" not in output


def test_keys_and_port_are_kept_over_runs(tmp_path: Path) -> None:
    path = tmp_path / "sandbox" / "stripe.json"
    first = Keys.keep(path)
    assert Keys.keep(path) == first
    assert path.stat().st_mode & 0o077 == 0
    with closing(socket.create_server(("127.0.0.1", first.port))):
        moved = Keys.keep(path)
    assert (moved.key, moved.webhook_secret) == (first.key, first.webhook_secret)
    assert moved.port != first.port
    path.write_text("{")
    assert Keys.keep(path).key != first.key


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ({}, ["stripe", "couriers"]),
        ({"STRIPE_API_KEY": " "}, ["stripe", "couriers"]),
        ({"STRIPE_API_KEY": "sk_live_x"}, ["couriers"]),
        ({"STRIPE_API_BASE": "http://127.0.0.1:1", "KDNIAO_API_BASE": "http://127.0.0.1:1"}, []),
    ],
)
def test_a_stand_in_runs_only_where_nobody_named_the_real_one(
    tmp_path: Path, environment: dict[str, str], names: list[str]
) -> None:
    assert [made.name for made in stand_ins_for(environment, tmp_path, "8000")] == names
