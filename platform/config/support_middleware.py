"""Limit and log the sessions of Banyan's staff in a brand: by a live grant only, only as far as it goes."""

import re
from collections.abc import Callable
from importlib import import_module
from typing import Final

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.brand_middleware import host_of
from config.page_middleware import carries_api_key
from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.http.middleware import is_api
from kernel.http.problems import problem_for
from kernel.tenancy.context import brand_schema, is_public
from shared_apps.accounts import selectors as accounts
from shared_apps.support.services import sessions
from shared_apps.support.views.sessions import address_of, get_support_session, join_session
from shared_apps.tenants.selectors import find_brand_by_host

# How BrandMiddleware refuses a brand that is set up: not paid, suspended, led to the owner's page.
REFUSALS: Final = frozenset({302, 402, 403})
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
ENTERING: Final = "/console/support/enter/"
# What also a visitor who may only read does: go.
LEAVING: Final = frozenset({"/console/logout/", "/console/support/leave/"})

# Whole lists as files. Looking is page by page, with its line in the log.
_TAKEN_ALONG: Final = re.compile(r"/api/v1/exports/|/console/exports/|/console/.*/export/")


class SupportSessionMiddleware:
    """Check the grant and log each request of a visitor.

    It stands behind PageAuthentication and before ActorMiddleware, which takes over the rights a session gives. For a
    visitor each request asks whether the grant still lives (one query; the brand's own people cost none) and is logged
    after its answer is known, outside of any transaction of the request: what was refused, and what was rolled back, is
    in the log as well. If it cannot be logged, the answer is not shown.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        held = _grant_of(request)
        response = self._answer(request, held)
        if begun := get_support_session(request):  # maybe by this very request, which redeemed a pass
            held = sessions.SessionGrant(begun.grant_id, begun.staff_id, begun.staff_name)
        if held is not None:
            _log(request, held, response.status_code)
        return response

    def _answer(self, request: HttpRequest, held: sessions.SessionGrant | None) -> HttpResponse:
        if not _is_visitor(request):
            return self.get_response(request)
        support_session = sessions.find_session(held, clock.now()) if held else None
        if support_session is None:
            logout(request)
            return self.get_response(request) if request.path == ENTERING else _refuse(request, sessions.SessionOver())
        if not support_session.may_write and request.method not in READING and request.path not in LEAVING:
            return _refuse(request, sessions.SessionReadsOnly())
        if not support_session.may_write and _TAKEN_ALONG.match(request.path):
            return _refuse(request, sessions.SessionExportsNothing())
        join_session(request, support_session)
        sessions.admit(request.user, support_session)
        return self.get_response(request)


class RefusedSessionMiddleware:
    """Log a visitor's requests that BrandMiddleware refuses by the brand's state, before any session is known.

    It stands before BrandMiddleware. Only a refused request that brings a session costs anything.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if key and response.status_code in REFUSALS and not hasattr(request, "tenant") and not carries_api_key(request):
            self._note(request, key, response.status_code)
        return response

    def _note(self, request: HttpRequest, key: str, status: int) -> None:
        brand = find_brand_by_host(host_of(request))
        if brand is None:
            return
        with brand_schema(brand.schema_name):
            held = sessions.grant_in(import_module(settings.SESSION_ENGINE).SessionStore(key))
        if held is not None:
            _log(request, held, status)


def _has_session(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES and not is_public() and not carries_api_key(request)


def _is_visitor(request: HttpRequest) -> bool:
    return _has_session(request) and accounts.is_visitor(request.user)


def _grant_of(request: HttpRequest) -> sessions.SessionGrant | None:
    return sessions.grant_in(request.session) if _is_visitor(request) else None


def _refuse(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    if is_api(request):
        return problem_for(refusal)
    response = render(request, "support/session_refused.html", {"title": refusal.title}, status=refusal.status)
    response["Cache-Control"] = "no-store"
    return response


def _log(request: HttpRequest, held: sessions.SessionGrant, status: int) -> None:
    address = address_of(request)
    sessions.record_request(held=held, method=request.method or "", address=address, status=status, now=clock.now())
