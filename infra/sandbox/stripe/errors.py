"""Stripe's error envelope."""

from __future__ import annotations

from typing import Any

from sandbox.core.errors import Json, RefusalError


class ApiError(RefusalError):
    """A refusal in Stripe's error envelope.

    `keep` where the work done before it must stay, as after a declined charge.
    """

    def __init__(self, status: int, message: str, *, keep: bool = False, **fields: Any) -> None:
        """`fields` go into the `error` object: type, code, param, decline_code …"""
        super().__init__(status, message, {"error": {"message": message, "type": "invalid_request_error", **fields}})
        self.keep = keep


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """400 for a wrong parameter."""
    fields: Json = {name: value for name, value in (("param", param), ("code", code)) if value}
    return ApiError(400, message, **fields)


def missing(kind: str, identifier: str, param: str) -> ApiError:
    """404 for an object that does not exist (or 400 where it was named by a parameter, as Stripe does)."""
    noun = {"checkout.session": "checkout.session", "test_helpers.test_clock": "test clock"}.get(
        kind, kind.replace("_", " ").replace("PaymentMethod", "payment method")
    )
    text = "PaymentMethod" if kind == "payment_method" else noun
    return ApiError(
        404 if param == "id" else 400, f"No such {text}: '{identifier}'", code="resource_missing", param=param
    )


def unsupported(what: str) -> ApiError:
    """400 for something the real API knows and the fake does not: never silently ignored."""
    return ApiError(400, f"The fake Stripe does not support {what}.", code="fake_not_supported", param=what)


def declined(decline_code: str, payment_intent: Json | None = None, *, keep: bool = True) -> ApiError:
    """402 for a card that was refused."""
    texts = {
        "insufficient_funds": "Your card has insufficient funds.",
        "authentication_required": "Your card was declined. This transaction requires authentication.",
    }
    code = "authentication_required" if decline_code == "authentication_required" else "card_declined"
    fields: Json = {"type": "card_error", "code": code, "decline_code": decline_code}
    if payment_intent is not None:
        fields["payment_intent"] = payment_intent
    return ApiError(402, texts.get(decline_code, "Your card was declined."), keep=keep, **fields)
