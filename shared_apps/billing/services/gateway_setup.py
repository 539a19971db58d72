"""Set up at Stripe what stands once for all brands: products, prices, the portal, the webhook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from shared_apps.billing.rules import stripe_objects as objects
from shared_apps.billing.rules.stripe_objects import PriceFacts
from shared_apps.billing.services.gateway import PAGE, ObjectMissing, asking, once, writing

# What a restricted key needs, in the dashboard's words and with Stripe's names of the permissions.
PERMISSIONS: Final[Mapping[str, str]] = {
    "Charges and Refunds: read": "rak_charge_read",
    "Checkout Sessions: write": "rak_checkout_session_write",
    "Customer portal: write": "rak_customer_portal_write",
    "Customers: write": "rak_customer_write",
    "Disputes: read": "rak_dispute_read",
    "Invoices: write": "rak_invoice_write",
    "Payment Intents: read": "rak_payment_intent_read",
    "Payment Methods: read": "rak_payment_method_read",
    "Prices: write": "rak_plan_write",
    "Products: write": "rak_product_write",
    "Subscriptions: write": "rak_subscription_write",
    "Webhook Endpoints: write": "rak_webhook_write",
}
# By this mark in their metadata we know what is ours.
_MARK: Final = "banyan"


@dataclass(frozen=True)
class NewPrice:
    """A price as our plans have it; the amount in units of the currency, per interval."""

    lookup_key: str
    product_id: str
    amount: Decimal
    currency: str
    interval: str


def ensure_product(*, code: str, name: str) -> tuple[str, bool]:
    """The product of a plan, under an id of our choice: it can be made once only. Says whether it was made now."""
    product_id = f"{_MARK}_{code}"
    try:
        with asking() as api:
            found = api.v1.products.retrieve(product_id)
            if found.name != name:
                params: Any = {"name": name}
                api.v1.products.update(product_id, params, once(f"product:{code}:name", params))
            return found.id, False
    except ObjectMissing:
        params = {"id": product_id, "name": name, "metadata": {_MARK: "plan", "plan": code}}
        with asking() as api:
            return api.v1.products.create(params, once(f"product:{code}", params)).id, True


def find_prices(lookup_keys: Sequence[str]) -> dict[str, PriceFacts]:
    """Prices by their lookup keys, of which Stripe takes ten at a time."""
    with asking() as api:
        found = api.v1.prices.list({"lookup_keys": list(lookup_keys), "limit": PAGE})
        prices = [objects.read_price(one.to_dict()) for one in found.auto_paging_iter()]
    return {price.lookup_key: price for price in prices}


def create_price(new: NewPrice, *, key: str) -> PriceFacts:
    """A recurring price under its lookup key."""
    params: Any = {
        "product": new.product_id,
        "currency": new.currency.lower(),
        "unit_amount": objects.to_minor(new.amount),
        "recurring": {"interval": new.interval},
        "lookup_key": new.lookup_key,
        "nickname": new.lookup_key,
        "metadata": {_MARK: "plan"},
    }
    with writing() as api:
        return objects.read_price(api.v1.prices.create(params, once(key, params)).to_dict())


def find_portal() -> tuple[str, str] | None:
    """The id and the digest of our set-up of the portal."""
    with asking() as api:
        for one in api.v1.billing_portal.configurations.list({"active": True, "limit": PAGE}).auto_paging_iter():
            marks = one.to_dict().get("metadata") or {}
            if marks.get(_MARK) == "portal":
                return one.id, str(marks.get("digest", ""))
    return None


def create_portal(*, features: Mapping[str, Any], digest: str) -> str:
    """The portal's set-up; its id."""
    params: Any = {"features": dict(features), "metadata": {_MARK: "portal", "digest": digest}}
    with asking() as api:
        return api.v1.billing_portal.configurations.create(params, once("portal", params)).id


def change_portal(configuration_id: str, *, features: Mapping[str, Any], digest: str) -> str:
    """Bring the set-up to what it should be."""
    params: Any = {"features": dict(features), "metadata": {_MARK: "portal", "digest": digest}}
    with asking() as api:
        options = once(f"portal:{configuration_id}", params)
        return api.v1.billing_portal.configurations.update(configuration_id, params, options).id


def find_webhook(url: str) -> tuple[str, frozenset[str]] | None:
    """The id and the events of the endpoint with this address."""
    with asking() as api:
        for one in api.v1.webhook_endpoints.list({"limit": PAGE}).auto_paging_iter():
            if one.url == url and one.status == "enabled":
                return one.id, frozenset(one.enabled_events)
    return None


def create_webhook(url: str, *, events: Sequence[str]) -> str:
    """Register the address; its secret, which Stripe tells this once."""
    params: Any = {"url": url, "enabled_events": list(events), "metadata": {_MARK: "webhook"}}
    # Without a key of ours: for a day Stripe would repeat the secret of an endpoint that was deleted since.
    with writing() as api:
        return str(api.v1.webhook_endpoints.create(params).secret or "")


def change_webhook(endpoint_id: str, *, events: Sequence[str]) -> None:
    """Have other events sent to an address."""
    params: Any = {"enabled_events": list(events)}
    with asking() as api:
        api.v1.webhook_endpoints.update(endpoint_id, params, once(f"webhook:{endpoint_id}", params))
