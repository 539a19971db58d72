"""Middleware of every request. In settings, in this order:

RequestContextMiddleware first of all; PageCompressionMiddleware; SecurityHeadersMiddleware; NulByteMiddleware;
…whatever chooses the brand…; ApiProblemsMiddleware after the one that chooses the language; …sessions, CSRF, sign-in…;
RateLimitMiddleware; IdempotencyMiddleware last.
"""

import logging
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.db import DataError, OperationalError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.views.defaults import bad_request, page_not_found

from kernel.core import clock, throttling
from kernel.core.errors import DomainError, TooManyRequests
from kernel.http import idempotency
from kernel.http.addresses import client_address, credential_of
from kernel.http.permissions import actor_of
from kernel.http.problems import CONTENT_TYPE, problem_for, problem_for_database, problem_for_status
from kernel.tenancy.actors import ANONYMOUS, acting_as
from kernel.tenancy.origin import Origin, coming_from

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]

API_PREFIX: Final = "/api/"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._\-]{1,64}")
# Meant to be sent again (402: after paying), or not the answer of the operation at all.
_NOT_STORED: Final = frozenset({401, 402, 403, 408, 413, 429})
_STORED_HEADERS: Final = ("Content-Type", "Location")
_UNKNOWN_PER_MINUTE: Final = 60
_PERMISSIONS_POLICY: Final = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith(API_PREFIX)


class PageCompressionMiddleware(GZipMiddleware):
    """Compress pages. Django pads each by a random length, so that their size tells nothing of a secret in them."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = response.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response


class RequestContextMiddleware:
    """Give the request an id (the caller's, if it is a plain word) and an origin."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        with coming_from(Origin(request_id, client_address(request))), acting_as(ANONYMOUS):
            response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response


class SecurityHeadersMiddleware:
    """Set the headers that Django does not, and forbid caching of API answers."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if is_api(request):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class NulByteMiddleware:
    """Answer 400 instead of 500 to a NUL byte, which Postgres can neither store nor compare.

    An address with one is not found. Forms and filters may handle one; if it reaches the database, the request was
    invalid.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.path and not is_api(request):  # of the API's, ApiProblemsMiddleware says so
            return page_not_found(request, Http404())
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 400 for errors of driver or database, if the request contained a NUL."""
        is_refused = isinstance(exception, DataError) or "NUL (0x00)" in str(exception)
        if not is_refused or not _brings_nul(request):
            return None
        return bad_request(request, exception)


def _brings_nul(request: HttpRequest) -> bool:
    fields = [*request.GET.lists(), *request.POST.lists()]
    return any("\x00" in text for name, values in fields for text in (name, *values))


class ApiProblemsMiddleware:
    """Render every refusal under /api/ as a problem document, also those outside operations."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_api(request) and "\x00" in request.path:
            return problem_for_status(404)  # no row has such a name, and Postgres must not be asked
        response = self.get_response(request)
        if response.status_code < 400 or not is_api(request) or response.get("Content-Type") == CONTENT_TYPE:
            return response
        problem = problem_for_status(response.status_code)
        for name in ("Allow", "Retry-After"):
            if name in response:
                problem[name] = response[name]
        return problem


class RateLimitMiddleware:
    """Limit API requests per minute and credential; unknown credentials are counted by address.

    The limit of the brand's plan is counted where its keys are authenticated (`config.authentication`); the headers
    show
    the tighter of the two.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_api(request):
            return self.get_response(request)
        limit: int = getattr(settings, "API_REQUESTS_PER_MINUTE", 600)
        allowance = throttling.take("api", credential_of(request), limit=limit, window_seconds=60)
        if allowance is None:
            return self.get_response(request)
        if allowance.exceeded:
            response: HttpResponseBase = _slow_down(allowance.reset)
        else:
            response = self._answer(request)
            allowance = min(allowance, getattr(request, "brand_allowance", None) or allowance, key=_left)
        response["RateLimit-Limit"] = str(allowance.limit)
        response["RateLimit-Remaining"] = str(allowance.remaining)
        response["RateLimit-Reset"] = str(allowance.reset)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer; invalid keys are limited per address, to slow guessing."""
        response = self.get_response(request)
        if response.status_code != 401:
            return response
        address = client_address(request) or "nowhere"
        guesses = throttling.take("api-unknown", address, limit=_UNKNOWN_PER_MINUTE, window_seconds=60)
        return _slow_down(guesses.reset) if guesses and guesses.exceeded else response


def _left(allowance: throttling.Allowance) -> int:
    return allowance.remaining


def _slow_down(seconds: int) -> HttpResponse:
    return problem_for(
        TooManyRequests(
            gettext("Please wait %(seconds)s seconds and try again.") % {"seconds": seconds}, retry_after=seconds
        )
    )


class IdempotencyMiddleware:
    """Give a POST under /api/ with an Idempotency-Key one effect and one answer, however often it is sent."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.headers.get("Idempotency-Key")
        if key is None or request.method != "POST" or not is_api(request):
            return self.get_response(request)
        try:
            ticket = idempotency.Ticket(
                scope=idempotency.digest(credential_of(request).encode()),
                key=idempotency.ensure_valid_key(key),
                fingerprint=_fingerprint(request),
            )
            with transaction.atomic():
                return self._once(request, ticket)
        except RequestDataTooBig:
            return problem_for_status(413)
        except DomainError as refusal:
            return problem_for(refusal)
        except OperationalError as error:
            problem = problem_for_database(error)
            if problem is None:
                raise
            return problem

    def _once(self, request: HttpRequest, ticket: idempotency.Ticket) -> HttpResponseBase:
        """Answer inside the transaction that holds the key; an answer that is not stored rolls all of it back."""
        stored = idempotency.claim(ticket, now=clock.now())
        if stored is not None:
            _ensure_recognised(request)
            return _replay(stored)
        response = self.get_response(request)
        if not _is_kept(request, response.status_code) or connection.needs_rollback:
            transaction.set_rollback(True)
            return response
        if isinstance(response, HttpResponse):
            headers = {name: response[name] for name in _STORED_HEADERS if name in response}
            idempotency.store(ticket, idempotency.StoredAnswer(response.status_code, headers, response.content))
            return response
        # A stream cannot be replayed, so it does not use up the key.
        idempotency.release(ticket)
        return response


def _ensure_recognised(request: HttpRequest) -> None:
    """Authenticate before a replay, which does not run the operation.

    `IDEMPOTENCY_GUARD` names a function that raises for credentials that are no longer valid, such as a revoked key.
    """
    if guard := getattr(settings, "IDEMPOTENCY_GUARD", ""):
        import_string(guard)(request)


def _is_kept(request: HttpRequest, status: int) -> bool:
    """Tell whether the answer may be replayed. Refusals of strangers are not stored: they could fill the table."""
    if status >= 500 or status in _NOT_STORED:
        return False
    return status < 400 or actor_of(request) != ANONYMOUS


def _replay(stored: idempotency.StoredAnswer) -> HttpResponse:
    response = HttpResponse(stored.body, status=stored.status, headers=stored.headers)
    response["Idempotent-Replayed"] = "true"
    return response


def _fingerprint(request: HttpRequest) -> str:
    """Return the digest of method, address and body. Uploaded files are read in chunks and rewound."""
    head = f"{request.method} {request.get_full_path()}".encode()
    if request.content_type != "multipart/form-data":
        return idempotency.digest(head, request.body)
    return idempotency.digest(head, *_form_parts(request))


def _form_parts(request: HttpRequest) -> Iterator[bytes]:
    for name in sorted(request.POST):
        for value in request.POST.getlist(name):
            yield f"{name}={value}".encode(errors="replace")
    for name in sorted(request.FILES):
        for upload in request.FILES.getlist(name):
            yield f"{name}:{upload.name}:{_file_digest(upload)}".encode(errors="replace")


def _file_digest(upload: "UploadedFile[Any]") -> str:
    found = idempotency.digest(*upload.chunks())
    upload.seek(0)
    return found
