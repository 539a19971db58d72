"""Billing by API: what a program of the brand's sees and does, whatever the brand has paid."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from kernel.core import clock
from kernel.tenancy.context import public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.accounts.services import users
from shared_apps.billing.services import lifecycle, reconcile
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.models import Brand
from tests.billing.stripe_payer import Payer, pay
from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer(payer: Payer) -> Payer:
    """A brand that has subscribed to Standard by the month, by the API and the pay page."""
    lifecycle.sync_billing_status(brand_id=payer.brand.pk, now=clock.now())
    tenants.forget_hosts()
    return payer


@pytest.fixture(autouse=True)
def _fresh_hosts() -> Any:
    tenants.forget_hosts()
    yield
    tenants.forget_hosts()


def subscribed(api: ApiClient, plan: str = "standard") -> None:
    answer = api.post("/api/v1/billing/checkout", {"plan": plan, "interval": "month"})
    assert answer.status_code == 200, answer.content
    back = pay(answer.json()["url"])
    assert back.startswith("http://acme.localhost/console/billing/paid/?session_id=cs_test_")


def look(payer: Payer) -> None:
    """Apply the state that a webhook would bring."""
    reconcile.compare_with_stripe(now=payer.now)
    tenants.forget_hosts()


def test_a_brand_whose_trial_is_over_buys_a_plan_and_writes_again(buyer: Payer, api: ApiClient) -> None:
    assert api.get("/api/v1/billing/subscription").json()["state"] == "trial_expired"
    assert api.post("/api/v1/products", {"name": "x"}).status_code == 402
    subscribed(api)
    look(buyer)
    said = api.get("/api/v1/billing/subscription").json()
    assert (said["state"], said["plan"], said["status"], said["interval"]) == (
        "active",
        "standard",
        "active",
        "month",
    )
    assert api.post("/api/v1/products", {"name": "x"}).status_code != 402
    (invoice,) = api.get("/api/v1/billing/invoices").json()["items"]
    assert (invoice["total"], invoice["status"], invoice["currency"]) == ("880.00", "paid", "CNY")
    found = api.get(f"/api/v1/billing/invoices/{invoice['id']}/papers").json()
    assert found["pdf_url"].startswith("http")


def test_a_change_is_previewed_made_and_undone(buyer: Payer, api: ApiClient) -> None:
    subscribed(api)
    look(buyer)
    choice = {"plan": "premium", "interval": "month"}
    preview = api.post("/api/v1/billing/plan-change/preview", choice).json()
    assert preview["is_upgrade"]
    assert preview["amount_due"] == "1100.00"
    assert [line["amount"] for line in preview["lines"]] in (["-880.00", "1980.00"], ["1980.00", "-880.00"])
    done = api.post("/api/v1/billing/plan-change", {**choice, "proration_at": preview["proration_at"]}, key="change-1")
    assert done.json()["plan"] == "premium", done.content
    again = api.post("/api/v1/billing/plan-change", {**choice, "proration_at": preview["proration_at"]}, key="change-1")
    assert again.json() == done.json()
    down = api.post("/api/v1/billing/plan-change", {"plan": "basic", "interval": "month"}).json()
    assert (down["plan"], down["next_plan"]) == ("premium", "basic")
    assert api.post("/api/v1/billing/plan-change/undo").json()["next_plan"] is None
    assert api.post("/api/v1/billing/cancel").json()["cancel_at_period_end"]
    assert not api.post("/api/v1/billing/cancel/undo").json()["cancel_at_period_end"]
    refused = api.post("/api/v1/billing/cancel/undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_undo")


def test_a_refused_card_is_told_in_the_readers_words(buyer: Payer, api: ApiClient, fake: FakeStripe) -> None:
    subscribed(api)
    look(buyer)
    fake.make_charges(buyer.customer_id, "fail")
    choice = {"plan": "premium", "interval": "month"}
    refused = api.post("/api/v1/billing/plan-change", choice, key="k-1")
    assert (refused.status_code, refused.json()["code"]) == (409, "card_refused")
    assert "sub_" not in refused.content.decode()
    fake.make_charges(buyer.customer_id, "succeed")
    assert api.post("/api/v1/billing/plan-change", choice, key="k-2").status_code == 200


def test_one_key_makes_one_page_even_when_stripe_was_away(buyer: Payer, api: ApiClient, fake: FakeStripe) -> None:
    """The whole request is rolled back, and the next one sends Stripe the same key."""
    choice = {"plan": "basic", "interval": "year"}
    fake.faults.order("break_after", times=3, match="POST /v1/checkout/sessions")
    lost = api.post("/api/v1/billing/checkout", choice, key="pay-1")
    assert (lost.status_code, lost.json()["code"]) == (503, "payment_outcome_unknown")
    found = api.post("/api/v1/billing/checkout", choice, key="pay-1")
    assert found.status_code == 200
    assert len(buyer.client.v1.checkout.sessions.list().data) == 1
    assert len(buyer.client.v1.customers.list().data) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"plan": "standard", "interval": "week"}, "interval"),
        ({"plan": "standard"}, "interval"),
        ({"plan": "", "interval": "year"}, "plan"),
        ({"plan": "standard", "interval": "year", "price": 1}, "price"),
    ],
)
def test_what_makes_no_sense_names_its_field(buyer: Payer, api: ApiClient, body: dict[str, Any], field: str) -> None:
    answer = api.post("/api/v1/billing/checkout", body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_plan_that_is_not_there_is_not_found(buyer: Payer, api: ApiClient) -> None:
    answer = api.post("/api/v1/billing/checkout", {"plan": "golden", "interval": "year"})
    assert (answer.status_code, answer.json()["code"]) == (404, "plan_not_found")


def test_without_a_key_of_ours_everything_else_still_works(buyer: Payer, api: ApiClient, settings: Settings) -> None:
    settings.STRIPE_API_KEY = ""
    refused = api.post("/api/v1/billing/checkout", {"plan": "basic", "interval": "year"})
    assert (refused.status_code, refused.json()["code"]) == (503, "billing_not_configured")
    assert refused.json()["missing"] == "STRIPE_API_KEY"
    for path in ("subscription", "plans", "usage", "invoices"):
        assert api.get(f"/api/v1/billing/{path}").status_code == 200


def test_who_may_only_look_changes_nothing(buyer: Payer, api_as: Callable[[str], ApiClient]) -> None:
    manager = api_as("manager")
    sales = api_as("sales")
    assert manager.get("/api/v1/billing/subscription").status_code == 200
    assert manager.post("/api/v1/billing/cancel").status_code == 403
    assert sales.get("/api/v1/billing/subscription").status_code == 403


def test_usage_tells_limits_and_features(buyer: Payer, api: ApiClient) -> None:
    subscribed(api)
    look(buyer)
    said = api.get("/api/v1/billing/usage").json()
    assert {use["name"] for use in said["items"]} >= {"staff", "agents", "skus", "warehouses", "orders", "api_calls"}
    assert all(use["limit"] is None or use["limit"] > 0 for use in said["items"])
    assert "api" in said["features"]


def test_the_price_list_is_open_to_everybody(fake: FakeStripe) -> None:
    answer = Client(headers={"host": "localhost"}).get("/api/v1/plans")
    assert answer.status_code == 200
    plans = answer.json()["items"]
    assert [plan["code"] for plan in plans] == ["basic", "standard", "premium"]
    assert [plan["price_year"] for plan in plans] == ["3600.00", "8800.00", "19800.00"]


def test_an_account_is_closed_by_its_owner_with_the_password(buyer: Payer, api: ApiClient, brand: Brand) -> None:
    refused = api.post("/api/v1/billing/close", {"password": "a long pass phrase"})
    assert (refused.status_code, refused.json()["code"]) == (403, "only_owner_closes")
    owner = users.create_user(name="Owner", role="owner", email="close@hands.example", password="qing-he-2026")
    client = Client(headers={"host": f"{brand.slug}.localhost"})
    client.force_login(owner, backend="shared_apps.accounts.services.backend.AccountsBackend")
    wrong = client.post("/api/v1/billing/close", {"password": "no"}, content_type="application/json")
    assert wrong.status_code in {403, 422}
    done = client.post("/api/v1/billing/close", {"password": "qing-he-2026"}, content_type="application/json")
    assert done.json()["closing_at"]
    undone = client.post("/api/v1/billing/close/undo", content_type="application/json")
    assert undone.json()["closing_at"] is None


def test_exports_are_asked_for_and_listed(buyer: Payer, api: ApiClient, brand: Brand) -> None:
    asked = api.post("/api/v1/exports")
    assert (asked.status_code, asked.json()["state"]) == (202, "requested")
    assert api.post("/api/v1/exports").json()["code"] == "export_under_way"
    number = asked.json()["id"]
    assert [row["id"] for row in api.get("/api/v1/exports").json()["items"]] == [number]
    assert api.get(f"/api/v1/exports/{number}/download").json()["code"] == "export_not_ready"
    assert api.get("/api/v1/exports/987654321/download").status_code == 404
    with public_schema():
        assert Brand.objects.get(pk=brand.pk).state == "trial_expired"
