"""The life of one brand as a customer, from the first visit to the day it is brought back, through HTTP only.

What people do goes through pages and the API, what Stripe does through signed webhooks. Time is Stripe's, and what runs
by the clock is called as the beat would call it.
"""

import http.client
import json
import os
import zipfile
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from kernel.tenancy.context import brand_schema, leave_brand, public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.tasks.lifecycle import sync_all_billing_statuses
from shared_apps.billing.tasks.stripe import compare_with_stripe
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.models import Brand, BrandArchive, BrandExport
from shared_apps.tenants.services import provisioning
from shared_apps.tenants.tasks import archive_brand, drop_retained_schemas, run_export
from tests.billing.stripe_payer import deliver_public
from tests.factories.fresh import forget_counters

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a long pass phrase"
GOOD_CARD = "4242 4242 4242 4242"


class Life:
    """A brand's owner with a browser, Stripe, and time."""

    def __init__(self, fake: FakeStripe) -> None:
        self.fake = fake
        self.slug = f"life{os.urandom(4).hex()}"
        self.host = f"{self.slug}.localhost"
        self.browser = Client(headers={"host": self.host, "accept-language": "en"})
        self.heard: set[str] = set()

    # --- what people do ---

    def sign_up(self) -> None:
        wanted = {
            "name": "Lin Silk",
            "slug": self.slug,
            "owner_name": "Lin Xiao",
            "email": f"lin@{self.slug}.example",
            "password": PASSWORD,
            "company_name": f"杭州{self.slug}丝绸有限公司",
            "accepts_terms": True,
        }
        visitor = Client(headers={"host": "localhost", "accept-language": "en"})
        answer = visitor.post("/api/v1/signups", json.dumps(wanted), content_type="application/json")
        assert answer.status_code == 201, answer.content
        enter = urlsplit(answer.json()["enter_url"])
        assert self.browser.get(f"{enter.path}?{enter.query}").status_code == 302

    def sign_in(self) -> None:
        form = {"username": f"lin@{self.slug}.example", "password": PASSWORD}
        answer = self.browser.post("/console/login/", form)
        assert answer.status_code == 302, answer.content

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.browser.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.content[:600])
        return answer

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.browser.post(f"/api/v1{path}", json.dumps(body or {}), content_type="application/json")
        assert answer.status_code == status, (path, answer.status_code, answer.content[:600])
        return answer.json() if answer.content else None

    def try_to_work(self) -> tuple[int, str]:
        """Add a category, as any work that writes; status and code."""
        answer = self.browser.post(
            "/api/v1/categories",
            json.dumps({"name": f"Scarves {os.urandom(3).hex()}"}),
            content_type="application/json",
        )
        return answer.status_code, answer.json().get("code", "")

    def pay(self, page: str, card: str = GOOD_CARD) -> str:
        """Fill in the pay page; where it leads to."""
        parts = urlsplit(page)
        line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        form = urlencode({"method": "card", "number": card})
        line.request("POST", parts.path, form, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = line.getresponse()
        line.close()
        assert answer.status == 303, answer.status
        return answer.headers["Location"]

    # --- what Stripe and the clock do ---

    def hear(self) -> None:
        """Everything Stripe has not told yet, each twice and the newest first, then our own tasks."""
        visitor = Client(headers={"host": "localhost"})
        for event in reversed([event for event in self.fake.events() if event["id"] not in self.heard]):
            self.heard.add(event["id"])
            body, signature = self.fake.signed(event)
            for _time in range(2):
                answer = visitor.post(
                    "/webhooks/stripe",
                    body,
                    content_type="application/json",
                    headers={"stripe-signature": signature},
                )
                assert answer.status_code == 200, answer.content
        deliver_public()

    def wait(self, days: int) -> None:
        """Let days pass, with what runs by the clock once a day."""
        for _day in range(days):
            self.leap(1)

    def leap(self, days: int) -> None:
        """Let days pass in which nothing of ours runs."""
        self.fake.advance(days=days)
        self.hear()
        sync_all_billing_statuses()
        deliver_public()

    @property
    def status(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.get("/api/v1/billing/subscription").json()
        return answer

    @property
    def brand(self) -> Brand:
        found = tenants.find_brand_by_slug(self.slug)
        assert found is not None
        return found

    def customer(self) -> str:
        return str(next(event for event in self.fake.events("customer.created"))["data"]["object"]["id"])

    def letters(self, words: str) -> int:
        return sum(words in letter.subject and self.slug in letter.to[0] for letter in mail.outbox)


@pytest.fixture
def life(
    django_db_setup: None, _schema: None, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Life]:
    with FakeStripe() as fake:
        fake.pause_webhooks()
        settings.STRIPE_API_KEY = fake.api_key
        settings.STRIPE_API_BASE = fake.url
        settings.STRIPE_WEBHOOK_SECRETS = [fake.webhook_secret]
        settings.STRIPE_PAYMENT_METHOD_TYPES = ["card"]
        settings.MEDIA_ROOT = str(tmp_path / "media")
        settings.ARCHIVE_ROOT = str(tmp_path / "archives")
        settings.SIGNUPS_PER_HOUR_PER_IP = 1_000_000
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        monkeypatch.setattr("kernel.core.clock.now", lambda: fake.now)
        forget_counters()
        leave_brand()
        made = Life(fake)
        yield made
        leave_brand()
        _forget(made.slug)


def _forget(slug: str) -> None:
    """Delete what no service deletes: a brand's payments are kept, as the law wants, and here they are in the way."""
    brand = tenants.find_brand_by_slug(slug)
    if brand is None:
        return
    with public_schema(), connection.cursor() as cursor:
        cursor.execute(
            """SELECT conrelid::regclass::text, attname FROM pg_constraint
               JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
               WHERE contype = 'f' AND confrelid = 'tenants_brand'::regclass"""
        )
        for table, column in cursor.fetchall():
            if table not in {"tenants_domain"}:
                cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [brand.pk])
    provisioning.drop_brand(brand_id=brand.pk)


def test_from_the_first_visit_to_the_archive_and_back(life: Life) -> None:
    _a_trial_begins(life)
    _the_trial_ends(life)
    _a_plan_is_paid(life)
    _plans_change(life)
    _a_payment_fails_and_is_made_good(life)
    _everything_is_taken_along(life)
    _the_account_is_closed(life)
    _archived_and_brought_back(life)


def _a_trial_begins(life: Life) -> None:
    life.sign_up()
    assert (life.status["state"], life.status["days_left"], life.status["plan"]) == ("trialing", 15, None)
    assert life.try_to_work() == (201, "")
    # Everything is included, and nothing is limited.
    usage = life.get("/api/v1/billing/usage").json()
    assert {row["limit"] for row in usage["items"]} == {None}
    assert "custom_domain" in usage["features"]


def _the_trial_ends(life: Life) -> None:
    mail.outbox.clear()
    life.wait(16)
    assert life.letters("your trial ends on") == 3
    assert life.letters("your trial is over") == 1
    assert life.try_to_work() == (402, "trial_expired")
    life.get("/api/v1/categories")
    life.get("/console/billing/")


def _a_plan_is_paid(life: Life) -> None:
    call_command("sync_stripe", stdout=StringIO())
    page = life.post("/billing/checkout", {"plan": "basic", "interval": "year"})["url"]
    back = urlsplit(life.pay(page))
    assert back.path == "/console/billing/paid/"
    life.hear()
    assert (life.status["state"], life.status["plan"], life.status["interval"]) == ("active", "basic", "year")
    assert life.try_to_work() == (201, "")
    (invoice,) = life.get("/api/v1/billing/invoices").json()["items"]
    assert (invoice["status"], Decimal(invoice["total"])) == ("paid", Decimal("3600.00"))
    # What the plan does not include is refused with its name and where to get it.
    refused = life.post("/api-keys", {"name": "shop", "role": "manager"}, status=402)
    assert (refused["code"], refused["feature"]) == ("feature_not_in_plan", "api")
    assert refused["upgrade_url"]


def _plans_change(life: Life) -> None:
    life.leap(73)
    wanted = {"plan": "premium", "interval": "year"}
    preview = life.post("/billing/plan-change/preview", wanted)
    # 292 of 365 days are left of ¥3,600 and are to be paid of ¥19,800.
    assert preview["is_upgrade"]
    assert abs(Decimal(preview["amount_due"]) - Decimal("12960.00")) < 50
    life.post("/billing/plan-change", {**wanted, "proration_at": preview["proration_at"]})
    life.hear()
    assert life.status["plan"] == "premium"
    paid = [Decimal(row["total"]) for row in life.get("/api/v1/billing/invoices").json()["items"]]
    assert Decimal(preview["amount_due"]) in paid
    life.post("/billing/plan-change", {"plan": "standard", "interval": "year"})
    assert (life.status["plan"], life.status["next_plan"]) == ("premium", "standard")
    life.post("/billing/plan-change/undo")
    assert life.status["next_plan"] is None


def _a_payment_fails_and_is_made_good(life: Life) -> None:
    life.hear()
    mail.outbox.clear()
    life.fake.make_charges(life.customer(), "fail")
    end = datetime.fromisoformat(life.status["current_period_end"])
    life.leap((end - life.fake.now).days + 2)
    assert life.status["state"] == "past_due"
    assert life.try_to_work() == (201, "")
    assert life.letters("a payment is overdue") == 1
    life.wait(8)
    assert life.status["state"] == "read_only"
    assert life.try_to_work() == (402, "brand_read_only")
    life.get("/api/v1/categories")
    life.wait(31)
    assert life.status["state"] == "suspended"
    assert life.get("/api/v1/categories", status=403).json()["code"] == "brand_suspended"
    life.get("/console/billing/")
    # Stripe has given the subscription up by now, so a new one is bought; everything opens at once.
    life.fake.make_charges(life.customer(), None)
    life.pay(life.post("/billing/checkout", {"plan": "standard", "interval": "month"})["url"])
    life.hear()
    assert (life.status["state"], life.status["plan"]) == ("active", "standard")
    assert life.try_to_work() == (201, "")
    compare_with_stripe()
    assert life.status["state"] == "active"


def _everything_is_taken_along(life: Life) -> None:
    assert life.browser.post("/console/billing/export/").status_code == 302
    with public_schema():
        asked = BrandExport.objects.get(brand_id=life.brand.pk)
    with brand_schema(life.brand.schema_name):
        run_export(asked.pk)
    answer = life.get(f"/console/billing/export/{asked.pk}/download/")
    archive = zipfile.ZipFile(BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    (categories,) = [name for name in archive.namelist() if name.endswith("catalog_category.csv")]
    assert archive.read(categories).decode("utf-8-sig").count("Scarves") >= 3


def _the_account_is_closed(life: Life) -> None:
    mail.outbox.clear()
    form = {"name": "Lin Silk", "password": PASSWORD}
    assert life.browser.post("/console/billing/close/", {**form, "password": "not it"}).status_code in {403, 422}
    assert life.browser.post("/console/billing/close/", form).status_code == 302
    deliver_public()
    life.hear()
    assert life.status["cancel_at_period_end"]
    assert life.browser.post("/console/billing/close/undo/").status_code == 302
    deliver_public()
    life.hear()
    assert (life.status["closing_at"], life.status["cancel_at_period_end"]) == (None, False)
    assert life.browser.post("/console/billing/close/", form).status_code == 302
    life.wait(15)
    assert life.status["state"] == "suspended"
    assert life.browser.post("/console/billing/close/undo/").status_code == 302  # too late, and it says so
    assert life.status["state"] == "suspended"


def _archived_and_brought_back(life: Life) -> None:
    life.wait(32)
    assert life.letters("will be archived") == 3
    brand = life.brand
    archive_brand(brand.pk, "closed by its owner", life.fake.now.isoformat())
    assert life.browser.get("/console/billing/").status_code == 410
    with public_schema():
        archive = BrandArchive.objects.get(brand_id=brand.pk)
    assert archive.state == "verified"
    assert drop_retained_schemas() == 0  # not before its day
    life.fake.advance(days=31)
    assert drop_retained_schemas() == 1
    said = StringIO()
    call_command("restore_brand", life.slug, stdout=said)
    assert "is back: suspended" in said.getvalue()
    life.sign_in()
    assert life.status["state"] == "suspended"
    assert life.brand.archived_at is None
    with brand_schema(brand.schema_name), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM catalog_category")
        assert cursor.fetchone()[0] >= 4
