"""The page an agent comes to after signing in. The brand's console is for its staff."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from kernel.tenancy.context import current_brand
from shared_apps.accounts import selectors
from shared_apps.accounts.services import sign_in


@never_cache
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Show who is signed in; staff go to their console, strangers to the sign-in."""
    if not selectors.is_agent(request.user):
        return redirect("/console/")
    return render(request, "accounts/agent_home.html", {"person": request.user, **frame_of(request)})


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    sign_in.record_sign_out(user=request.user)
    logout(request)
    return redirect("accounts:login")


def frame_of(request: HttpRequest) -> dict[str, str]:
    """Return what the frame around a page of somebody signed in needs: an agent's is in the brand's name."""
    agent_of = str(current_brand().name) if selectors.is_agent(request.user) else ""
    return {"home": home_of(request), "agent_of": agent_of}


def home_of(request: HttpRequest) -> str:
    """Return the address of the first page of whoever is signed in."""
    return reverse("agent:home") if selectors.is_agent(request.user) else "/console/"
