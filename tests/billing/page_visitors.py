"""People of a brand at billing's pages, and the states a brand can be in, for the tests of these pages."""

import html
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.test import Client

from kernel.core import clock
from kernel.tenancy.context import public_schema
from shared_apps.accounts.services import users
from shared_apps.billing.models import PlanPeriod, PlanVersion, StripeInvoice, Subscription
from shared_apps.billing.services.lifecycle import sync_billing_status
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.models import Brand

PASSWORD = "qing-he-2026-!!"
DAY = timedelta(days=1)


def sign_in(brand: Brand, role: str, *, language: str = "en") -> Client:
    """A browser in which somebody of the role is signed in to the brand's console."""
    person = users.create_user(name=f"Test {role}", role=role, email=f"{role}@pages.example", password=PASSWORD)
    client = Client(headers={"host": f"{brand.slug}.localhost", "accept-language": language})
    client.force_login(person, backend="shared_apps.accounts.services.backend.AccountsBackend")
    return client


def words(answer: Any) -> str:
    """Return a page's text: without tags, with single spaces."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def source(answer: Any) -> str:
    """The page as it is sent."""
    return str(answer.content.decode())


def change(brand: Brand, **values: Any) -> None:
    """Write facts of the brand past every service, then let billing find where it stands."""
    with public_schema():
        Brand.objects.filter(pk=brand.pk).update(**values)
    settle(brand)


def settle(brand: Brand, now: datetime | None = None) -> None:
    """Let billing find where the brand stands, and this process forget what it knew."""
    sync_billing_status(brand_id=brand.pk, now=now or clock.now())
    tenants.forget_hosts()


def version_of(code: str) -> PlanVersion:
    """The offered version of a plan."""
    with public_schema():
        return PlanVersion.objects.select_related("plan").get(plan__code=code, retired_at__isnull=True)


def subscribe(brand: Brand, code: str = "standard", interval: str = "year", **values: Any) -> Subscription:
    """A subscription as the mirror would have it after the trial, and the brand settled."""
    now = clock.now()
    with public_schema():
        Brand.objects.filter(pk=brand.pk, trial_ends_at__gt=now).update(trial_ends_at=now - 365 * DAY)
        row = Subscription.objects.create(
            **{
                "brand_id": brand.pk,
                "stripe_subscription_id": f"sub_{brand.pk}",
                "status": "active",
                "plan_version": version_of(code),
                "interval": interval,
                "current_period_start": now - 10 * DAY,
                "current_period_end": now + 355 * DAY,
                "started_at": now - 375 * DAY,
                "fetched_at": now,
                **values,
            }
        )
    settle(brand)
    return row


def give_period(brand: Brand, code: str = "standard", *, days: int = 100) -> PlanPeriod:
    """A period that support gave, running since yesterday."""
    now = clock.now()
    with public_schema():
        period = PlanPeriod.objects.create(
            brand_id=brand.pk,
            plan_version=version_of(code),
            kind="comp",
            starts_at=now - DAY,
            ends_at=now + days * DAY,
            reason="for a test",
            given_by="Test",
            created_at=now,
        )
    settle(brand)
    return period


def add_invoice(brand: Brand, number: str, status: str, total: str = "8800.00") -> StripeInvoice:
    """An invoice as the mirror would have it."""
    now = clock.now()
    with public_schema():
        return StripeInvoice.objects.create(
            brand_id=brand.pk,
            stripe_invoice_id=f"in_{number}",
            number=number,
            status=status,
            total=Decimal(total),
            amount_paid=Decimal(total) if status == "paid" else Decimal(0),
            currency="CNY",
            issued_at=now - DAY,
            next_attempt_at=now + 2 * DAY if status == "open" else None,
            fetched_at=now,
        )
