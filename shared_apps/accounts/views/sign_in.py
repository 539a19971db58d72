"""Sign in by name and password, with a code if two-step sign-in is on; or by a one-time link."""

import time
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from console.content_security import relax_response
from console.sites import ConsoleSite, brand_site, platform_site
from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.tenancy.context import is_public
from shared_apps.accounts import selectors
from shared_apps.accounts.models import User
from shared_apps.accounts.services import entry_links, second_step, sign_in
from shared_apps.accounts.views.forms import CodeForm, SignInForm

BACKEND: Final = "shared_apps.accounts.services.backend.AccountsBackend"
HALF_SIGNED_IN: Final = "accounts_half_signed_in"
HALF_SIGNED_IN_SECONDS: Final = 300


def console_site() -> ConsoleSite:
    return platform_site if is_public() else brand_site


class SignIn(LoginView):
    """The sign-in page of both consoles."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if selectors.is_agent(request.user):
            return redirect("agent:home")
        return relax_response(super().dispatch(request, *args, **kwargs))

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        user = form.get_user()
        if not isinstance(user, User):
            raise TypeError("signed in as something that is no person")
        return sign_in_or_ask_for_code(self.request, user, way="password", target=self.get_redirect_url())

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context = {**console_site().each_context(self.request), **super().get_context_data(**kwargs)}
        return {**context, "title": gettext("Sign in"), "app_path": self.request.get_full_path()}


def sign_in_or_ask_for_code(request: HttpRequest, user: User, *, way: str, target: str = "") -> HttpResponse:
    """Sign the person in or, with two-step sign-in on, remember the first step for five minutes."""
    if not user.has_totp:
        return _finish(request, user, way=way, target=target)
    request.session.cycle_key()
    request.session[HALF_SIGNED_IN] = {
        "user_id": user.pk,
        "password_hash": user.get_session_auth_hash(),
        "until": time.time() + HALF_SIGNED_IN_SECONDS,
        "target": target,
    }
    return redirect("accounts:code")


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "POST"])
def second_step_page(request: HttpRequest) -> HttpResponse:
    half: dict[str, Any] = request.session.get(HALF_SIGNED_IN) or {}
    user = _half_signed_in(half)
    if user is None:
        request.session.pop(HALF_SIGNED_IN, None)
        return redirect("accounts:login")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            second_step.verify(user_id=user.pk, code=form.cleaned_data["code"], now=clock.now())
        except DomainError as refusal:
            form.show(refusal)
        else:
            del request.session[HALF_SIGNED_IN]
            return _finish(request, user, way="second_step", target=half["target"])
    return render(request, "accounts/second_step.html", {"form": form})


def _half_signed_in(half: dict[str, Any]) -> User | None:
    """Return the person of the completed first step, unless the password has changed since."""
    if not half or half["until"] < time.time():
        return None
    user = selectors.get_user(user_id=half["user_id"])
    if user is None or not user.is_active:
        return None
    return user if constant_time_compare(half["password_hash"], user.get_session_auth_hash()) else None


@never_cache
@require_GET
def enter(request: HttpRequest) -> HttpResponse:
    try:
        user = entry_links.redeem_entry_link(token=request.GET.get("token", ""))
    except DomainError as refusal:
        context = {"title": gettext("This link opens nothing any more"), "explanation": str(refusal), "sign_in": True}
        return render(request, "accounts/notice.html", context, status=refusal.status)
    return sign_in_or_ask_for_code(request, user, way="entry_link")


def _finish(request: HttpRequest, user: User, *, way: str, target: str) -> HttpResponse:
    # Only the request of an earlier person may still hold something in the session: login() empties it then.
    login(request, user, backend=BACKEND)
    sign_in.record_sign_in(user=user, way=way)
    response = HttpResponseRedirect(_safe(request, target))
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            user.language,
            max_age=365 * 86_400,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


def _safe(request: HttpRequest, target: str) -> str:
    """Return the target address if it is on this host, else the console."""
    if selectors.is_agent(request.user):
        return reverse("agent:home")
    if target and url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return reverse(f"{console_site().name}:index")
