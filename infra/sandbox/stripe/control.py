"""The control API under /_fake/: what only a fake can do. JSON in, JSON out.

| request | effect |
| --- | --- |
| GET  /_fake/ | the time, whether webhooks are paused, how many wait |
| GET  /_fake/deliveries | webhooks that wait or failed |
| GET  /_fake/events | all events, oldest first |
| POST /_fake/pause, /_fake/resume | hold webhooks back, or send what waits |
| POST /_fake/deliver `{"events": [id, …], "times": 1, "timestamp": T, "url": U}` | send these now, in this order |
| POST /_fake/advance `{"days": N}` or `{"seconds": N}` or `{"to": T}` | let time pass |
| POST /_fake/trouble `{"kind": "500", "times": M, "match": "POST /v1/…", "seconds": 30}` | the next requests fail |
| POST /_fake/charges `{"customer": id, "outcome": "fail" or "succeed" or null}` | what the customer's charges come to |
| POST /_fake/secret `{"secret": "whsec_…"}`, /_fake/secret/drop | roll the webhook secret, and end the old one |
| POST /_fake/reset | forget everything |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.stripe.errors import ApiError, Json

if TYPE_CHECKING:
    from sandbox.stripe.fake import FakeStripe


def control(fake: FakeStripe, method: str, path: str, body: Json) -> Json:
    """Do one of the above. Raises ApiError for anything else."""
    verb = path.removeprefix("/_fake").strip("/")
    act = ACTS.get((method, verb))
    if act is None:
        raise ApiError(404, f"Unknown control request: {method} {path}.")
    return act(fake, body)


def _state(fake: FakeStripe, body: Json) -> Json:
    return {"now": fake.machine.now, "paused": fake.deliverer.paused, "waiting": len(fake.deliverer.queued())}


def _pause(fake: FakeStripe, body: Json) -> Json:
    fake.pause_webhooks()
    return _state(fake, body)


def _resume(fake: FakeStripe, body: Json) -> Json:
    fake.resume_webhooks()
    return _state(fake, body)


def _deliver(fake: FakeStripe, body: Json) -> Json:
    moment = body.get("timestamp")
    at = datetime.fromtimestamp(moment, UTC) if moment is not None else None
    attempts = []
    for event in body["events"] if "events" in body else [row["event"] for row in fake.deliverer.queued()]:
        attempts += fake.deliver(event, times=int(body.get("times", 1)), at=at, url=body.get("url"))
    return {"attempts": [asdict(attempt) for attempt in attempts]}


def _advance(fake: FakeStripe, body: Json) -> Json:
    to = datetime.fromtimestamp(body["to"], UTC) if "to" in body else None
    fake.advance(days=body.get("days", 0), seconds=body.get("seconds", 0), to=to)
    return _state(fake, body)


def _trouble(fake: FakeStripe, body: Json) -> Json:
    fake.trouble.plan(
        str(body["kind"]),
        times=int(body.get("times", 1)),
        match=body.get("match", ""),
        seconds=float(body.get("seconds", 30)),
    )
    return {"planned": body}


def _charges(fake: FakeStripe, body: Json) -> Json:
    fake.make_charges(body["customer"], body.get("outcome"))
    return {"customer": body["customer"], "outcome": body.get("outcome")}


def _secret(fake: FakeStripe, body: Json) -> Json:
    return {"secret": fake.roll_webhook_secret(body.get("secret", ""))}


def _drop_secret(fake: FakeStripe, body: Json) -> Json:
    fake.drop_old_secrets()
    return _state(fake, body)


def _reset(fake: FakeStripe, body: Json) -> Json:
    fake.reset()
    return _state(fake, body)


ACTS: dict[tuple[str, str], Callable[[FakeStripe, Json], Json]] = {
    ("GET", ""): _state,
    ("GET", "deliveries"): lambda fake, body: {"deliveries": fake.deliverer.queued()},
    ("GET", "events"): lambda fake, body: {"events": fake.events()},
    ("POST", "pause"): _pause,
    ("POST", "resume"): _resume,
    ("POST", "deliver"): _deliver,
    ("POST", "advance"): _advance,
    ("POST", "trouble"): _trouble,
    ("POST", "charges"): _charges,
    ("POST", "secret"): _secret,
    ("POST", "secret/drop"): _drop_secret,
    ("POST", "reset"): _reset,
}
