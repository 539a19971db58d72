"""The control API under /_sandbox/: JSON or a form in, JSON out, and a page for people.

| request | effect |
| --- | --- |
| GET  /_sandbox/ | the page |
| GET  /_sandbox/state | the time, whether webhooks are held back, how many wait |
| GET  /_sandbox/journal | the last requests and webhooks |
| GET  /_sandbox/deliveries | webhooks that wait or failed |
| POST /_sandbox/pause, /_sandbox/resume | hold webhooks back, or send what waits |
| POST /_sandbox/advance `{"days": N}` or `{"seconds": N}` or `{"to": T}` | let time pass |
| POST /_sandbox/faults `{"kind": "500", "times": M, "match": "POST /v1/…", "seconds": 30}` | the next requests fail |
| POST /_sandbox/reset | forget everything |

A stand-in adds acts of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

from sandbox.core.errors import Json, RefusalError
from sandbox.core.web import Request, Response, json_response, redirect

PREFIX = "/_sandbox"
LOOPBACK = ("127.0.0.1", "localhost")

Act = Callable[[Json], Json]


class Control:
    """Answers the control API."""

    def __init__(self, acts: Mapping[str, Act], page: Callable[[], Response]) -> None:
        """`acts` are by method and verb: `POST pause`."""
        self._acts = acts
        self._page = page

    @staticmethod
    def is_meant_by(request: Request) -> bool:
        """Tell whether a request is for the control API."""
        return request.path == PREFIX or request.path.startswith(f"{PREFIX}/")

    def answer(self, request: Request) -> Response:
        """Do one act, or show the page."""
        verb = request.path.removeprefix(PREFIX).strip("/")
        try:
            _ensure_own_page(request)
            if request.method == "GET" and not verb:
                return self._page()
            act = self._acts.get(f"{request.method} {verb}")
            if act is None:
                raise RefusalError(404, f"Unknown control request: {request.line}.")
            # A form of the page's own: urllib and curl call JSON a form as well unless they are told otherwise.
            from_form = bool(request.header("Origin"))
            done = act(dict(parse_qsl(request.body)) if from_form else json.loads(request.body or "{}"))
        except RefusalError as refusal:
            return json_response(refusal.status, refusal.body)
        except (KeyError, TypeError, ValueError) as error:
            return json_response(400, {"error": {"message": repr(error)}})
        return redirect(f"{PREFIX}/") if from_form else json_response(200, done)


def _ensure_own_page(request: Request) -> None:
    # Another page in the developer's browser has no business here, nor one under a name that was pointed at this
    # machine. Programs send no Origin.
    host = request.header("Host")
    origin = request.header("Origin")
    if urlsplit(f"//{host}").hostname not in LOOPBACK or (origin and origin != f"http://{host}"):
        raise RefusalError(403, "The control API answers programs and its own page only.")
