"""The journal of a stand-in: the requests that came, the webhooks that went, and a page that shows both."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape

from sandbox.core.errors import Json
from sandbox.core.web import Request, Response
from sandbox.core.webhooks import Webhook

MAX_ENTRIES = 500
MAX_TEXT = 4_000  # characters of a body that are kept

STYLE = """
body { margin: 2rem; font: 15px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; color: #1a1f36; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top;
  padding: .35rem .75rem; border-bottom: 1px solid #e3e8ee; }
pre { margin: .25rem 0; white-space: pre-wrap; word-break: break-all; }
form { display: inline-block; margin: 0 1rem 1rem 0; } input { width: 6rem; } .failed { color: #9b1c1c; }
"""
FORMS = """
<form method="post" action="/_sandbox/advance"><input name="days" value="1"> days
  <button>Advance the clock</button></form>
<form method="post" action="/_sandbox/pause"><button>Hold webhooks back</button></form>
<form method="post" action="/_sandbox/resume"><button>Send webhooks</button></form>
<form method="post" action="/_sandbox/faults"><input name="kind" value="500"> × <input name="times" value="1">
  for <input name="match" value="POST /"> <button>Order a fault</button></form>
"""


@dataclass(frozen=True)
class Entry:
    """One exchange. `status` is 0 where nobody answered; `note` is the fault ordered for it, or the reason."""

    at: datetime
    direction: str  # `in` for a request, `out` for a webhook
    line: str
    sent: str
    status: int
    answered: str
    note: str = ""

    def as_json(self) -> Json:
        """The entry for the control API."""
        return {**asdict(self), "at": self.at.isoformat()}


class Journal:
    """The last exchanges, in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)

    def record_request(self, request: Request, response: Response | None, fault: str = "") -> None:
        """Keep a request and its response. Headers are not kept: they carry keys."""
        line = f"{request.line}?{request.query}" if request.query else request.line
        status = response.status if response else 0
        self._add("in", line, request.body, status, _text_of(response), fault)

    def record_webhook(self, webhook: Webhook, status: int, error: str) -> None:
        """Keep an attempt to deliver a webhook."""
        self._add("out", f"POST {webhook.url}", webhook.body, status, "", error)

    def _add(self, direction: str, line: str, sent: str, status: int, answered: str, note: str) -> None:
        entry = Entry(datetime.now(UTC), direction, line, sent[:MAX_TEXT], status, answered[:MAX_TEXT], note)
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> list[Entry]:
        """The exchanges, oldest first."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._entries.clear()


def _text_of(response: Response | None) -> str:
    if response is None:
        return ""
    kind = response.headers.get("Content-Type", "")
    if kind.startswith(("text/", "application/json")):
        return response.body[: 4 * MAX_TEXT].decode("utf-8", "replace")
    return f"({kind or 'no content'}, {len(response.body)} bytes)"


def journal_page(name: str, state: Json, entries: Sequence[Entry]) -> Response:
    """The page: how things stand, controls, and the exchanges, newest first."""
    facts = " · ".join(f"{escape(key)}: {escape(str(value))}" for key, value in state.items())
    rows = "".join(_row(entry) for entry in reversed(entries))
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(name)} (sandbox)</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(name)} (sandbox)</h1><p>{facts}</p>{FORMS}"
        f"<table><tr><th>Time</th><th></th><th>Request</th><th>Status</th></tr>{rows}</table></body></html>"
    )
    return Response(200, text.encode())


def _row(entry: Entry) -> str:
    arrow = "→" if entry.direction == "out" else "←"
    bodies = "".join(f"<pre>{escape(text)}</pre>" for text in (entry.sent, entry.answered) if text)
    details = f"<details><summary>{escape(entry.line)}</summary>{bodies}</details>"
    mark = "" if 200 <= entry.status < 400 else ' class="failed"'
    status = f"{entry.status or 'no answer'} {escape(entry.note)}"
    return f"<tr><td>{entry.at:%H:%M:%S}</td><td>{arrow}</td><td>{details}</td><td{mark}>{status}</td></tr>"
