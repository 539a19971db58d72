"""Page of the e-mail confirmation link."""

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
    """Confirm the address. Repeating shows the same page, since mail programs open links in advance."""
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
