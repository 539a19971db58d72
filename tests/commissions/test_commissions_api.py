"""Commissions over the wire: shapes, permissions, refusals that name their field."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kernel.core import clock
from kernel.models import AuditRecord
from shared_apps.accounts.services import users
from tenant_apps.commissions.services import accrual
from tests.factories.api_client import ApiClient

from .conftest import Network, sell

pytestmark = pytest.mark.django_db
PAYEE = {"method": "bank", "payee_name": "林某", "payee_account": "6222000011112222333"}


def earn() -> None:
    long_ago = clock.now() - timedelta(days=20)
    accrual.release_order(order_id=sell(now=long_ago).pk, delivered_at=long_ago)


def codes(answer: Any) -> list[tuple[str, str]]:
    return [(error["field"], error["code"]) for error in answer.json()["errors"]]


def test_a_plan_is_set_and_listed(api: ApiClient, network: Network) -> None:
    path = f"/api/v1/commission-plans/{network.ling.level_id}"
    answer = api.put(path, {"tier1_rate": "0.125", "tier2_rate": "0.03", "holding_days": 14})
    assert answer.status_code == 200
    listed = api.get("/api/v1/commission-plans").json()["items"]
    assert [(plan["tier1_rate"], plan["holding_days"]) for plan in listed] == [("0.100000", 7), ("0.125000", 14)]


def test_a_plan_beyond_the_caps_is_refused_and_changes_nothing(api: ApiClient, network: Network) -> None:
    path = f"/api/v1/commission-plans/{network.ling.level_id}"
    answer = api.put(path, {"tier1_rate": "0.31", "tier2_rate": "0.21"})
    assert answer.status_code == 422
    assert codes(answer) == [("tier1_rate", "plan_outside_limits"), ("tier2_rate", "plan_outside_limits")]
    third = api.put(path, {"tier1_rate": "0.1", "tier2_rate": "0.1", "tier3_rate": "0.1"})
    assert (third.status_code, codes(third)) == (403, [("tier3_rate", "paid_tiers_not_allowed")])
    assert api.put("/api/v1/commission-plans/999999", {"tier1_rate": "0.1", "tier2_rate": "0"}).status_code == 404
    assert api.get("/api/v1/commission-plans").json()["items"][1]["tier1_rate"] == "0.080000"


def test_entries_balance_and_statement_tell_the_same_story(api: ApiClient, network: Network) -> None:
    earn()
    agent = network.ling.pk
    (entry,) = api.get(f"/api/v1/commission-entries?agent_id={agent}").json()["items"]
    assert (entry["amount"], entry["explanation"]) == ("8.00", "100.00 × 8 % = 8.00")
    balance = api.get(f"/api/v1/agents/{agent}/commission-balance").json()
    assert (balance["accrued"], balance["available"], balance["held"]) == ("8.00", "8.00", "0.00")
    period = "since=2020-01-01T00:00:00Z&until=2020-12-01T00:00:00Z"
    assert api.get(f"/api/v1/agents/{agent}/commission-statement?{period}").json()["closing"] == "0.00"
    assert api.get("/api/v1/agents/999999/commission-balance").status_code == 404


@pytest.mark.parametrize(
    "period",
    [
        "since=2026-01-01T00:00:00Z&until=2025-01-01T00:00:00Z",
        "since=2020-01-01T00:00:00Z&until=2026-01-01T00:00:00Z",
        "since=2026-01-01T00:00:00&until=2026-02-01T00:00:00",
    ],
)
def test_a_statement_needs_a_sensible_period(api: ApiClient, network: Network, period: str) -> None:
    assert api.get(f"/api/v1/agents/{network.ling.pk}/commission-statement?{period}").status_code == 422


def test_a_payout_goes_from_request_to_payment_by_two_people(
    api: ApiClient, api_as: Callable[[str], ApiClient], network: Network
) -> None:
    users.create_user(name="Finance", role="finance", email="finance@acme.example", password="a long pass phrase")
    earn()
    body = {"agent_id": network.ling.pk, "amount": "8.00", **PAYEE}
    made = api.post("/api/v1/payouts", body, key="p-1")
    assert made.status_code == 201
    payout = made.json()
    assert payout["payee_account"].endswith("2333")
    assert "2222" not in payout["payee_account"]
    assert api.post("/api/v1/payouts", body, key="p-1").json()["id"] == payout["id"]
    path = f"/api/v1/payouts/{payout['id']}"
    assert api.post(f"{path}/approve").json()["code"] == "second_person_needed"
    assert api.post(f"{path}/pay", {"reference": "x"}).json()["code"] == "illegal_transition"
    second = api_as("finance")
    assert second.post(f"{path}/approve").json()["state"] == "approved"
    assert second.post(f"{path}/fail", {"reason": "closed"}).json()["state"] == "failed"
    assert second.get(f"{path}/payee").json()["code"] == "payee_not_needed"
    assert second.post(f"{path}/approve").json()["number"] == payout["number"]
    assert second.get(f"{path}/payee").json() == PAYEE
    assert AuditRecord.objects.filter(action="commissions.payee_seen").count() == 1
    assert api_as("sales").get(f"{path}/payee").status_code == 403
    assert api.post(f"{path}/pay", {"reference": "icbc-1"}).json()["state"] == "paid"
    assert [row["state"] for row in api.get("/api/v1/payouts?state=paid").json()["items"]] == ["paid"]
    assert api.get(path).json()["reference"] == "icbc-1"


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"amount": "8.01"}, 409, "amount"),
        ({"amount": "0"}, 422, "amount"),
        ({"amount": "1.001"}, 422, "amount"),
        ({"amount": 1.5}, 422, "amount"),
        ({"method": "cheque"}, 422, "method"),
        ({"payee_name": ""}, 422, "payee_name"),
        ({"payee_account": "1\x00"}, 422, "payee_account"),
        ({"surprise": 1}, 422, "surprise"),
    ],
)
def test_a_refused_payout_names_the_field(
    api: ApiClient, network: Network, change: dict[str, Any], status: int, field: str
) -> None:
    earn()
    answer = api.post("/api/v1/payouts", {"agent_id": network.ling.pk, "amount": "1.00", **PAYEE, **change})
    assert answer.status_code == status
    assert [named for named, _code in codes(answer)] == [field]
    assert api.get("/api/v1/payouts").json()["items"] == []


def test_roles_see_and_do_what_they_may(api_as: Callable[[str], ApiClient], network: Network) -> None:
    sales = api_as("sales")
    assert sales.get("/api/v1/commission-plans").status_code == 403
    assert sales.post("/api/v1/payouts", {"agent_id": network.ling.pk, "amount": "1.00", **PAYEE}).status_code == 403
