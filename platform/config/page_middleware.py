"""Middleware that only pages need: sessions, authentication, messages, the Content-Security-Policy.

A request of the API with a key has no session and shows no page. These classes are Django's own and django-csp's; such
a request passes them by, which is a good part of what a short answer costs.
"""

from typing import Any

from csp.middleware import CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse


def carries_api_key(request: HttpRequest) -> bool:
    """Tell whether the API will judge the request by its key alone: the same question as Ninja's HttpBearer asks."""
    scheme = request.META.get("HTTP_AUTHORIZATION", "").split(" ", 1)[0]
    return scheme.lower() == "bearer" and request.path.startswith("/api/")


class _ForPages:
    """Step aside for requests with a key."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if carries_api_key(request):
            return self.get_response(request)  # type: ignore[no-any-return]
        return super().__call__(request)  # type: ignore[misc, no-any-return]


class PageSession(_ForPages, SessionMiddleware):
    """Sessions."""


class PageAuthentication(_ForPages, AuthenticationMiddleware):
    """`request.user`."""


class PageMessages(_ForPages, MessageMiddleware):
    """Messages of the consoles."""


class PageContentSecurity(_ForPages, CSPMiddleware):
    """The Content-Security-Policy header."""
