"""Page to turn two-step sign-in on and off."""

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.tenancy.context import current_brand, is_public
from shared_apps.accounts import selectors
from shared_apps.accounts.services import second_step
from shared_apps.accounts.views.access import signed_in
from shared_apps.accounts.views.agent_home import frame_of, home_of
from shared_apps.accounts.views.forms import CodeForm, PasswordForm


@sensitive_post_parameters("code")
@never_cache
@signed_in
def page(request: HttpRequest, user_id: int) -> HttpResponse:
    """Show the QR code and take the first code; once it is on, offer to turn it off."""
    user = selectors.get_user(user_id=user_id)
    if user is not None and user.has_totp:
        left = selectors.count_recovery_codes(user_id=user_id)
        return _show_on(request, PasswordForm(), left)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = second_step.confirm_enrolment(user_id=user_id, code=form.cleaned_data["code"], now=clock.now())
        except DomainError as refusal:
            form.show(refusal)
        else:
            return render(request, "accounts/recovery_codes.html", {"codes": codes, **frame_of(request)})
    user = second_step.begin_enrolment(user_id=user_id)
    issuer = "Banyan" if is_public() else str(current_brand().name)
    picture = segno.make(second_step.enrolment_address(user, issuer=issuer), error="m").svg_data_uri(scale=5)
    context = {"form": form, "picture": picture, "secret": user.totp_secret, **frame_of(request)}
    return render(request, "accounts/second_step_enrol.html", context)


@sensitive_post_parameters("password")
@never_cache
@require_POST
@signed_in
def turn_off(request: HttpRequest, user_id: int) -> HttpResponse:
    form = PasswordForm(request.POST)
    if form.is_valid():
        try:
            second_step.turn_off(user_id=user_id, password=form.cleaned_data["password"])
        except DomainError as refusal:
            form.show(refusal)
        else:
            messages.success(request, gettext("Two-step sign-in is off."))
            return redirect(home_of(request))
    return _show_on(request, form, selectors.count_recovery_codes(user_id=user_id))


def _show_on(request: HttpRequest, form: PasswordForm, left: int) -> HttpResponse:
    here = "agent" if selectors.is_agent(request.user) else "accounts"
    context = {"form": form, "left": left, **frame_of(request), "off_address": reverse(f"{here}:second_step_off")}
    return render(request, "accounts/second_step_on.html", context)
