"""Pages to reset and change passwords."""

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from kernel.core.errors import DomainError
from kernel.tenancy.origin import current_origin
from shared_apps.accounts import selectors
from shared_apps.accounts.services import passwords
from shared_apps.accounts.views.access import signed_in
from shared_apps.accounts.views.agent_home import frame_of, home_of
from shared_apps.accounts.views.forms import ChangePasswordForm, ForgottenForm, NewPasswordForm

RESET_TOKEN: Final = "accounts_reset_token"  # noqa: S105 (the name of a place in the session)


@never_cache
@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a reset link. The answer is the same for unknown names."""
    form = ForgottenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            passwords.request_reset(
                name=form.cleaned_data["name"],
                origin=f"{request.scheme}://{request.get_host()}",
                ip_address=current_origin().ip_address,
            )
        except DomainError as refusal:
            form.show(refusal)
        else:
            return render(request, "accounts/password_sent.html")
    return render(request, "accounts/password_forgotten.html", {"form": form})


@sensitive_post_parameters("password", "again")
@never_cache
@require_http_methods(["GET", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    """Set a new password by a link.

    The token moves from the address into the session at once, since addresses leak into histories and referrers.
    """
    if "token" in request.GET:
        request.session[RESET_TOKEN] = request.GET["token"]
        return redirect("accounts:password_reset")
    token = request.session.get(RESET_TOKEN, "")
    if not selectors.is_reset_token_usable(token):
        return _refuse(request, passwords.ResetLinkInvalid())
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            passwords.reset_password(token=token, password=form.cleaned_data["password"])
        except passwords.ResetLinkInvalid as refusal:
            return _refuse(request, refusal)
        except DomainError as refusal:
            form.show(refusal)
        else:
            del request.session[RESET_TOKEN]
            context = {
                "title": gettext("Your password is changed"),
                "explanation": gettext("Sign in with it now."),
                "sign_in": True,
            }
            return render(request, "accounts/notice.html", context)
    return render(request, "accounts/password_new.html", {"form": form})


def _refuse(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    request.session.pop(RESET_TOKEN, None)
    context: dict[str, Any] = {"title": gettext("This link opens nothing any more"), "explanation": str(refusal)}
    return render(request, "accounts/notice.html", {**context, "forgotten": True}, status=refusal.status)


@sensitive_post_parameters("current", "password", "again")
@never_cache
@signed_in
def change(request: HttpRequest, user_id: int) -> HttpResponse:
    form = ChangePasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            user = passwords.change_own_password(user_id=user_id, current=data["current"], password=data["password"])
        except DomainError as refusal:
            form.show(refusal)
        else:
            update_session_auth_hash(request, user)
            messages.success(request, gettext("Your password is changed."))
            return redirect(home_of(request))
    return render(request, "accounts/password_change.html", {"form": form, **frame_of(request)})
