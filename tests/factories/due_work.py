"""Fixtures of due work: kinds of the test's own, messages that nobody works off, and a clock that moves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from kernel.core import clock, counters
from kernel.events import due
from kernel.events.due import Kind
from kernel.events.due_set import Entry

Sent = list[tuple[str, list[str]]]


@pytest.fixture
def kinds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Kind]:
    """Kinds of the test's own; the apps' are away, and so is what a new brand has to do."""
    if "live_brand" in request.fixturenames:
        request.getfixturevalue("live_brand")
    counters.client().flushdb()
    monkeypatch.setattr(due, "kinds", {})
    return due.kinds


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The messages that were queued, as (kind, schemas): nobody works them off."""
    messages: Sent = []

    def send(kind: Kind, entries: list[Entry]) -> bool:
        messages.append((kind.name, [entry.schema for entry in entries]))
        return True

    monkeypatch.setattr(due, "send", send)
    return messages


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """`later(timedelta(minutes=5))` lets time pass."""
    passed = timedelta()

    def move(by: timedelta) -> None:
        nonlocal passed
        passed += by
        monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + passed)

    return move
