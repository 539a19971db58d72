"""Invoices over the wire."""

from collections.abc import Callable

import pytest

from tests.factories.api_client import ApiClient

from .conftest import sell

pytestmark = pytest.mark.django_db
SELLER = {"legal_name": "花漾彩妆有限公司", "tax_id": "9135 0100 m000 100y 43"}


def test_the_seller_is_entered_once_and_read_again(api: ApiClient) -> None:
    assert api.get("/api/v1/seller-profile").json()["code"] == "seller_profile_not_found"
    assert api.put("/api/v1/seller-profile", SELLER).json()["tax_id"] == "91350100M000100Y43"
    assert api.get("/api/v1/seller-profile").json()["legal_name"] == SELLER["legal_name"]
    refused = api.put("/api/v1/seller-profile", {**SELLER, "tax_id": "91350100M000100Y44"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "tax_id")


def test_an_invoice_is_issued_read_and_taken_back(api: ApiClient, goods: None) -> None:
    order = sell()
    made = api.post("/api/v1/invoices", {"order_id": order.pk, "buyer_name": "王小姐"}, key="i-1")
    assert made.status_code == 201
    invoice = made.json()
    assert (invoice["gross_amount"], invoice["net_amount"], invoice["tax_amount"]) == ("299.97", "265.46", "34.51")
    assert api.get(f"/api/v1/invoices/{invoice['id']}").json()["lines"] == invoice["lines"]
    again = api.post("/api/v1/invoices", {"order_id": order.pk, "buyer_name": "王小姐"})
    assert (again.status_code, again.json()["code"]) == (409, "already_invoiced")
    red = api.post(f"/api/v1/invoices/{invoice['id']}/reverse", {"reason": "抬头有误"}).json()
    assert (red["kind"], red["gross_amount"], red["original_id"]) == ("red", "-299.97", invoice["id"])
    listed = api.get(f"/api/v1/invoices?order_id={order.pk}").json()["items"]
    assert [(row["kind"], row["red_letter_id"]) for row in listed] == [("red", None), ("blue", red["id"])]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"buyer_name": ""}, 422, "buyer_name"),
        ({"buyer_kind": "organisation"}, 422, "buyer_tax_id"),
        ({"buyer_kind": "organisation", "buyer_tax_id": "91350100M000100Y44"}, 422, "buyer_tax_id"),
        ({"buyer_kind": "ghost"}, 422, "buyer_kind"),
        ({"total": "1.00"}, 422, "total"),
    ],
)
def test_a_refused_invoice_names_the_field(
    api: ApiClient, goods: None, body: dict[str, str], status: int, field: str
) -> None:
    answer = api.post("/api/v1/invoices", {"order_id": sell().pk, "buyer_name": "某人", **body})
    assert answer.status_code == status
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert api.get("/api/v1/invoices").json()["items"] == []


def test_unknown_and_unpaid_orders(api: ApiClient, goods: None) -> None:
    assert api.post("/api/v1/invoices", {"order_id": 999_999, "buyer_name": "某人"}).status_code == 404
    unpaid = sell(paid=False)
    answer = api.post("/api/v1/invoices", {"order_id": unpaid.pk, "buyer_name": "某人"})
    assert (answer.status_code, answer.json()["code"]) == (409, "order_not_invoiceable")
    assert api.get("/api/v1/invoices/999999").status_code == 404
    assert api.get(f"/api/v1/invoices/{2**70}").status_code == 422


def test_the_warehouse_issues_nothing(api_as: Callable[[str], ApiClient], goods: None) -> None:
    answer = api_as("warehouse").post("/api/v1/invoices", {"order_id": sell().pk, "buyer_name": "某人"})
    assert answer.status_code == 403
