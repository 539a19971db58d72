"""Stripe for billing's tests: the project's own fake one, or Stripe itself where there is a test key.

`payer` has the fake one; `any_payer` runs against the fake, then against Stripe itself.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from kernel.tenancy.context import public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.models import BillingAccount
from shared_apps.tenants.models import Brand
from tests.billing.stripe_payer import Payer, post_webhook
from tests.factories.fresh import forget_counters
from tests.factories.stripe_backends import StripeBackend, client_of, stripe_backend

__all__ = ["stripe_backend"]


def _use(settings: Settings, values: dict[str, Any]) -> None:
    for name, value in {"STRIPE_PAYMENT_METHOD_TYPES": ["card"], **values}.items():
        setattr(settings, name, value)
    forget_counters()


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeStripe]:
    """A fake Stripe that the settings lead to; time stands still until it is advanced, webhooks wait."""
    with FakeStripe() as made:
        wanted = {"STRIPE_API_KEY": made.api_key, "STRIPE_API_BASE": made.url}
        _use(settings, {**wanted, "STRIPE_WEBHOOK_SECRETS": [made.webhook_secret]})
        yield made


@pytest.fixture
def payer(db: None, brand: Brand, fake: FakeStripe) -> Payer:
    """A brand whose trial is over, with the fake Stripe."""
    made = Payer(brand, client_of(fake), lambda: fake.now, fake.advance)
    made.end_trial()
    return made


@pytest.fixture
def any_payer(db: None, brand: Brand, settings: Settings, stripe_backend: StripeBackend) -> Payer:
    """A brand whose trial is over and that is a customer with a good card, at the fake or at Stripe itself."""
    _use(settings, stripe_backend.settings)
    made = Payer(brand, stripe_backend.client, lambda: stripe_backend.now, stripe_backend.advance)
    with public_schema():
        customer = stripe_backend.customer()
        BillingAccount.objects.create(brand_id=brand.pk, stripe_customer_id=customer, created_at=made.now)
    made.end_trial()
    return made


@pytest.fixture
def webhook(fake: FakeStripe) -> Callable[..., Any]:
    """Posts an event of the fake's to our address as Stripe would; the answer."""

    def post(event: dict[str, Any], **signing: Any) -> Any:
        body, header = fake.signed(event, **signing)
        return post_webhook(body, header)

    return post
