"""A brand stocked for benchmarks: variants on the shelf with plenty of goods, and a client for the API."""

import http.client
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection

PLENTY = 1_000_000


def stock_shelf(*, variants: int, on_hand: int = PLENTY) -> list[str]:
    """Make `variants` SKUs with `on_hand` pieces each in the current brand; returns the SKUs."""
    from tenant_apps.catalog import services as catalog
    from tenant_apps.inventory import services as inventory

    skus = [f"BENCH-{index:04d}" for index in range(variants)]
    rows = [catalog.NewVariant(sku=sku, name=f"Product {sku}", retail_price=Decimal("19.90")) for sku in skus]
    ids = catalog.ensure_variants(rows=rows)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_product SET state = 'on_shelf'")
    inventory.receive(
        lines=[inventory.ReceiptLine(ids[sku], on_hand, Decimal("5.00")) for sku in skus], reference="bench"
    )
    return skus


class JsonClient:
    """One kept-alive connection to a brand's API."""

    def __init__(self, *, port: int, slug: str, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {
            "Host": f"{slug}.localhost:{port}",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
        """Status, parsed body, headers (lower case)."""
        text = None if body is None else orjson.dumps(body)
        self.connection.request(method, path, text, {**self.headers, **headers})
        answer = self.connection.getresponse()
        content = answer.read()
        lower = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, orjson.loads(content) if content else None, lower


def order_of(skus: list[str], quantity: int = 1) -> dict[str, Any]:
    """The body of POST /orders for one piece of each SKU."""
    return {"lines": [{"sku": sku, "quantity": quantity} for sku in skus]}
