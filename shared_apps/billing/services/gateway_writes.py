"""Write at Stripe. `key` names the row of ours for which it is done; together with the request it makes the idempotency
key, so that an answer that was lost can be asked for again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from shared_apps.billing.rules import stripe_objects as objects
from shared_apps.billing.services.gateway import BillingNotConfigured, change_details, once, writing
from shared_apps.billing.states import SubscriptionStatus

# What the subscription mode of Stripe's pay page does not take, whatever the account has (Stripe's table of payment
# methods by product): who pays so pays by bank transfer instead.
_PAID_ONCE: Final = frozenset({"alipay", "wechat_pay"})


@dataclass(frozen=True)
class NewCustomer:
    """The brand as Stripe's customer."""

    brand_id: int
    name: str
    email: str
    phone: str
    language: str


@dataclass(frozen=True)
class NewSession:
    """A pay page for one subscription."""

    customer_id: str
    brand_id: int
    price_id: str
    success_url: str
    cancel_url: str
    language: str
    trial_end: int | None
    metadata: Mapping[str, str]
    payment_methods: tuple[str, ...]


def create_customer(new: NewCustomer, *, key: str) -> str:
    """The id of a customer for the brand."""
    params: Any = {
        "name": new.name,
        "preferred_locales": [new.language],
        "metadata": {"brand_id": str(new.brand_id)},
    }
    params |= {name: value for name, value in (("email", new.email), ("phone", new.phone)) if value}
    with writing() as api:
        return api.v1.customers.create(params, once(key, params)).id


def methods_for_subscriptions(configured: list[str]) -> tuple[str, ...]:
    """Those of the configured ways to pay that can pay again by themselves; none configured are all of the account's.

    Stripe takes the list as a filter of what the account may use. Raises BillingNotConfigured where none is left.
    """
    usable = tuple(method for method in configured if method not in _PAID_ONCE)
    if configured and not usable:
        raise BillingNotConfigured(
            _("STRIPE_PAYMENT_METHOD_TYPES names nothing that can pay for a subscription."),
            missing="STRIPE_PAYMENT_METHOD_TYPES",
        )
    return usable


def create_session(new: NewSession, *, key: str) -> objects.SessionFacts:
    """A pay page in subscription mode; it can be paid for 24 hours."""
    subscription: dict[str, Any] = {"metadata": dict(new.metadata)}
    if new.trial_end is not None:
        subscription["trial_end"] = new.trial_end
        subscription["trial_settings"] = {"end_behavior": {"missing_payment_method": "cancel"}}
    params: Any = {
        "mode": "subscription",
        "customer": new.customer_id,
        "client_reference_id": str(new.brand_id),
        "line_items": [{"price": new.price_id, "quantity": 1}],
        "success_url": new.success_url,
        "cancel_url": new.cancel_url,
        "locale": new.language,
        "metadata": dict(new.metadata),
        "subscription_data": subscription,
    }
    if new.payment_methods:
        params["allowed_payment_method_types"] = list(new.payment_methods)
    with writing() as api:
        return objects.read_session(api.v1.checkout.sessions.create(params, once(key, params)).to_dict())


def expire_session(session_id: str) -> objects.SessionFacts:
    """Close a pay page. Raises PaymentServiceRefused for one that was paid in the meantime."""
    with writing() as api:
        done = api.v1.checkout.sessions.expire(session_id, {}, once(f"expire:{session_id}", {}))
        return objects.read_session(done.to_dict())


def create_portal_session(*, customer_id: str, configuration_id: str, return_url: str, language: str, key: str) -> str:
    """The address of the customer's own pages."""
    params: Any = {"customer": customer_id, "return_url": return_url, "locale": language}
    if configuration_id:
        params["configuration"] = configuration_id
    with writing() as api:
        return api.v1.billing_portal.sessions.create(params, once(key, params)).url


# --- subscriptions ---------------------------------------------------------------------------------------------------


def change_price(
    facts: objects.SubscriptionFacts,
    *,
    price_id: str,
    proration_at: int,
    restarts: bool,
    may_wait: bool = False,
    key: str,
) -> None:
    """Move the subscription to another price at once, and take what is due.

    `error_if_incomplete`: the change is made and paid, or nothing is changed and Stripe answers 402 in this very call.
    With `may_wait` an unpaid change waits 23 hours for its open invoice, for cards whose bank asks for each payment.
    """
    details = change_details(facts, price_id=price_id, proration_at=proration_at, restarts=restarts)
    params: Any = {**details, "payment_behavior": "pending_if_incomplete" if may_wait else "error_if_incomplete"}
    with writing() as api:
        api.v1.subscriptions.update(facts.id, params, once(key, {"id": facts.id, **params}))


def resume_subscription(facts: objects.SubscriptionFacts, *, key: str) -> None:
    """Let a paused subscription go on with a period that begins now and is paid now."""
    params: Any = {"billing_cycle_anchor": {"type": "now"}}
    with writing() as api:
        api.v1.subscriptions.resume(facts.id, params, once(key, {"id": facts.id, **params}))


def set_default_card(customer_id: str, *, card_id: str, key: str) -> None:
    """Make a card the customer's default, which Stripe's portal shows and changes."""
    params: Any = {"invoice_settings": {"default_payment_method": card_id}}
    with writing() as api:
        api.v1.customers.update(customer_id, params, once(f"{key}:customer", {"id": customer_id, **params}))


def set_card(facts: objects.SubscriptionFacts, *, card_id: str, key: str) -> None:
    """Let the subscription pay with this card."""
    params: Any = {"default_payment_method": card_id}
    with writing() as api:
        api.v1.subscriptions.update(facts.id, params, once(key, {"id": facts.id, **params}))


def keep_cards(facts: objects.SubscriptionFacts, *, key: str) -> None:
    """Have a card that pays an open invoice kept for the next ones."""
    params: Any = {"payment_settings": {"save_default_payment_method": "on_subscription"}}
    with writing() as api:
        api.v1.subscriptions.update(facts.id, params, once(f"{key}:keep", {"id": facts.id, **params}))


def void_invoice(invoice_id: str, *, key: str) -> None:
    """Have an open invoice paid by nobody any more."""
    with writing() as api:
        api.v1.invoices.void_invoice(invoice_id, {}, once(key, {"id": invoice_id}))


def set_ending(facts: objects.SubscriptionFacts, *, ends_with_period: bool, key: str) -> None:
    """Let the subscription end with its period, or go on."""
    params: Any = {"cancel_at_period_end": ends_with_period}
    if not ends_with_period and not facts.ends_by_flag:
        params = {"cancel_at": ""}
    with writing() as api:
        api.v1.subscriptions.update(facts.id, params, once(key, {"id": facts.id, **params}))


def end_subscription(subscription_id: str, *, key: str) -> None:
    """End the subscription now: nothing is billed or tried any more, and nothing is given back."""
    with writing() as api:
        api.v1.subscriptions.cancel(subscription_id, {}, once(key, {"id": subscription_id}))


def schedule_price(
    facts: objects.SubscriptionFacts, *, schedule_id: str, price_id: str, interval: str, key: str
) -> objects.ScheduleFacts:
    """Move the subscription to another price when its period ends; afterwards it goes on by itself.

    A schedule the subscription is in already (of a former change, or of one whose answer was lost) is used again. What
    the present phase has of discounts, taxes and a card is sent again with both: a phase has only what it names.
    """
    made: Any = {"from_subscription": facts.id}
    with writing() as api:
        if schedule_id:
            schedule = objects.read_schedule(api.v1.subscription_schedules.retrieve(schedule_id).to_dict())
        else:
            schedule = objects.read_schedule(api.v1.subscription_schedules.create(made, once(key, made)).to_dict())
        present: dict[str, Any] = {
            **schedule.settings,
            "items": [{"price": facts.price.id, "quantity": 1}],
            "start_date": objects.to_timestamp(schedule.phase_start or facts.period_start),
            "end_date": objects.to_timestamp(facts.period_end),
            "proration_behavior": "none",
        }
        if facts.status == SubscriptionStatus.TRIALING and facts.trial_ends_at is not None:
            present["trial_end"] = objects.to_timestamp(facts.trial_ends_at)
        following = {
            **schedule.settings,
            "items": [{"price": price_id, "quantity": 1}],
            "duration": {"interval": interval, "interval_count": 1},
            "proration_behavior": "none",
        }
        phases: Any = {"end_behavior": "release", "proration_behavior": "none", "phases": [present, following]}
        options = once(f"{key}:phases", {"id": schedule.id, **phases})
        return objects.read_schedule(api.v1.subscription_schedules.update(schedule.id, phases, options).to_dict())


def release_schedule(schedule_id: str, *, key: str) -> None:
    """Forget what was planned; the subscription goes on as it is."""
    with writing() as api:
        api.v1.subscription_schedules.release(schedule_id, {}, once(key, {"id": schedule_id}))
