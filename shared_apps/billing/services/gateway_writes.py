"""Write at Stripe. `key` names the row of ours for which it is done; together with the request it makes the idempotency
key, so that an answer that was lost can be asked for again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared_apps.billing.rules import stripe_objects as objects
from shared_apps.billing.services.gateway import asking, once
from shared_apps.billing.states import SubscriptionStatus

# What the subscription mode of Stripe's pay page cannot take, whatever the account has: WeChat Pay keeps no permission
# for later payments (its `setup_future_usage` knows only "none").
_PAID_ONCE: Final = frozenset({"wechat_pay"})


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
    with asking() as api:
        return api.v1.customers.create(params, once(key, params)).id


def methods_for_subscriptions(configured: list[str]) -> tuple[str, ...]:
    """Those of the configured ways to pay that can pay again by themselves.

    Stripe takes the list as a filter and offers what of it the account may use for subscriptions in the currency:
    Alipay only where Stripe admitted the account to its recurring payments.
    """
    return tuple(method for method in configured if method not in _PAID_ONCE)


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
    with asking() as api:
        return objects.read_session(api.v1.checkout.sessions.create(params, once(key, params)).to_dict())


def expire_session(session_id: str) -> objects.SessionFacts:
    """Close a pay page. Raises PaymentServiceRefused for one that was paid in the meantime."""
    with asking() as api:
        done = api.v1.checkout.sessions.expire(session_id, {}, once(f"expire:{session_id}", {}))
        return objects.read_session(done.to_dict())


def create_portal_session(*, customer_id: str, configuration_id: str, return_url: str, language: str, key: str) -> str:
    """The address of the customer's own pages."""
    params: Any = {"customer": customer_id, "return_url": return_url, "locale": language}
    if configuration_id:
        params["configuration"] = configuration_id
    with asking() as api:
        return api.v1.billing_portal.sessions.create(params, once(key, params)).url


# --- subscriptions ---------------------------------------------------------------------------------------------------


def change_price(facts: objects.SubscriptionFacts, *, price_id: str, proration_at: int, key: str) -> None:
    """Move the subscription to another price at once, and take what is due for the rest of the period.

    `error_if_incomplete`: the change is made and paid, or nothing is changed and Stripe answers 402 in this very call.
    The other ways leave an open invoice and an update in waiting that somebody would have to take back later.
    """
    params: Any = {
        "items": [{"id": facts.item_id, "price": price_id}],
        "proration_behavior": "always_invoice",
        "proration_date": proration_at,
        "payment_behavior": "error_if_incomplete",
    }
    with asking() as api:
        api.v1.subscriptions.update(facts.id, params, once(key, {"id": facts.id, **params}))


def set_ending(facts: objects.SubscriptionFacts, *, ends_with_period: bool, key: str) -> None:
    """Let the subscription end with its period, or go on."""
    params: Any = {"cancel_at_period_end": ends_with_period}
    if not ends_with_period and not facts.ends_by_flag:
        params = {"cancel_at": ""}
    with asking() as api:
        api.v1.subscriptions.update(facts.id, params, once(key, {"id": facts.id, **params}))


def end_subscription(subscription_id: str, *, key: str) -> None:
    """End the subscription now: nothing is billed or tried any more, and nothing is given back."""
    with asking() as api:
        api.v1.subscriptions.cancel(subscription_id, {}, once(key, {"id": subscription_id}))


def schedule_price(
    facts: objects.SubscriptionFacts, *, schedule_id: str, price_id: str, interval: str, key: str
) -> objects.ScheduleFacts:
    """Move the subscription to another price when its period ends; afterwards it goes on by itself.

    A schedule the subscription is in already (of a former change, or of one whose answer was lost) is used again.
    """
    made: Any = {"from_subscription": facts.id}
    with asking() as api:
        if schedule_id:
            schedule = objects.read_schedule(api.v1.subscription_schedules.retrieve(schedule_id).to_dict())
        else:
            schedule = objects.read_schedule(api.v1.subscription_schedules.create(made, once(key, made)).to_dict())
        present: dict[str, Any] = {
            "items": [{"price": facts.price_id, "quantity": 1}],
            "start_date": objects.to_timestamp(schedule.phase_start or facts.period_start),
            "end_date": objects.to_timestamp(facts.period_end),
            "proration_behavior": "none",
        }
        if facts.status == SubscriptionStatus.TRIALING and facts.trial_ends_at is not None:
            present["trial_end"] = objects.to_timestamp(facts.trial_ends_at)
        following = {
            "items": [{"price": price_id, "quantity": 1}],
            "duration": {"interval": interval, "interval_count": 1},
            "proration_behavior": "none",
        }
        phases: Any = {"end_behavior": "release", "proration_behavior": "none", "phases": [present, following]}
        options = once(f"{key}:phases", {"id": schedule.id, **phases})
        return objects.read_schedule(api.v1.subscription_schedules.update(schedule.id, phases, options).to_dict())


def release_schedule(schedule_id: str, *, key: str) -> None:
    """Forget what was planned; the subscription goes on as it is."""
    with asking() as api:
        api.v1.subscription_schedules.release(schedule_id, {}, once(key, {"id": schedule_id}))
