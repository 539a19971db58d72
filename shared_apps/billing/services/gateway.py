"""The way to Stripe: the only module that imports the SDK. Every answer is plain facts, every error one of ours.

Reads and webhooks stand here, writes in `gateway_writes`.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, cast

import stripe
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict, Text, Unavailable
from shared_apps.billing.rules import stripe_objects as objects
from shared_apps.billing.states import CheckoutStatus

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS: Final = 10  # to read
# To write: Stripe answers once the card is charged, and its own SDK waits so long.
WRITE_TIMEOUT_SECONDS: Final = 80
RETRIES: Final = 2
PAGE: Final = 100


class BillingNotConfigured(Unavailable):
    code = "billing_not_configured"
    title = _("Payments are not set up on this server")


class PaymentServiceUnavailable(Unavailable):
    code = "payment_service_unavailable"
    title = _("The payment service does not answer. Please try again in a minute")


class OutcomeUnknown(PaymentServiceUnavailable):
    """Raised where an answer was lost or is still being made: it may have been done, and asking again does it once."""

    code = "payment_outcome_unknown"
    title = _(
        "The payment service has not answered yet, so we do not know whether this was done. Look here again in a "
        "minute: trying again does it once only"
    )


class PaymentServiceRefused(Conflict):
    code = "payment_service_refused"
    title = _("The payment service did not accept this. Please ask our support")


class ObjectMissing(Conflict):
    code = "missing_at_payment_service"
    title = _("The payment service does not know this any more")


class PaymentMethodMissing(Conflict):
    code = "payment_method_missing"
    title = _("There is no card to pay with. Add one under “Cards and invoices” first")


class CardRefused(Conflict):
    code = "card_refused"
    title = _("The card was refused. Try another one, or ask your bank")


class WebhookRefused(Conflict):
    code = "webhook_refused"
    title = _("The signature is not right")


_CARD_PROBLEMS: Final[Mapping[str, Text]] = {
    "insufficient_funds": _("The card was refused: not enough money. Try another one."),
    "expired_card": _("The card has expired. Add another one."),
    "incorrect_cvc": _("The card was refused: the security code is wrong."),
    "incorrect_number": _("The card was refused: its number is wrong."),
    "authentication_required": _("The bank wants this payment confirmed. Confirm it on the page of the open invoice."),
    "lost_card": _("The card was refused. Ask your bank."),
    "stolen_card": _("The card was refused. Ask your bank."),
}
AUTHENTICATION_REQUIRED: Final = "authentication_required"
_NEEDS_CONFIRMING: Final = {
    AUTHENTICATION_REQUIRED,
    "invoice_payment_intent_requires_action",
    "subscription_payment_intent_requires_action",
}


def is_configured() -> bool:
    return bool(settings.STRIPE_API_KEY)


def is_live() -> bool:
    """Tell whether the key moves real money."""
    return str(settings.STRIPE_API_KEY).startswith(("sk_live_", "rk_live_"))


def fingerprint() -> str:
    """Tells one account at Stripe from another without telling the key."""
    text = f"{settings.STRIPE_API_BASE}|{settings.STRIPE_API_KEY}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def client(*, timeout: int = TIMEOUT_SECONDS) -> stripe.StripeClient:
    """The SDK's client for the key in the settings. Raises BillingNotConfigured, saying what is missing."""
    if not is_configured():
        raise BillingNotConfigured(_("STRIPE_API_KEY is not set."), missing="STRIPE_API_KEY")
    return _client(settings.STRIPE_API_KEY, settings.STRIPE_API_BASE, timeout)


@lru_cache(maxsize=16)
def _client(key: str, base: str, timeout: int) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": base.rstrip("/")} if base else None,
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=timeout),
    )


@contextmanager
def asking() -> Iterator[stripe.StripeClient]:
    """Read at Stripe; what goes wrong leaves as one of the errors above, without Stripe's own words."""
    try:
        yield client()
    except stripe.StripeError as error:
        raise _ours(error) from error


@contextmanager
def writing() -> Iterator[stripe.StripeClient]:
    """Write at Stripe, with time for a card to be charged. Raises OutcomeUnknown where the answer does not tell."""
    try:
        yield client(timeout=WRITE_TIMEOUT_SECONDS)
    except stripe.StripeError as error:
        ours = _ours(error)
        is_definite = error.http_status == 429  # too many calls, or another call holds the object: nothing was done
        if type(ours) is PaymentServiceUnavailable and not is_definite:
            raise OutcomeUnknown from error
        raise ours from error


def _ours(error: stripe.StripeError) -> Exception:
    code = error.code or ""
    if error.http_status == 402:
        reason = getattr(error.error, "decline_code", None) or code
        reason = AUTHENTICATION_REQUIRED if reason in _NEEDS_CONFIRMING else reason
        return CardRefused(_CARD_PROBLEMS.get(reason, ""), reason=reason)
    # 409: the first try of the same call is still at work.
    is_silent = error.http_status == 409 or (error.http_status or 0) >= 500
    if is_silent or isinstance(error, stripe.APIConnectionError | stripe.RateLimitError):
        logger.warning("Stripe does not answer: %s %s %s", type(error).__name__, error.http_status, error.request_id)
        return PaymentServiceUnavailable()
    if code == "resource_missing":
        # An unknown object is named by its parameter; with none it is the customer's payment method that is missing.
        param = str(getattr(error, "param", "") or "")
        return ObjectMissing(missing=param) if param else PaymentMethodMissing()
    logger.error("Stripe refused: %s %s %s", code, error.http_status, error.request_id, exc_info=error)
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return BillingNotConfigured(_("The payment service refuses our key."), missing="STRIPE_API_KEY")
    return PaymentServiceRefused()


def once(key: str, asked: Mapping[str, Any]) -> stripe.RequestOptions:
    """The idempotency key of a write: which row of ours, and what is asked in its name.

    The same request sent twice has its effect once, and another one is never taken for its repetition.
    """
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:16]
    return {"idempotency_key": f"{key}:{digest}"}


# --- webhooks --------------------------------------------------------------------------------------------------------


def read_event(body: bytes, signature: str) -> objects.Plain:
    """The event, if one of our secrets signed it within the last 300 seconds.

    Raises WebhookRefused, BillingNotConfigured without a key or a secret.
    """
    secrets = settings.STRIPE_WEBHOOK_SECRETS
    if not secrets:
        raise BillingNotConfigured(_("STRIPE_WEBHOOK_SECRETS is not set."), missing="STRIPE_WEBHOOK_SECRETS")
    if not any(_is_signed(body, signature, secret) for secret in secrets):
        raise WebhookRefused
    # As it was sent: the SDK's own objects hold numbers that JSON does not know.
    event = json.loads(body)
    about = event["data"].get("object") if isinstance(event.get("data"), dict) else None
    if event.get("object") != "event" or not isinstance(about, dict) or not {"id", "type", "created"} <= event.keys():
        raise WebhookRefused
    return cast(objects.Plain, event)


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    try:
        client().construct_event(body, signature, secret)
    except (stripe.SignatureVerificationError, ValueError, TypeError, AttributeError, RecursionError):
        return False  # not signed with this secret, or no event, no JSON, not even text, or endlessly nested
    return True


# --- reading ---------------------------------------------------------------------------------------------------------


def get_subscription(subscription_id: str) -> objects.SubscriptionFacts:
    with asking() as api:
        return objects.read_subscription(api.v1.subscriptions.retrieve(subscription_id).to_dict())


def get_schedule(schedule_id: str) -> objects.ScheduleFacts:
    with asking() as api:
        return objects.read_schedule(api.v1.subscription_schedules.retrieve(schedule_id).to_dict())


def get_price(price_id: str) -> objects.PriceFacts:
    with asking() as api:
        return objects.read_price(api.v1.prices.retrieve(price_id).to_dict())


def get_invoice(invoice_id: str) -> objects.InvoiceFacts:
    with asking() as api:
        return objects.read_invoice(api.v1.invoices.retrieve(invoice_id).to_dict())


def get_session(session_id: str) -> objects.SessionFacts:
    with asking() as api:
        return objects.read_session(api.v1.checkout.sessions.retrieve(session_id).to_dict())


def is_customer(customer_id: str) -> bool:
    """Tell whether the customer is there: one that was deleted in Stripe's dashboard is answered as a stub."""
    try:
        with asking() as api:
            return not api.v1.customers.retrieve(customer_id).to_dict().get("deleted", False)
    except ObjectMissing:
        return False


def get_default_card(customer_id: str) -> str:
    """The id of the customer's default payment method; empty where there is none."""
    with asking() as api:
        settings_of_invoices = api.v1.customers.retrieve(customer_id).to_dict().get("invoice_settings") or {}
        return objects.id_of(settings_of_invoices.get("default_payment_method"))


def get_card_entered_at(card_id: str) -> int:
    """Return the moment a payment method was entered, in seconds since 1970."""
    with asking() as api:
        return api.v1.payment_methods.retrieve(card_id).created


def get_money(invoice: objects.InvoiceFacts) -> objects.MoneyFacts:
    """Follow the money of a paid invoice through its charges, credit notes and disputes."""
    with asking() as api:
        found = api.v1.invoice_payments.list(
            {"invoice": invoice.id, "limit": PAGE, "expand": ["data.payment.payment_intent.latest_charge"]}
        )
        payments = [one.to_dict() for one in found.auto_paging_iter()]
        statuses: list[str] = []
        for payment in payments:
            intent = (payment.get("payment") or {}).get("payment_intent")
            charge = intent.get("latest_charge") if isinstance(intent, dict) else None
            if isinstance(charge, dict) and charge.get("disputed"):
                statuses += [one.status for one in api.v1.disputes.list({"charge": charge["id"], "limit": PAGE}).data]
        return objects.read_money(payments, statuses, invoice.returned)


def find_invoice_paid_by(payment_intent_id: str) -> str:
    """The id of the invoice that a payment intent paid; empty where it paid none."""
    if not payment_intent_id:
        return ""
    with asking() as api:
        about: Any = {"type": "payment_intent", "payment_intent": payment_intent_id}
        found = api.v1.invoice_payments.list({"payment": about, "limit": 1}).data
        return objects.id_of(found[0].to_dict().get("invoice")) if found else ""


def list_open_sessions(customer_id: str) -> list[objects.SessionFacts]:
    with asking() as api:
        found = api.v1.checkout.sessions.list(
            {"customer": customer_id, "status": CheckoutStatus.OPEN.value, "limit": PAGE}
        )
        return [objects.read_session(one.to_dict()) for one in found.auto_paging_iter()]


def list_subscriptions() -> Iterator[objects.SubscriptionFacts]:
    """Every subscription there is, ended ones included, a page of 100 at a time."""
    with asking() as api:
        for one in api.v1.subscriptions.list({"status": "all", "limit": PAGE}).auto_paging_iter():
            yield objects.read_subscription(one.to_dict())


def list_customers() -> Iterator[tuple[str, str]]:
    """(customer, brand named in its metadata or "") of every customer there is."""
    with asking() as api:
        for one in api.v1.customers.list({"limit": PAGE}).auto_paging_iter():
            yield one.id, str((one.to_dict().get("metadata") or {}).get("brand_id", ""))


def list_invoices(*, since: int) -> Iterator[objects.InvoiceFacts]:
    """Every invoice made since the moment (seconds since 1970)."""
    with asking() as api:
        for one in api.v1.invoices.list({"created": {"gte": since}, "limit": PAGE}).auto_paging_iter():
            yield objects.read_invoice(one.to_dict())


def preview_invoice(
    facts: objects.SubscriptionFacts, *, price_id: str, proration_at: int, restarts: bool
) -> objects.InvoicePreview:
    """Preview the cost of moving the subscription to another price at that moment, or with a period that begins now."""
    details: Any = change_details(facts, price_id=price_id, proration_at=proration_at, restarts=restarts)
    with asking() as api:
        asked: Any = {"customer": facts.customer_id, "subscription": facts.id, "subscription_details": details}
        return objects.read_preview(api.v1.invoices.create_preview(asked).to_dict())


def change_details(
    facts: objects.SubscriptionFacts, *, price_id: str, proration_at: int, restarts: bool
) -> dict[str, Any]:
    """The words of a change of price, the same for its preview and for the change.

    Another interval begins its period now (`restarts`): Stripe's flexible billing mode keeps the old anchor unless it
    is told so, and then takes no moment for prorations, since what is not used is credited up to now.
    """
    timing: dict[str, Any] = {"billing_cycle_anchor": {"type": "now"}} if restarts else {"proration_date": proration_at}
    return {
        "items": [{"id": facts.item_id, "price": price_id}],
        "proration_behavior": "always_invoice",
        **timing,
    }
