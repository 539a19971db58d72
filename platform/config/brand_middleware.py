"""Choose the brand of a request, and refuse what the brand's state does not allow."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import Text
from kernel.http.middleware import is_api
from kernel.http.problems import problem_response
from kernel.tenancy.context import enter_brand, leave_brand
from shared_apps.tenants import selectors
from shared_apps.tenants.models import Brand
from shared_apps.tenants.states import WRITABLE, BrandState, ProvisioningState, state_at

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# Probes come by address, not by name, and are about the process.
_PROBES: Final = frozenset({"/healthz", "/readyz"})
# Open to everybody whatever a brand has paid: sign in and out, get in again, choose a language.
_FOR_EVERYBODY: Final = re.compile(
    r"/console/(login|logout|enter|email|password|two-step)/|/agent/(sign-out|password|two-step)/|/i18n/"
)
# What a brand that cannot write still does, and of a suspended one only the owner: pay, take the data along, ask us.
_PAY_EXPORT_ASK: Final = re.compile(
    r"/console/(billing|support|exports)/|/console/.*/export/|/api/v1/(billing|exports|support)(/|$)"
)
_DOORS: Final = frozenset({"/", "/console/"})
_OWNERS_PAGE: Final = "/console/billing/"
_OWNER: Final = "owner"


@dataclass(frozen=True)
class Refusal:
    """Reason to stop a request."""

    status: int
    code: str
    title: Text
    detail: Text


UNKNOWN_HOST = Refusal(
    404, "unknown_host", _("There is no brand at this address"), _("Check the address, or ask whoever gave it to you.")
)
NOT_READY = Refusal(
    503, "brand_not_ready", _("This brand is being set up"), _("It usually takes a second. Try again in a moment.")
)
ARCHIVED = Refusal(
    410, "brand_archived", _("This brand has been archived"), _("Its owner can ask our support for the data.")
)
SUSPENDED = Refusal(
    403,
    "brand_suspended",
    _("This brand is suspended"),
    _("Only its owner can sign in now, to pay, to export the data and to ask our support."),
)
_READ_ONLY: Final = {
    BrandState.TRIAL_EXPIRED: Refusal(
        402,
        "trial_expired",
        _("The trial is over"),
        _("Everything can be read and exported. Choose a plan, or ask our support for more days, to go on working."),
    ),
    BrandState.READ_ONLY: Refusal(
        402,
        "brand_read_only",
        _("This brand can only be read"),
        _("Everything can be read and exported. Settle the open payment to go on working."),
    ),
}


class BrandMiddleware:
    """Put the connection into the schema of the request's host: `public` or a brand's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        former = connection.tenant  # type: ignore[attr-defined]
        leave_brand()
        streaming = False
        try:
            response = self._answer(request)
            streaming = response.streaming
            return response
        finally:
            # A stream is read after this, and must find its schema; the next request chooses its own in any case.
            if not streaming:
                enter_brand(former)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        try:
            host = host_of(request)
        except DisallowedHost:  # no name at all, such as "a b", or one that is not ours
            return _refuse(request, UNKNOWN_HOST)
        if request.path in _PROBES:
            request.COOKIES.clear()  # a brand's session is unknown in `public`, and would be ended there
        if is_public_host(host) or request.path in _PROBES:
            request.tenant = connection.tenant  # type: ignore[attr-defined]
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
            return self.get_response(request)
        brand = selectors.find_brand_by_host(host)
        refusal = UNKNOWN_HOST if brand is None else refusal_for(brand, request)
        if refusal is SUSPENDED and request.path in _DOORS:
            return HttpResponseRedirect(_OWNERS_PAGE)  # where the owner is let in, and everybody else is told
        if refusal is not None or brand is None:
            return _refuse(request, refusal or UNKNOWN_HOST)
        request.tenant = brand  # type: ignore[attr-defined]
        enter_brand(brand)
        response = self.get_response(request)
        if settings.SECURE_HSTS_SECONDS and request.is_secure() and not host.endswith(f".{settings.BASE_DOMAIN}"):
            # A brand's own domain: what else stands below it is the brand's affair, so only this name is held to HTTPS.
            response["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        return response


def host_of(request: HttpRequest) -> str:
    """Return the host's name in small letters, without port, final dot and `www.`."""
    host = request.get_host().lower()
    name = host[: host.index("]") + 1] if host.startswith("[") else host.partition(":")[0]
    return name.rstrip(".").removeprefix("www.")


def is_public_host(host: str) -> bool:
    return host in {settings.BASE_DOMAIN, "127.0.0.1", "[::1]"}


def refusal_for(brand: Brand, request: HttpRequest) -> Refusal | None:
    """Return the reason to refuse this brand this request, or None."""
    if brand.provisioning_state != ProvisioningState.READY:
        return NOT_READY
    state = state_at(brand.state, brand.trial_ends_at, clock.now())
    if state is BrandState.ARCHIVED:
        return ARCHIVED
    if state in WRITABLE or _FOR_EVERYBODY.match(request.path) or _PAY_EXPORT_ASK.match(request.path):
        return None
    if state is BrandState.SUSPENDED:
        return SUSPENDED
    return None if request.method in _READING else _READ_ONLY[state]


def is_suspended(request: HttpRequest) -> bool:
    """Tell whether the brand lets nobody in but its owner."""
    return getattr(getattr(request, "tenant", None), "state", "") == BrandState.SUSPENDED


class OwnersOnlyMiddleware:
    """Keep everybody but the owner out of a suspended brand's pages; for the API its auth classes do.

    It stands behind ActorMiddleware. Somebody not signed in yet is led to the sign-in by the page itself.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_suspended(request) and not is_api(request) and not _FOR_EVERYBODY.match(request.path):
            person = request.user
            if person.is_authenticated and getattr(person, "role", "") != _OWNER:
                return _refuse(request, SUSPENDED)
        return self.get_response(request)


def _refuse(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    # The language is chosen further in, where this request does not come.
    with translation.override(translation.get_language_from_request(request)):
        if is_api(request):
            response = problem_response(
                status=refusal.status, code=refusal.code, title=refusal.title, detail=refusal.detail
            )
            return _with_headers(response, refusal)
        context = {"status": refusal.status, "title": refusal.title, "detail": refusal.detail}
        return _with_headers(render(request, "tenants/host_problem.html", context, status=refusal.status), refusal)


def _with_headers(response: HttpResponse, refusal: Refusal) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    if refusal is NOT_READY:
        response["Retry-After"] = "2"
    return response
