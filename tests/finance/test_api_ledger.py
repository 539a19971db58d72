"""The ledger over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from tenant_apps.finance.models import LedgerEntry
from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db

RENT = {
    "reference": "V-1",
    "memo": "房租",
    "occurred_at": "2026-11-01T09:00:00+08:00",
    "transfers": [{"debit": "5602", "credit": "1002", "amount": "3000.00", "party": "landlord"}],
}


def test_an_entry_by_hand_is_posted_once_and_reversed_once(api: ApiClient) -> None:
    first = api.post("/api/v1/ledger/entries", RENT)
    again = api.post("/api/v1/ledger/entries", RENT)
    assert first.status_code == 201, first.content
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["transfers"][0]["amount"] == "3000.00"
    path = f"/api/v1/ledger/entries/{first.json()['id']}/reverse"
    reversal = api.post(path)
    assert reversal.status_code == 201, reversal.content
    assert reversal.json()["transfers"][0]["debit"] == "1002"
    assert api.post(path).json()["id"] == reversal.json()["id"]
    balance = api.get("/api/v1/ledger/trial-balance").json()
    assert balance["difference"] == "0.00"
    assert {row["balance"] for row in balance["rows"]} == {"0.00"}


@pytest.mark.parametrize(
    "change",
    [
        {"transfers": [{"debit": "5602", "credit": "1002", "amount": "3000.01"}]},
        {"memo": "水电"},
        {"occurred_at": "2026-11-02T09:00:00+08:00"},
    ],
)
def test_another_entry_under_the_same_voucher_is_refused(api: ApiClient, change: dict[str, Any]) -> None:
    api.post("/api/v1/ledger/entries", RENT)
    answer = api.post("/api/v1/ledger/entries", {**RENT, **change}, key="k")
    assert (answer.status_code, answer.json()["code"]) == (409, "source_already_posted")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"transfers": []}, "transfers"),
        ({"transfers": [{"debit": "5602", "credit": "5602", "amount": "1"}]}, "transfers.0"),
        ({"transfers": [{"debit": "5602", "credit": "1002", "amount": "0"}]}, "transfers.0"),
        ({"transfers": [{"debit": "5602", "credit": "1002", "amount": "-1"}]}, "transfers.0.amount"),
        ({"transfers": [{"debit": "5602", "credit": "1002", "amount": "1.001"}]}, "transfers.0.amount"),
        ({"transfers": [{"debit": "0000", "credit": "1002", "amount": "1"}]}, "transfers.0.debit"),
        ({"reference": ""}, "reference"),
        ({"occurred_at": "2026-11-01"}, "occurred_at"),
        ({"currency": "CNY"}, "currency"),
    ],
)
def test_bad_input_is_named(api: ApiClient, change: dict[str, Any], field: str) -> None:
    answer = api.post("/api/v1/ledger/entries", {**RENT, **change})
    assert answer.status_code == 422, answer.content
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert not LedgerEntry.objects.exists()


def test_reading(api: ApiClient) -> None:
    api.post("/api/v1/ledger/entries", RENT)
    assert len(api.get("/api/v1/ledger/accounts").json()["items"]) == 66
    statement = api.get("/api/v1/ledger/accounts/1002/statement?party=landlord").json()
    assert (statement["opening"], statement["closing"], statement["is_complete"]) == ("0.00", "-3000.00", True)
    assert statement["lines"][0]["contra"] == "5602"
    assert api.get("/api/v1/ledger/accounts/0000/statement").status_code == 404
    assert api.get("/api/v1/ledger/trial-balance?as_of=2026-11-01T00:00:00Z").json()["rows"] == []
    (entry,) = api.get("/api/v1/ledger/entries?source=manual:V-1").json()["items"]
    assert entry["memo"] == "房租"


def test_only_entries_by_hand_are_reversed_by_hand(api: ApiClient) -> None:
    from tests.factories.trade import open_shop

    open_shop()
    entry = LedgerEntry.objects.get()
    answer = api.post(f"/api/v1/ledger/entries/{entry.pk}/reverse")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_manual")
    assert api.post("/api/v1/ledger/entries/999999/reverse").status_code == 404


def test_roles(api_as: Callable[[str], ApiClient]) -> None:
    assert api_as("sales").get("/api/v1/ledger/trial-balance").status_code == 403
    assert api_as("finance").post("/api/v1/ledger/entries", RENT).status_code == 201
