"""A small HTTP server on the loopback interface."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from sandbox.core.errors import Json

MAX_BODY = 1_000_000
HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True)
class Request:
    """One HTTP request. `headers` are read whatever their case."""

    method: str
    path: str
    query: str = ""
    body: str = ""
    headers: Message = field(default_factory=Message)

    @property
    def line(self) -> str:
        """`POST /v1/customers`."""
        return f"{self.method} {self.path}"

    def header(self, name: str) -> str:
        """A header's value, empty where it was not sent."""
        return str(self.headers.get(name) or "")


@dataclass(frozen=True)
class Response:
    """One HTTP response, an HTML page unless the headers say otherwise."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: dict(HTML))


def json_response(status: int, body: Json, headers: Mapping[str, str] | None = None) -> Response:
    """A response in JSON."""
    text = json.dumps(body, ensure_ascii=False, indent=2)
    return Response(status, text.encode(), {"Content-Type": "application/json", **(headers or {})})


def redirect(url: str) -> Response:
    """303: go on there, by GET."""
    return Response(303, b"", {"Location": url})


Answer = Callable[[Request], Response | None]  # None breaks the connection


class Server:
    """The listening socket, and the thread that answers."""

    def __init__(self, answer: Answer, port: int = 0) -> None:
        """Port 0 takes a free one. The socket is bound at once, so that the address is known."""
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.answer = answer
        self.port = int(self._http.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
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
    answer: Answer

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that went away is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def setup(self) -> None:
        super().setup()
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        """Say nothing: the caller logs its own requests, and the journal shows them."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY:
            self.close_connection = True
            self._send(Response(413))
            return
        body = self.rfile.read(length).decode("utf-8", "replace")
        address = urlsplit(self.path)
        response = self.server.answer(Request(self.command, address.path, address.query, body, self.headers))
        if response is None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self._send(response)

    def _send(self, response: Response) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)
