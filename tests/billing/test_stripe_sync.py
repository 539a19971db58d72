"""Our plans at Stripe: brought once, found again, never changed."""

from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from kernel.tenancy.context import public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.models import PlanVersion
from shared_apps.billing.services import sync
from tests.factories.stripe_backends import client_of

pytestmark = pytest.mark.django_db
URL = "https://banyan.example/webhooks/stripe"


def test_the_first_time_makes_everything_and_the_second_nothing(fake: FakeStripe) -> None:
    first = sync.sync_everything(webhook_url=URL)
    assert len([line for line in first.made if line.startswith("price")]) == 6
    assert len([line for line in first.made if line.startswith("product")]) == 3
    assert first.webhook_secret.startswith("whsec_")
    count = len(fake.events())
    second = sync.sync_everything(webhook_url=URL)
    assert (second.made, second.differing, second.webhook_secret) == ([], [], "")
    assert len(second.unchanged) == 3 + 6 + 1 + 1
    assert len(fake.events()) == count


def test_prices_are_ours_to_the_fen(fake: FakeStripe) -> None:
    sync.sync_everything()
    prices = client_of(fake).v1.prices.list({"limit": 100, "expand": ["data.product"]}).data
    found = {price.lookup_key: (price.unit_amount, price.currency) for price in prices}
    assert found == {
        "basic_v1_month": (36_000, "cny"),
        "basic_v1_year": (360_000, "cny"),
        "standard_v1_month": (88_000, "cny"),
        "standard_v1_year": (880_000, "cny"),
        "premium_v1_month": (198_000, "cny"),
        "premium_v1_year": (1_980_000, "cny"),
    }


def test_another_account_is_found_by_names(fake: FakeStripe) -> None:
    """The ids we keep are of another key's account, or were lost: the lookup keys bring them back."""
    sync.sync_everything()
    with public_schema():
        right = list(PlanVersion.objects.order_by("id").values_list("stripe_price_year_id", flat=True))
        PlanVersion.objects.update(stripe_price_year_id="price_of_elsewhere", stripe_product_id="")
        sync.sync_everything()
        assert list(PlanVersion.objects.order_by("id").values_list("stripe_price_year_id", flat=True)) == right


def test_a_new_version_gets_prices_of_its_own(fake: FakeStripe) -> None:
    sync.sync_everything()
    with public_schema():
        old = PlanVersion.objects.get(plan__code="basic")
        PlanVersion.objects.filter(pk=old.pk).update(retired_at=old.published_at)
        PlanVersion.objects.create(
            plan=old.plan,
            version=2,
            price_month=Decimal("390.00"),
            price_year=Decimal("3900.00"),
            features=old.features,
            limits=old.limits,
            published_at=old.published_at,
        )
    made = sync.sync_everything().made
    assert made == ["price basic_v2_month", "price basic_v2_year"]


def test_a_price_that_differs_is_reported_and_left(fake: FakeStripe) -> None:
    sync.sync_everything()
    with public_schema():
        PlanVersion.objects.filter(plan__code="basic").update(price_year=Decimal("3700.00"))
    report = sync.sync_everything()
    assert report.differing == ["price basic_v1_year: amount is 3600.00, ours is 3700.00"]
    with pytest.raises(CommandError, match="basic_v1_year"):
        call_command("sync_stripe", stdout=StringIO())


def test_a_price_put_to_sleep_is_reported(fake: FakeStripe) -> None:
    sync.sync_everything()
    client = client_of(fake)
    price = client.v1.prices.list({"lookup_keys": ["basic_v1_month"]}).data[0]
    client.v1.prices.update(price.id, {"active": False})
    assert any("not active" in line for line in sync.sync_everything().differing)


@pytest.mark.parametrize("request_line", ["POST /v1/products", "POST /v1/prices", "POST /v1/billing_portal"])
def test_a_lost_answer_makes_nothing_twice(fake: FakeStripe, request_line: str) -> None:
    fake.faults.order("break_after", times=3, match=request_line)
    with pytest.raises(CommandError):
        call_command("sync_stripe", stdout=StringIO())
    sync.sync_everything()
    client = client_of(fake)
    assert len(client.v1.products.list({"limit": 100}).data) == 3
    assert len(client.v1.prices.list({"limit": 100}).data) == 6
    assert len(client.v1.billing_portal.configurations.list({"limit": 100}).data) == 1


def test_the_webhook_hears_what_is_wanted_and_nothing_else(fake: FakeStripe) -> None:
    client = client_of(fake)
    old: Any = {"url": URL, "enabled_events": ["invoice.paid"]}
    endpoint = client.v1.webhook_endpoints.create(old)
    assert f"events of webhook {URL}" in sync.sync_everything(webhook_url=URL).made
    assert set(client.v1.webhook_endpoints.retrieve(endpoint.id).enabled_events) == set(sync.WEBHOOK_EVENTS)
    assert len(client.v1.webhook_endpoints.list().data) == 1


def test_the_command_tells_what_it_did_and_the_secret_once(fake: FakeStripe) -> None:
    said = StringIO()
    call_command("sync_stripe", webhook_url=URL, stdout=said)
    assert "made       price basic_v1_year" in said.getvalue()
    assert "whsec_" in said.getvalue()
    again = StringIO()
    call_command("sync_stripe", webhook_url=URL, stdout=again)
    assert "made" not in again.getvalue()
    assert "whsec_" not in again.getvalue()


def test_without_a_key_the_command_says_so(settings: Settings) -> None:
    settings.STRIPE_API_KEY = ""
    with pytest.raises(CommandError, match="STRIPE_API_KEY"):
        call_command("sync_stripe", stdout=StringIO())
