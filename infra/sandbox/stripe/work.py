"""One call's work: the objects, the clock, and the events that follow from changes."""

from __future__ import annotations

import copy
import secrets
import string
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sandbox.core.errors import Json
from sandbox.core.store import Session
from sandbox.core.webhooks import enqueue
from sandbox.stripe.errors import ApiError, missing

API_VERSION = "2026-10-28.endive"  # the version SDK 16.1 is written for
ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """An identifier that looks like Stripe's."""
    return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(length))}"


@dataclass
class Account:
    """Settings of a Stripe account, as its owner makes them in the dashboard."""

    base_url: str = ""
    payment_method_types: tuple[str, ...] = ("card", "alipay", "wechat_pay")
    retry_days: tuple[int, ...] = (3, 5, 7)  # after a failed renewal
    after_retries: str = "canceled"  # or `unpaid`, `past_due`, `paused`
    permissions: frozenset[str] | None = None  # of the key, where it is a restricted one
    draft_seconds: int = 3600  # a renewal's invoice can be changed for an hour
    upcoming_days: int = 7
    country: str = "HK"  # Stripe opens no account for a business in mainland China
    name: str = "Banyan (test)"


@dataclass
class Request:
    """Identifiers of the request, for the events it causes."""

    id: str | None = None
    idempotency_key: str | None = None


@dataclass
class Work:
    """The unit of work that every operation gets."""

    session: Session
    account: Account
    wall: int  # the account's own time; customers on a test clock live in that clock's
    request: Request = field(default_factory=Request)
    emitted: list[Json] = field(default_factory=list)

    def now(self, clock: str | None = None) -> int:
        """The time, by a test clock or the account's own."""
        if clock is None:
            return self.wall
        return int(self.get("test_helpers.test_clock", clock)["frozen_time"])

    def now_of(self, thing: Json) -> int:
        """The time in which this object lives."""
        return self.now(thing.get("test_clock") or thing.get("_clock"))

    def get(self, kind: str, identifier: str, param: str = "id") -> Json:
        """The object. Raises ApiError `resource_missing`; `param` names the parameter that carried the id."""
        found = self.session.find(kind, identifier)
        if found is None or (found.get("deleted") and param != "id"):
            raise missing(kind, identifier, param)
        return found

    def find(self, kind: str, identifier: str | None) -> Json | None:
        """The object, or None."""
        return self.session.find(kind, identifier) if identifier else None

    def rows(self, kind: str, **equal: object) -> list[Json]:
        """The objects with these values, oldest first."""
        return self.session.rows(kind, **equal)

    def add(self, kind: str, thing: Json) -> Json:
        """Keep a new object."""
        return self.session.add(kind, thing)

    def emit(self, name: str, thing: Json, previous: Json | None = None) -> Json:
        """Record an event and queue it for every endpoint that wants it."""
        data: Json = {"object": public(thing)}
        if previous is not None:
            data["previous_attributes"] = previous
        event: Json = {
            "id": new_id("evt"),
            "object": "event",
            "account": None,
            "api_version": API_VERSION,
            "context": None,
            "created": self.now_of(thing),
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": self.request.id, "idempotency_key": self.request.idempotency_key},
            "type": name,
        }
        del event["account"], event["context"]  # only on events of connected accounts
        self.add("event", event)
        for endpoint in self.rows("webhook_endpoint", status="enabled"):
            if not endpoint.get("deleted") and {"*", name} & set(endpoint["enabled_events"]):
                event["pending_webhooks"] += 1
                enqueue(self.session, new_id("dlv"), event=event["id"], type=name, endpoint=endpoint["id"])
        self.emitted.append(event)
        return event

    @contextmanager
    def changing(self, thing: Json, event: str) -> Iterator[Json]:
        """Emit the event where the block changed the object, with the values from before."""
        before = copy.deepcopy(public(thing))
        yield thing
        if previous := difference(before, public(thing)):
            self.emit(event, thing, previous)


def public(thing: Json) -> Json:
    """A copy without the fake's own notes, whose names begin with `_`."""
    return {name: _public(value) for name, value in thing.items() if not name.startswith("_")}


def _public(value: object) -> object:
    if isinstance(value, dict):
        return public(value)
    return [_public(part) for part in value] if isinstance(value, list) else value


def difference(before: Json, after: Json) -> Json:
    """The previous values of what changed, nested objects by their changed parts, as Stripe sends them."""
    changed: Json = {}
    for name in {**before, **after}:
        old = before.get(name)
        new = after.get(name)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict) and new.get("object") is None:
            changed[name] = difference(old, new)
        else:
            changed[name] = old
    return changed


def fill(thing: Json, params: Json) -> None:
    """Set fields by parameters, where an empty string unsets."""
    for name, value in params.items():
        thing[name] = None if value == "" else value


def merge_metadata(thing: Json, metadata: object) -> None:
    """Stripe's rule: keys are added, an empty value removes one, an empty string removes all."""
    if metadata == "":
        thing["metadata"] = {}
    elif isinstance(metadata, dict):
        for key, value in metadata.items():
            _check_metadata(key, value)
        merged = {**(thing.get("metadata") or {}), **metadata}
        thing["metadata"] = {key: value for key, value in merged.items() if value != ""}
        if len(thing["metadata"]) > 50:
            raise ApiError(400, "Metadata can have up to 50 keys.", param="metadata")


def _check_metadata(key: str, value: str) -> None:
    if len(key) > 40:
        raise ApiError(400, f"Metadata keys can be up to 40 characters long: {key}.", param=f"metadata[{key}]")
    if len(value) > 500:
        raise ApiError(400, f"Metadata values can be up to 500 characters long: {key}.", param=f"metadata[{key}]")
