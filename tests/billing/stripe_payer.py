"""A brand that can be taken through buying, changing and leaving, and what people and Stripe do from outside."""

import http.client
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import stripe
from django.test import Client

from kernel.core import clock
from kernel.events import outbox
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import BillingAccount, StripeEvent, Subscription, SubscriptionChange
from shared_apps.billing.selectors import plans, subscriptions
from shared_apps.billing.selectors import status as statuses
from shared_apps.billing.services import checkout, inbox, lifecycle, mirror, sync
from shared_apps.tenants.models import Brand

SUCCESS = "https://acme.localhost/console/billing/paid/?session_id={CHECKOUT_SESSION_ID}"
CANCEL = "https://acme.localhost/console/billing/plans/"
GOOD_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"


@dataclass
class Payer:
    """A brand and its Stripe. Our services are called at Stripe's time."""

    brand: Brand
    client: stripe.StripeClient
    read_now: Callable[[], datetime]
    advance: Callable[..., datetime]

    @property
    def now(self) -> datetime:
        """Stripe's time."""
        return self.read_now()

    @property
    def customer_id(self) -> str:
        """The brand's customer at Stripe."""
        with public_schema():
            return str(BillingAccount.objects.get(brand_id=self.brand.pk).stripe_customer_id)

    @property
    def subscription(self) -> Subscription:
        """The living subscription in the mirror."""
        found = subscriptions.get_current(self.brand.pk)
        assert found is not None
        return found

    @property
    def state(self) -> str:
        with public_schema():
            return str(Brand.objects.get(pk=self.brand.pk).state)

    def end_trial(self, *, ends_at: datetime | None = None) -> None:
        """Let the brand's trial end then, or have ended yesterday."""
        with public_schema():
            moment = ends_at or self.now - timedelta(days=1)
            Brand.objects.filter(pk=self.brand.pk).update(trial_ends_at=moment)

    def price(self, plan: str, interval: str) -> str:
        """Stripe's id of a plan's price."""
        return sync.ensure_price(version=plans.get_version(plan), interval=interval)

    def subscribe(self, plan: str = "basic", interval: str = "month", **params: Any) -> Subscription:
        """A subscription made at Stripe as its pay page makes one, and mirrored."""
        items = [{"price": self.price(plan, interval)}]
        wanted: Any = {"customer": self.customer_id, "items": items, **params}
        made = self.client.v1.subscriptions.create(wanted)
        row = mirror.mirror_subscription(subscription_id=made.id, now=self.now)
        assert row is not None
        return row

    def look(self) -> Subscription:
        """Mirror the living subscription as it is now."""
        found = mirror.mirror_subscription(subscription_id=self.subscription.stripe_subscription_id, now=self.now)
        assert found is not None
        return found

    def set_card(self, card: str) -> None:
        """Make one of Stripe's test cards the one that is charged."""
        method = self.client.v1.payment_methods.attach(card, {"customer": self.customer_id}).id
        settings: Any = {"invoice_settings": {"default_payment_method": method}}
        self.client.v1.customers.update(self.customer_id, settings)

    def start_checkout(self, plan: str = "basic", interval: str = "month") -> str:
        """The pay page's address."""
        return checkout.start_checkout(
            brand_id=self.brand.pk,
            plan_code=plan,
            interval=interval,
            success_url=SUCCESS,
            cancel_url=CANCEL,
            now=self.now,
        )


def pay(page: str, *, card: str = GOOD_CARD) -> str:
    """Fill in the fake's pay page; where it leads to, or "" when it shows the form again."""
    parts = urlsplit(page)
    assert parts.hostname
    line = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    body = urlencode({"method": "card", "number": card})
    line.request("POST", parts.path, body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = line.getresponse()
    line.close()
    return answer.headers.get("Location", "") if answer.status == 303 else ""


def post_webhook(body: str | bytes, header: str) -> Any:
    """A POST to the platform's host."""
    client = Client(headers={"host": "localhost"})
    return client.post(
        "/webhooks/stripe", data=body, content_type="application/json", headers={"stripe-signature": header}
    )


def inbox_rows() -> list[Any]:
    """Every stored event, the first first."""
    with public_schema():
        return list(StripeEvent.objects.with_delivery().order_by("id"))


def handle_webhooks() -> int:
    """Handle what waits, without the outbox and what else it holds; returns how many were."""
    waiting = [row.event_id for row in inbox_rows() if row.handled_at is None]
    return sum(inbox.handle_event(event_id=event_id, now=clock.now()) for event_id in waiting)


def deliver_public() -> int:
    """Deliver all that is due in the platform's outbox; returns how many deliveries ran."""
    with public_schema():
        return outbox.deliver_pending(limit=10_000)


def history() -> list[tuple[str, str, str]]:
    """Return the subscription changes, oldest first: (kind, MRR before, after)."""
    with public_schema():
        rows = SubscriptionChange.objects.order_by("id").values_list("kind", "mrr_before", "mrr_after")
        return [(kind, str(before), str(after)) for kind, before, after in rows]


def settled(payer: Payer) -> Any:
    """The billing status by what is mirrored, at Stripe's time."""
    lifecycle.sync_billing_status(brand_id=payer.brand.pk, now=payer.now)
    with public_schema():
        brand = Brand.objects.get(pk=payer.brand.pk)
        return statuses.get_billing_status(brand, payer.now)


def mirrored(payer: Payer, subscription_id: str) -> Any:
    return mirror.mirror_subscription(subscription_id=subscription_id, now=payer.now)


def buy(payer: Payer, plan: str = "basic", interval: str = "year") -> Any:
    """On the pay page, and back."""
    session = pay(payer.start_checkout(plan, interval)).partition("session_id=")[2]
    assert session
    return checkout.finish_checkout(brand_id=payer.brand.pk, session_id=session, now=payer.now)


def ready(payer: Payer) -> None:
    """Make the fake's brand a customer with a good card."""
    payer.start_checkout()
    payer.set_card("pm_card_visa")


def mirror_invoices(payer: Payer) -> None:
    for one in payer.client.v1.invoices.list({"customer": payer.customer_id, "limit": 100}).data:
        mirror.mirror_invoice(invoice_id=str(one.id), now=payer.now)


def refund_all(payer: Payer) -> None:
    for charge in payer.client.v1.charges.list({"customer": payer.customer_id}).data:
        payer.client.v1.refunds.create({"charge": charge.id})
