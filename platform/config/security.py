"""Hooks of django-axes: the name and address that failures are counted under, and the refusal."""

from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from kernel.core.errors import TooManyRequests
from kernel.http.problems import problem_for
from kernel.tenancy.origin import current_origin
from shared_apps.accounts import selectors


def sign_in_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Return the name in its one spelling: otherwise every way of writing a number would be five more attempts."""
    given = (credentials or {}).get("username") or request.POST.get("username", "")
    return selectors.sign_in_name(str(given))


def network_address(request: HttpRequest) -> str:
    """Return the client's address as the request's origin has it, behind however many proxies."""
    return current_origin().ip_address or request.META.get("REMOTE_ADDR", "")


def refuse_locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: object = None
) -> HttpResponse:
    """Answer after too many failures: a page, or a problem for programs."""
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    explanation = gettext("Too many attempts with this name from your network. Try again in %(minutes)s minutes.") % {
        "minutes": minutes
    }
    if request.path.startswith("/api/"):
        refusal = problem_for(TooManyRequests(explanation, retry_after=minutes * 60))
    else:
        context = {"title": gettext("Please wait a while"), "explanation": explanation, "forgotten": True}
        refusal = render(request, "accounts/notice.html", context, status=TooManyRequests.status)
    refusal["Retry-After"] = str(minutes * 60)
    return refusal


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id with OWASP's parameters (Password Storage Cheat Sheet): 19 MiB, two passes, one lane.

    Django's own ask for 100 MiB and eight lanes: twenty people who sign in at once would take 2 GB and sixteen cores.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
