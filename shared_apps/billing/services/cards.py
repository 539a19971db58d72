"""The card a brand pays with: one and the same at the customer and at the subscription, wherever it was entered.

Stripe's pay page and the page of an open invoice leave a card with the subscription, whose own card goes before the
customer's default, and cannot be taken away again. Its portal changes the customer's default only.
"""

from shared_apps.billing.rules.stripe_objects import SubscriptionFacts
from shared_apps.billing.selectors import subscriptions
from shared_apps.billing.services import customers, gateway, gateway_writes
from shared_apps.billing.states import LIVE_STATUSES


def adopt_card(*, subscription_id: str) -> SubscriptionFacts:
    """Make the card of a subscription that was just bought the customer's default, and have later ones kept as well.

    The caller holds the brand's lock. Raises the gateway's errors.
    """
    facts = gateway.get_subscription(subscription_id)
    if facts.status in LIVE_STATUSES:
        # The invoice tells one occasion from another on which the same card was entered.
        key = f"card:{facts.id}:{facts.latest_invoice_id}"
        if facts.card_id and facts.card_id != gateway.get_default_card(facts.customer_id):
            gateway_writes.set_default_card(facts.customer_id, card_id=facts.card_id, key=key)
        if not facts.keeps_card:
            gateway_writes.keep_cards(facts, key=key)
    return facts


def follow_subscription(*, subscription_id: str) -> None:
    """Make the subscription's card the customer's default where it is the newer of the two."""
    facts = gateway.get_subscription(subscription_id)
    if not facts.card_id or facts.status not in LIVE_STATUSES:
        return
    default = gateway.get_default_card(facts.customer_id)
    if default == facts.card_id:
        return
    if not default or gateway.get_card_entered_at(default) < gateway.get_card_entered_at(facts.card_id):
        adopt_card(subscription_id=subscription_id)


def follow_customer(*, customer_id: str) -> None:
    """Let the subscription pay with the customer's default, which was changed in the portal."""
    account = customers.lock_owner(customer_id=customer_id)
    row = subscriptions.get_current(account.brand_id) if account is not None else None
    if row is None:
        return
    facts = gateway.get_subscription(row.stripe_subscription_id)
    default = gateway.get_default_card(customer_id)
    if default and facts.card_id not in ("", default) and facts.status in LIVE_STATUSES:
        gateway_writes.set_card(facts, card_id=default, key=f"card:{facts.id}:{facts.card_id}:{default}")
