"""Cloud stock through the API and the console."""

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from kernel.core import clock
from tenant_apps.orders.services.pay_order import pay_order
from tests.factories.api_client import ApiClient
from tests.factories.hands import console, console_as
from tests.factories.trade import Shop

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

__all__ = ["console", "console_as"]

pytestmark = pytest.mark.django_db


def place(api: ApiClient, shop: Shop, kind: str, **changes: object) -> "Response":
    body: dict[str, object] = {
        "kind": kind,
        "agent_id": shop.mei.pk,
        "lines": [{"sku": "G-01", "quantity": 4}],
        **changes,
    }
    return api.post("/api/v1/orders", body)


def test_cloud_stock_through_the_api(shop: Shop, api: ApiClient) -> None:
    order = place(api, shop, "restock", into_cloud=True)
    assert (order.status_code, order.json()["into_cloud"]) == (201, True)
    pay_order(order_id=order.json()["id"], method="cash", reference="c-1", now=clock.now())
    sent = place(api, shop, "dispatch", lines=[{"sku": "G-01", "quantity": 3}])
    assert (sent.status_code, sent.json()["total"], sent.json()["number"][:2]) == (201, "0.00", "CD")

    kept = api.get(f"/api/v1/cloud-stock?agent_id={shop.mei.pk}&sku=g-01").json()["items"]
    assert [(one["agent_code"], one["sku"], one["balance"]) for one in kept] == [("MEI", "G-01", 1)]
    assert api.get(f"/api/v1/cloud-stock?agent_id={shop.hua.pk}").json()["items"] == []
    moved = api.get(f"/api/v1/cloud-stock/movements?agent_id={shop.mei.pk}&sku=G-01").json()["items"]
    assert [(one["kind"], one["quantity"], one["balance_after"]) for one in moved] == [
        ("dispatch", -3, 1),
        ("restock", 4, 4),
    ]
    assert len(api.get("/api/v1/cloud-stock/movements?kind=restock").json()["items"]) == 1
    assert api.get("/api/v1/cloud-stock/movements?kind=gift").status_code == 422

    short = place(api, shop, "dispatch")
    assert (short.status_code, short.json()["code"]) == (409, "cloud_stock_short")
    quoted = api.post(
        "/api/v1/orders/quote",
        {"kind": "dispatch", "agent_id": shop.mei.pk, "lines": [{"sku": "G-01", "quantity": 1}]},
    )
    assert quoted.json()["lines"][0]["available"] == 1


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        ("retail", {"into_cloud": True, "agent_id": None}, "into_cloud"),
        ("dispatch", {"into_cloud": True}, "into_cloud"),
        ("dispatch", {"buyer": {"phone": "13800000001"}}, "buyer"),
        ("dispatch", {"agent_id": None}, "agent_id"),
        ("restock", {"into_cloud": True, "pickup": True}, "pickup"),
        ("restock", {"into_cloud": True, "receiver": {"name": "张三"}}, "receiver"),
    ],
)
def test_what_cloud_stock_has_no_place_for_is_refused(
    shop: Shop, api: ApiClient, kind: str, changes: dict[str, object], field: str
) -> None:
    answer = place(api, shop, kind, **changes)
    assert answer.status_code == 422
    assert field in [one["field"] for one in answer.json()["errors"]]


def test_cloud_stock_in_the_console(shop: Shop, api: ApiClient, console: Client) -> None:
    order = place(api, shop, "restock", into_cloud=True).json()
    pay_order(order_id=order["id"], method="cash", reference="c-1", now=clock.now())
    for page in (
        "/console/inventory/cloudstock/",
        f"/console/inventory/cloudmovement/?agent__id__exact={shop.mei.pk}",
        f"/console/agents/agent/{shop.mei.pk}/change/",
    ):
        shown = console.get(page)
        assert shown.status_code == 200
        assert "G-01" in shown.content.decode()
    assert order["number"] in console.get("/console/inventory/cloudmovement/").content.decode()
    for code in ("G-01", "G-02"):
        found = console.get(f"/console/inventory/cloudstock/?q={code}")
        assert ("面霜 1" in found.content.decode()) == (code == "G-01")
    assert 'value="cloud"' in console.get("/console/orders/new/").content.decode()
    sent = place(api, shop, "dispatch", lines=[{"sku": "G-01", "quantity": 3}]).json()
    picked = console.get(f"/console/orders/pick-list/?ids={sent['id']}").context["warehouses"]
    assert [(line.sku, line.total) for _place, lines in picked for line in lines] == [("G-01", 3)]
