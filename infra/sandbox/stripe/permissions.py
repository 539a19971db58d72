"""Permissions of a restricted key: one for reading and one for writing each kind of object."""

from __future__ import annotations

from sandbox.core.web import Request
from sandbox.stripe.errors import ApiError

# The beginning of a path, and the word in the names of its two permissions. Stripe names them in the error it answers;
# the words of webhook endpoints, invoices and the portal are known from such errors, the others follow their pattern.
WORDS = {
    "/v1/billing_portal/": "customer_portal",
    "/v1/charges": "charge",
    "/v1/checkout/sessions": "checkout_session",
    "/v1/coupons": "coupon",
    "/v1/credit_notes": "credit_note",
    "/v1/customers": "customer",
    "/v1/disputes": "dispute",
    "/v1/events": "event",
    "/v1/invoice_payments": "invoice",
    "/v1/invoices": "invoice",
    "/v1/payment_intents": "payment_intent",
    "/v1/payment_methods": "payment_method",
    "/v1/prices": "plan",
    "/v1/products": "product",
    "/v1/refunds": "charge",
    "/v1/subscription_schedules": "subscription",
    "/v1/subscriptions": "subscription",
    "/v1/webhook_endpoints": "webhook",
}


def permission_of(request: Request) -> str:
    """Return the permission a request needs, `rak_webhook_write`; writing includes reading."""
    word = next((word for path, word in WORDS.items() if request.path.startswith(path)), "other")
    return f"rak_{word}_{'read' if request.method == 'GET' else 'write'}"


def ensure_permitted(permissions: frozenset[str] | None, request: Request) -> None:
    """Raise ApiError 403 where the key lacks the permission; None is a secret key, which has all of them."""
    needed = permission_of(request)
    if permissions is None or needed in permissions or needed.replace("_read", "_write") in permissions:
        return
    raise ApiError(
        403,
        "The provided key does not have the required permissions for this endpoint. Having the "
        f"'{needed}' permission would allow this request to continue.",
        code="more_permissions_required",
    )
