"""Restrict pages to people who are signed in."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from shared_apps.accounts import selectors
from shared_apps.accounts.models import User


def signed_in(view: Callable[[HttpRequest, int], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Pass the signed-in person's id to the view; redirect others to the sign-in page."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path(), reverse("accounts:login"))
        if selectors.is_visitor(request.user):
            raise PermissionDenied(gettext("A visit has no password and no second step of its own."))
        return view(request, request.user.pk)

    return guarded
