"""HTTP: the API under /v1/, the pages a customer sees, and the control API under /_fake/."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sandbox.stripe.control import control
from sandbox.stripe.errors import ApiError, Json
from sandbox.stripe.machine import Answer, Call
from sandbox.stripe.pages.routes import Page, show_page
from sandbox.stripe.trouble import Plan
from sandbox.stripe.work import API_VERSION

if TYPE_CHECKING:
    from sandbox.stripe.fake import FakeStripe

LARGEST_BODY = 1_000_000


class Server:
    """The listening socket on the loopback interface, and its thread."""

    def __init__(self, fake: FakeStripe, port: int = 0) -> None:
        """Port 0 takes a free one. The socket is bound at once, so that the address is known."""
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.fake = fake
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        if self._thread.is_alive():
            self._http.shutdown()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a request that was told to time out sleeps on
    request_queue_size = 128
    fake: FakeStripe

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def setup(self) -> None:
        super().setup()
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        """Quiet: the caller logs its own requests."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        address = urlsplit(self.path)
        body = self._body()
        if address.path.startswith("/v1/"):
            self._api(address.path, address.query, body)
        elif address.path.startswith("/_fake"):
            self._control(address.path, body)
        else:
            language = self.headers.get("Accept-Language", "")
            self._send_page(show_page(self.server.fake.machine, self.command, address.path, body, language))

    def _body(self) -> str:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            return ""
        return self.rfile.read(length).decode("utf-8", "replace")

    def _api(self, path: str, query: str, body: str) -> None:
        call = Call(self.command, path, query, body, self.headers.get("Idempotency-Key"))
        plan = self.server.fake.trouble.take(f"{self.command} {path}")
        if plan is not None and self._trouble_before(plan, call):
            return
        answer = self._call(call)
        if plan is not None and plan.kind == "break_after":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif plan is not None and plan.kind == "500_after":
            self._send_json(_failure(500, "api_error", "The fake was told to lose this answer."), call)
        else:
            self._send_json(answer, call)

    def _trouble_before(self, plan: Plan, call: Call) -> bool:
        if plan.kind == "500":
            self._send_json(_failure(500, "api_error", "The fake was told to fail."), call)
        elif plan.kind == "429":
            self._send_json(_failure(429, "rate_limit_error", "Too many requests."), call)
        elif plan.kind in ("timeout", "break"):
            time.sleep(plan.seconds if plan.kind == "timeout" else 0)
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
        else:
            return False
        return True

    def _call(self, call: Call) -> Answer:
        try:
            self._authenticate()
            return self.server.fake.machine.call(call)
        except ApiError as error:
            return Answer(error.status, error.body)
        except Exception:  # a mistake of the fake's is a 500 with its traceback, for whoever tests against it
            return _failure(500, "api_error", f"The fake Stripe broke:\n{traceback.format_exc()}")

    def _authenticate(self) -> None:
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            value = base64.b64decode(value).decode("utf-8", "replace").partition(":")[0]
        if not value:
            raise ApiError(401, "You did not provide an API key.")
        if value != self.server.fake.api_key:
            raise ApiError(401, f"Invalid API Key provided: {value[:8]}{'*' * 8}{value[-4:]}")

    def _control(self, path: str, body: str) -> None:
        try:
            if self.headers.get("Origin"):  # a page in the developer's browser has no business here
                raise ApiError(403, "The control API does not answer web pages.")
            answer = Answer(200, control(self.server.fake, self.command, path, json.loads(body or "{}")))
        except ApiError as error:
            answer = Answer(error.status, error.body)
        except (KeyError, TypeError, ValueError) as error:
            answer = _failure(400, "invalid_request_error", repr(error))
        self._send_json(answer, None)

    def _send_json(self, answer: Answer, call: Call | None) -> None:
        headers = {"Content-Type": "application/json"}
        if call is not None:
            headers |= {"Request-Id": call.id, "Stripe-Version": self.headers.get("Stripe-Version") or API_VERSION}
            if call.idempotency_key:
                headers["Idempotency-Key"] = call.idempotency_key
            if answer.replayed:
                headers["Idempotent-Replayed"] = "true"
            if answer.status == 500:
                headers["Stripe-Should-Retry"] = "true"
        body = json.dumps(answer.body, ensure_ascii=False, indent=2).encode()
        self._send_page(Page(answer.status, body, headers))

    def _send_page(self, page: Page) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            self.wfile.write(page.body)


def _failure(status: int, kind: str, message: str) -> Answer:
    body: Json = {"error": {"type": kind, "message": message}}
    return Answer(status, body)
