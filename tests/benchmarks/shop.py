"""A brand stocked for benchmarks: variants on the shelf with plenty of goods, and a client for the API."""

import socket
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection

from kernel.core import clock

PLENTY = 1_000_000


def stock_shelf(*, variants: int, on_hand: int = PLENTY) -> list[str]:
    """Make `variants` SKUs with `on_hand` pieces each in the current brand; returns the SKUs."""
    from tenant_apps.catalog.services.ensure import NewVariant, ensure_variants
    from tenant_apps.inventory.services import stock as inventory

    skus = [f"BENCH-{index:04d}" for index in range(variants)]
    rows = [NewVariant(sku=sku, name=f"Product {sku}", retail_price=Decimal("19.90")) for sku in skus]
    ids = ensure_variants(rows=rows)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_product SET state = 'on_shelf'")
    inventory.receive(
        lines=[inventory.ReceiptLine(ids[sku], on_hand, Decimal("5.00")) for sku in skus],
        reference="bench",
        now=clock.now(),
    )
    return skus


class JsonClient:
    """One kept-alive connection to a brand's API, by a bare socket: the server is measured, not a client library."""

    def __init__(self, *, port: int, slug: str, token: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = f"Host: {slug}.localhost:{port}\r\nAuthorization: Bearer {token}\r\n"

    def exchange(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[bytes, bytes]:
        """The head and the body of the answer, as they came."""
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        if body:
            more += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.socket.sendall(f"{method} {path} HTTP/1.1\r\n{self.head}{more}\r\n".encode() + body)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._receive()
        head = received[:end].lower()
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        while len(received) < end + 4 + length:
            received += self._receive()
        return received[:end], received[end + 4 :]

    def _receive(self) -> bytes:
        received = self.socket.recv(65_536)
        if not received:
            raise ConnectionError("the server hung up")
        return received

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
        """Status, parsed body, headers (lower case)."""
        head, content = self.exchange(method, path, b"" if body is None else orjson.dumps(body), **headers)
        status, *fields = head.decode("latin-1").split("\r\n")
        named = (field.partition(": ") for field in fields)
        lower = {name.lower(): value for name, _colon, value in named}
        return int(status.split()[1]), orjson.loads(content) if content else None, lower


def order_of(skus: list[str], quantity: int = 1) -> dict[str, Any]:
    """The body of POST /orders for one piece of each SKU."""
    return {"lines": [{"sku": sku, "quantity": quantity} for sku in skus]}
