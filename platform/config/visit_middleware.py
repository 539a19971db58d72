"""Limit and log the visits of Banyan's staff in a brand: by a live grant only, only as far as it goes."""

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
from shared_apps.support.services import visit_entry as visits
from shared_apps.support.views.visiting import address_of, get_active_visit, join_visit
from shared_apps.tenants.selectors import find_brand_by_host

# How BrandMiddleware refuses a brand that is set up: not paid, suspended, led to the owner's page.
REFUSALS: Final = frozenset({302, 402, 403})
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
ENTERING: Final = "/console/support/enter/"
# What also a visitor who may only read does: go.
LEAVING: Final = frozenset({"/console/logout/", "/console/support/leave/"})

# Whole lists as files. Looking is page by page, with its line in the log.
_TAKEN_ALONG: Final = re.compile(r"/api/v1/exports/|/console/exports/|/console/.*/export/")


class VisitMiddleware:
    """Check the grant and log each request of a visitor.

    It stands behind PageAuthentication and before ActorMiddleware, which takes over the rights a visit gives. For a
    visitor each request asks whether the grant still lives (one query; the brand's own people cost none) and is logged
    after its answer is known, outside of any transaction of the request: what was refused, and what was rolled back, is
    in the log as well. If it cannot be logged, the answer is not shown.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        badge = _badge(request)
        response = self._answer(request, badge)
        if begun := get_active_visit(request):  # maybe by this very request, which redeemed a pass
            badge = visits.Badge(begun.grant_id, begun.staff_id, begun.staff_name)
        if badge is not None:
            _log(request, badge, response.status_code)
        return response

    def _answer(self, request: HttpRequest, badge: visits.Badge | None) -> HttpResponse:
        if not _is_visitor(request):
            return self.get_response(request)
        visit = visits.find_visit(badge, clock.now()) if badge else None
        if visit is None:
            logout(request)
            return self.get_response(request) if request.path == ENTERING else _refuse(request, visits.VisitOver())
        if not visit.may_write and request.method not in READING and request.path not in LEAVING:
            return _refuse(request, visits.VisitReadsOnly())
        if not visit.may_write and _TAKEN_ALONG.match(request.path):
            return _refuse(request, visits.VisitTakesNothing())
        join_visit(request, visit)
        visits.admit(request.user, visit)
        return self.get_response(request)


class RefusedVisitMiddleware:
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
            badge = visits.badge_in(import_module(settings.SESSION_ENGINE).SessionStore(key))
        if badge is not None:
            _log(request, badge, status)


def _has_session(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES and not is_public() and not carries_api_key(request)


def _is_visitor(request: HttpRequest) -> bool:
    return _has_session(request) and accounts.is_visitor(request.user)


def _badge(request: HttpRequest) -> visits.Badge | None:
    return visits.badge_in(request.session) if _is_visitor(request) else None


def _refuse(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    if is_api(request):
        return problem_for(refusal)
    response = render(request, "support/visit_refused.html", {"title": refusal.title}, status=refusal.status)
    response["Cache-Control"] = "no-store"
    return response


def _log(request: HttpRequest, badge: visits.Badge, status: int) -> None:
    address = address_of(request)
    visits.record_request(badge=badge, method=request.method or "", address=address, status=status, now=clock.now())
