"""Stripe's API under /v1/: keys, and answers with Stripe's headers."""

from __future__ import annotations

import base64
import traceback

from sandbox.core.errors import Json
from sandbox.core.web import Request, Response, json_response
from sandbox.stripe.errors import ApiError
from sandbox.stripe.machine import Answer, Call, Machine
from sandbox.stripe.permissions import ensure_permitted
from sandbox.stripe.work import API_VERSION


def answer_api(machine: Machine, api_key: str, request: Request) -> Response:
    """Authenticate by API key, and do one operation."""
    call = Call(request.method, request.path, request.query, request.body, request.header("Idempotency-Key") or None)
    try:
        _ensure_key(request.header("Authorization"), api_key)
        ensure_permitted(machine.account.permissions, request)
        answer = machine.call(call)
    except ApiError as error:
        answer = Answer(error.status, error.body)
    except Exception:  # a mistake of the fake's is a 500 with its traceback, for whoever tests against it
        return failure(500, f"The fake Stripe broke:\n{traceback.format_exc()}")
    headers = {"Request-Id": call.id, "Stripe-Version": request.header("Stripe-Version") or API_VERSION}
    if call.idempotency_key:
        headers["Idempotency-Key"] = call.idempotency_key
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    return json_response(answer.status, answer.body, headers)


def failure(status: int, message: str) -> Response:
    """An error of the server's own: 500, 429 (another call holds the object), 409 (the same key is being worked on)."""
    error: Json = {"type": "api_error", "message": message}
    if status == 429:
        error = {**error, "type": "invalid_request_error", "code": "lock_timeout"}
    elif status == 409:
        error = {**error, "type": "idempotency_error", "code": "idempotency_key_in_use"}
    return json_response(status, {"error": error}, {"Stripe-Should-Retry": "true"} if status in (409, 500) else {})


def _ensure_key(header: str, api_key: str) -> None:
    scheme, _, value = header.partition(" ")
    if scheme == "Basic":
        value = base64.b64decode(value).decode("utf-8", "replace").partition(":")[0]
    if not value:
        raise ApiError(401, "You did not provide an API key.")
    if value != api_key:
        raise ApiError(401, f"Invalid API Key provided: {value[:8]}{'*' * 8}{value[-4:]}")
