"""The page of the link that confirms an e-mail address."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from kernel.core.errors import DomainError
from shared_apps.accounts.services import confirmation


@never_cache
@require_GET
def confirm(request: HttpRequest) -> HttpResponse:
    """Confirm the address. Opened twice it says the same: mail programs open links ahead of people."""
    try:
        confirmation.redeem(token=request.GET.get("token", ""))
    except DomainError as refusal:
        dead = {"title": gettext("This link opens nothing any more"), "explanation": str(refusal)}
        return render(request, "accounts/notice.html", dead, status=refusal.status)
    context: dict[str, object] = {
        "title": gettext("Thank you"),
        "explanation": gettext("Your e-mail address is confirmed."),
        "sign_in": True,
    }
    return render(request, "accounts/notice.html", context)
