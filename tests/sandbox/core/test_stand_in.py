"""A stand-in made of nothing but the shared parts: time, webhooks, faults, journal, control."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.core.errors import Json, RefusalError
from sandbox.core.signing import hmac_sha256
from sandbox.core.stand_in import StandIn
from sandbox.core.store import Session
from sandbox.core.web import MAX_BODY, Request, Response, json_response
from sandbox.core.webhooks import Webhook, enqueue

START = datetime(2026, 11, 30, tzinfo=UTC)


class Courier(StandIn):
    """Takes parcels and says a day later that they were delivered."""

    name = "Courier"

    def __init__(self, receiver: str = "", **given: Any) -> None:
        super().__init__(now=START, **given)
        self.receiver = receiver

    def answer(self, request: Request) -> Response:
        if request.path != "/parcels":
            return json_response(404, {})
        with self.store.transaction() as session:
            parcel = session.add("parcel", {"id": request.query, "due": self.clock.now(session) + 86_400})
        return json_response(200, parcel)

    def failure(self, status: int) -> Response:
        return json_response(status, {"courier": "is ill"})

    def compose_webhook(self, session: Session, delivery: Json) -> Webhook | None:
        if session.find("parcel", delivery["parcel"]) is None:
            return None
        return Webhook(self.receiver, delivery["parcel"], {"Signature": hmac_sha256("secret", delivery["parcel"])})

    def note_delivered(self, session: Session, delivery: Json) -> None:
        parcel = session.find("parcel", delivery["parcel"])
        assert parcel is not None
        parcel["told"] = True

    def let_happen(self, session: Session, since: int, until: int) -> None:
        for parcel in session.rows("parcel"):
            if since < parcel["due"] <= until:
                enqueue(session, f"dlv_{parcel['id']}", parcel=parcel["id"])

    def start_over(self) -> None:
        """Nothing to make."""


@pytest.fixture
def courier() -> Iterator[Courier]:
    with Courier() as made:
        yield made


def ask(stand_in: StandIn, line: str, body: str = "", **headers: str) -> tuple[int, str]:
    method, _, path = line.partition(" ")
    with closing(http.client.HTTPConnection(stand_in.url.removeprefix("http://"), timeout=5)) as connection:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def control(stand_in: StandIn, line: str, body: Json | None = None, **headers: str) -> tuple[int, Json]:
    method, _, verb = line.partition(" ")
    status, text = ask(stand_in, f"{method} /_sandbox/{verb}", json.dumps(body or {}), **headers)
    return status, json.loads(text)


def test_time_stands_still_until_it_is_advanced(courier: Courier) -> None:
    assert courier.now == START
    assert courier.advance(hours=1) == courier.now == START + timedelta(hours=1)
    with pytest.raises(RefusalError):
        courier.advance(to=START)
    courier.reset()
    assert courier.now == START + timedelta(hours=1)


def test_a_webhook_follows_what_became_due_and_is_signed() -> None:
    got = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.rfile.read(int(self.headers["Content-Length"])).decode(), self.headers["Signature"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        with Courier(f"http://127.0.0.1:{server.server_address[1]}/") as courier:
            ask(courier, "POST /parcels?7")
            courier.advance(hours=23)
            assert courier.webhooks.waiting() == []
            courier.advance(hours=1)
            deadline = time.monotonic() + 60
            while courier.webhooks.waiting() and time.monotonic() < deadline:
                time.sleep(0.02)
            assert got == [("7", hmac_sha256("secret", "7"))]
            with courier.store.transaction() as session:
                assert session.rows("parcel", told=True)
            assert [(entry.direction, entry.status) for entry in courier.journal.entries()] == [
                ("in", 200),
                ("out", 204),
            ]
        server.shutdown()


def test_what_has_nothing_left_to_say_is_dropped(courier: Courier) -> None:
    courier.pause_webhooks()
    ask(courier, "POST /parcels?7")
    courier.advance(days=2)
    assert [row["parcel"] for row in courier.webhooks.waiting()] == ["7"]
    with courier.store.transaction() as session:
        session.remove("parcel", "7")
    courier.resume_webhooks()
    deadline = time.monotonic() + 60
    while courier.webhooks.waiting() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert courier.webhooks.waiting() == []


@pytest.mark.parametrize(
    ("kind", "status", "made"),
    [
        ("500", 500, 0),
        ("429", 429, 0),
        ("break", None, 0),
        ("timeout", None, 0),
        ("500_after", 500, 1),
        ("break_after", None, 1),
    ],
)
def test_faults_to_order(courier: Courier, kind: str, status: int | None, made: int) -> None:
    courier.faults.order(kind, match="POST /parcels", seconds=0.01)
    assert ask(courier, "GET /elsewhere")[0] == 404
    if status is None:
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            ask(courier, "POST /parcels?7")
    else:
        assert ask(courier, "POST /parcels?7")[0] == status
    with courier.store.transaction() as session:
        assert len(session.rows("parcel")) == made
    assert [entry.note for entry in courier.journal.entries()] == ["", kind]
    assert ask(courier, "POST /parcels?8")[0] == 200


def test_the_control_api(courier: Courier) -> None:
    assert control(courier, "GET state")[1] == {"now": int(START.timestamp()), "paused": False, "waiting": 0}
    assert control(courier, "POST pause")[1]["paused"] is True
    assert control(courier, "POST advance", {"days": 1})[1]["now"] == int(START.timestamp()) + 86_400
    assert control(courier, "POST faults", {"kind": "500"})[0] == 200
    assert ask(courier, "POST /parcels?<7>")[0] == 500
    [entry] = control(courier, "GET journal")[1]["entries"]
    assert (entry["line"], entry["status"], entry["note"]) == ("POST /parcels?<7>", 500, "500")
    assert control(courier, "POST reset")[0] == 200
    assert control(courier, "GET journal")[1] == {"entries": []}


@pytest.mark.parametrize(
    ("line", "body", "status"),
    [
        ("GET nothing", {}, 404),
        ("POST state", {}, 404),
        ("POST faults", {"kind": "rain"}, 400),
        ("POST faults", {}, 400),
        ("POST advance", {"to": 1}, 400),
    ],
)
def test_control_requests_that_are_refused(courier: Courier, line: str, body: Json, status: int) -> None:
    assert control(courier, line, body)[0] == status


def test_the_page_shows_what_came_and_takes_its_own_forms(courier: Courier) -> None:
    ask(courier, "POST /parcels?<7>", "weight=<b>2</b>")
    status, page = ask(courier, "GET /_sandbox/")
    assert status == 200
    assert "POST /parcels?&lt;7&gt;" in page
    assert "<b>2</b>" not in page
    form = urlencode({"kind": "500", "times": "1", "match": "POST /"})
    assert ask(courier, "POST /_sandbox/faults", form, Origin=courier.url)[0] == 303
    assert ask(courier, "POST /parcels?8")[0] == 500


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}])
def test_the_control_api_answers_no_other_page(courier: Courier, headers: dict[str, str]) -> None:
    assert control(courier, "POST reset", None, **headers)[0] == 403


def test_a_body_that_is_too_large_is_refused_before_it_is_read(courier: Courier) -> None:
    with closing(http.client.HTTPConnection(courier.url.removeprefix("http://"), timeout=5)) as connection:
        connection.putrequest("POST", "/parcels?7")
        connection.putheader("Content-Length", str(MAX_BODY + 1))
        connection.endheaders()
        assert connection.getresponse().status == 413
