"""Authenticate by API key or by the console's session. Sets `request.actor`, which the audit log reads too."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from config.brand_middleware import SUSPENDED, is_suspended
from kernel.core import clock
from kernel.core.errors import Forbidden, Unauthenticated
from kernel.tenancy.actors import Actor, set_current_actor
from kernel.tenancy.context import is_public
from shared_apps.accounts import selectors
from shared_apps.accounts.models import User
from shared_apps.accounts.services import api_keys
from shared_apps.entitlements.services import calls


class KeyRefused(Unauthenticated):
    code = "api_key_refused"
    title = _("This API key is unknown here, revoked or expired")


class CsrfRefused(Forbidden):
    code = "csrf_refused"
    title = _("The page is too old, or the request came from another site. Reload the page.")


class BrandSuspended(Forbidden):
    code = SUSPENDED.code
    title = _("This brand is suspended")


class ApiKeyAuth(HttpBearer):
    """`Authorization: Bearer bny_…`: a key of the brand whose host is asked. A wrong key is never let in otherwise."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        actor = api_keys.use_api_key(token.strip(), now=clock.now())
        if actor is None:
            raise KeyRefused
        # Counted for the brand as a whole, and only here, where the key is known to be good: a stranger who tries keys
        # must not use up what the brand has paid for.
        request.brand_allowance = allowance = calls.count_call()  # type: ignore[attr-defined]
        calls.ensure_calls_left(allowance)
        return _enter_api(request, actor)


class SessionAuth(APIKeyCookie):
    """The console's session, with the CSRF check on everything that writes."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Actor | None:
        if not isinstance(request.user, User):
            return None
        if check_csrf(request) is not None:
            raise CsrfRefused
        return self.authenticate(request, None)

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        if not isinstance(request.user, User):
            return None
        return _enter_api(request, selectors.actor_for_user(request.user))


# Who is let in to the brand's API, in this order.
API_AUTHENTICATION: Final[list[Callable[[HttpRequest], Actor | None]]] = [ApiKeyAuth(), SessionAuth()]


def ensure_recognised(request: HttpRequest) -> None:
    """Raise the refusal of the brand's API, unless the request's credential is still good. Public knows none."""
    if not is_public() and not any(authenticate(request) for authenticate in API_AUTHENTICATION):
        raise Unauthenticated


def _enter_api(request: HttpRequest, actor: Actor) -> Actor:
    """Set the actor. Raises BrandSuspended for anybody but the owner of a suspended brand."""
    if is_suspended(request) and actor.role != "owner":
        raise BrandSuspended(SUSPENDED.detail)
    return _enter(request, actor)


def _enter(request: HttpRequest, actor: Actor) -> Actor:
    request.actor = actor  # type: ignore[attr-defined]
    set_current_actor(actor)
    return actor


class ActorMiddleware:
    """Let services know the signed-in person on pages, as the auth classes do for the API.

    It stands behind AuthenticationMiddleware. Paths of the API are left to their auth classes: a key's request carries
    no session, and looking for one would cost a query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES and not request.path.startswith("/api/")
        if has_session and isinstance(request.user, User):
            _enter(request, selectors.actor_for_user(request.user))
        return self.get_response(request)


class AgentsOutsideMiddleware:
    """Lead a signed-in agent from everything below `/console/` to the agents' own page.

    Open are only pages that need no login, since links in letters lead to them. It stands behind ActorMiddleware.
    """

    OPEN = ("accounts:enter", "accounts:email_confirm", "accounts:password_reset")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES and request.path.startswith("/console/")
        if has_session and selectors.is_agent(request.user) and not _is_at(request, self.OPEN):
            return redirect(reverse("agent:home", urlconf=getattr(request, "urlconf", None)))
        return self.get_response(request)


class StaffSecondStepMiddleware:
    """Lead Banyan's own staff to set a second step up before any other page of their console.

    Asked on the platform's host only, where PLATFORM_TOTP_REQUIRED says so. It stands behind AuthenticationMiddleware.
    """

    OPEN = ("accounts:login", "accounts:code", "accounts:second_step", "platform:logout")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.PLATFORM_TOTP_REQUIRED and request.path.startswith("/console/") and is_public():
            user = request.user
            if isinstance(user, User) and not user.has_totp and not _is_at(request, self.OPEN):
                return redirect("accounts:second_step")
        return self.get_response(request)


def _is_at(request: HttpRequest, names: tuple[str, ...]) -> bool:
    # The address table of this host is in force only once the handler has resolved the request.
    return request.path in {reverse(name, urlconf=getattr(request, "urlconf", None)) for name in names}
