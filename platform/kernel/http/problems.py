"""Problem details (RFC 9457): `{type, title, status, detail, code, errors[], request_id}`."""

import logging
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

import psycopg2
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, RawPostDataException
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from kernel.core.errors import (
    DomainError,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from kernel.http.rendering import FastJson
from kernel.http.validation import field_errors
from kernel.tenancy.origin import current_origin

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
# Lock not available, deadlock, serialisation failure, statement cancelled by its time limit, too many connections.
BUSY = frozenset({"55P03", "40P01", "40001", "57014", "53300"})

# Shut down, crashed, starting anew.
AWAY = frozenset({"57P01", "57P02", "57P03"})
OUT_OF_RANGE = "22003"


def problem_response(
    *, status: int, code: str, title: object, detail: object = "", errors: Sequence[FieldError] = (), **extra: object
) -> HttpResponse:
    """Render a refusal. `detail` is in the user's language; `code` is stable.

    `extra` members are added as they are; `retry_after` (seconds) also sets the header.
    """
    body = {
        **extra,
        "type": f"urn:banyan:problem:{code}",
        "title": str(title),
        "status": status,
        "detail": str(detail or title),
        "code": code,
        "errors": [{"field": item.field, "code": item.code, "detail": str(item.detail)} for item in errors],
        "request_id": current_origin().request_id,
    }
    response = FastJson(body, status=status, content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    if "retry_after" in extra:
        response["Retry-After"] = str(extra["retry_after"])
    return response


def problem_for(error: DomainError) -> HttpResponse:
    members = {name: value for name, value in error.extra.items() if name not in _RESERVED}
    return problem_response(
        status=error.status, code=error.code, title=error.title, detail=error.detail, errors=error.errors, **members
    )


_RESERVED = frozenset({"status", "code", "title", "detail", "errors", "type", "request_id"})


def problem_for_fields(errors: Sequence[FieldError]) -> HttpResponse:
    return problem_for(Invalid(gettext("Correct the fields listed under errors."), errors=errors))


def problem_for_status(status: int, detail: str = "") -> HttpResponse:
    kinds: dict[int, type[DomainError]] = {
        401: Unauthenticated,
        403: Forbidden,
        404: NotFound,
        413: TooLarge,
        503: Unavailable,
    }
    if status in kinds:
        return problem_for(kinds[status](detail))
    titles = {
        400: ("bad_request", gettext("The request could not be read")),
        405: ("method_not_allowed", gettext("This address does not have that method")),
        406: ("not_acceptable", gettext("This form of answer is not available")),
        415: ("unsupported_media_type", gettext("Send JSON, with Content-Type: application/json")),
        429: ("too_many_requests", gettext("Too many requests")),
    }
    fallback = (
        ("refused", gettext("The request was refused")) if status < 500 else ("internal_error", gettext("Our mistake"))
    )
    code, title = titles.get(status, fallback)
    return problem_response(status=status, code=code, title=title, detail=detail)


def is_busy(error: OperationalError) -> bool:
    """Tell whether the database refused temporarily: a lock, a deadlock, a time limit."""
    return getattr(error.__cause__, "pgcode", None) in BUSY


def is_away(error: OperationalError) -> bool:
    """Tell whether there is no database to ask: it was shut down or killed, or is not up again."""
    cause = error.__cause__
    code = getattr(cause, "pgcode", None)
    return code in AWAY or (code is None and isinstance(cause, psycopg2.OperationalError))


def problem_for_database(error: OperationalError) -> HttpResponse | None:
    """Render an error of the database that is over soon; None for any other."""
    if is_busy(error):
        detail = gettext("Others are changing the same thing. Try again in a moment.")
    elif is_away(error):
        detail = gettext("The service is restarting. Try again in a moment, with the same Idempotency-Key.")
    else:
        return None
    logger.warning("busy: %s", type(error.__cause__).__name__, exc_info=error)
    return problem_for(Unavailable(detail, retry_after=1))


# --- Ninja -----------------------------------------------------------------------------------------------------------


def _domain(request: HttpRequest, error: DomainError) -> HttpResponse:
    return problem_for(error)


def _validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem_for_fields(field_errors(error.errors))


def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    # 400 is Ninja's word for a body that is no JSON; its message may quote the body.
    details = {400: gettext("The body must be valid JSON in UTF-8.")}
    return problem_for_status(error.status_code, details.get(error.status_code, ""))


def _authentication(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem_for(
        Unauthenticated(gettext("Send `Authorization: Bearer bny_…` with a key of this brand, or sign in."))
    )


def _status(request: HttpRequest, error: Exception, *, status: int) -> HttpResponse:
    return problem_for_status(status)


def _operational(request: HttpRequest, error: OperationalError) -> HttpResponse:
    return problem_for_database(error) or _unexpected(request, error)


def _data(request: HttpRequest, error: DataError) -> HttpResponse:
    """Answer a data error: a sum can overflow its column though every input is in range."""
    if getattr(error.__cause__, "pgcode", None) != OUT_OF_RANGE:
        return _unexpected(request, error)
    return problem_for(Invalid(gettext("A number, or a sum of them, is too large."), field="body"))


def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("unexpected error at %s %s", request.method, request.path, exc_info=error)
    return problem_response(
        status=500,
        code="internal_error",
        title=gettext("Our mistake"),
        detail=gettext("Something broke on our side. Nothing was changed. Tell us the request id if it happens again."),
    )


def install_error_handlers(api: NinjaAPI) -> None:
    handlers: list[tuple[type[Exception], Any]] = [
        (Exception, _unexpected),
        (DomainError, _domain),
        (ValidationError, _validation),
        (HttpError, _http),
        (AuthenticationError, _authentication),
        (Http404, partial(_status, status=404)),
        (PermissionDenied, partial(_status, status=403)),
        (SuspiciousOperation, partial(_status, status=400)),
        (MultiPartParserError, partial(_status, status=400)),
        (RequestDataTooBig, partial(_status, status=413)),
        # A form was sent, and read as one, to an operation that wants JSON.
        (RawPostDataException, partial(_status, status=415)),
        (OperationalError, _operational),
        (DataError, _data),
    ]
    for error, handler in handlers:
        api.add_exception_handler(error, handler)
