"""The public page on which a consumer checks whether somebody is an authorised agent."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kernel.core import clock, throttling
from kernel.core.errors import TooManyRequests
from kernel.tenancy.context import current_brand
from kernel.tenancy.origin import current_origin
from tenant_apps.agents.selectors import certificates

_QUESTIONS = 20
_SECONDS = 600


@never_cache
@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Ask by `?q=`: a certificate number, a phone number or a WeChat id. Whatever is not authorised answers alike."""
    question = request.GET.get("q", "").strip()[: certificates.MAX_QUESTION_LENGTH]
    context = {"brand": current_brand(), "question": question, "asked": bool(question)}
    if question:
        try:
            throttling.ensure_below_limit(
                "verify", current_origin().ip_address or "?", limit=_QUESTIONS, window_seconds=_SECONDS
            )
        except TooManyRequests as refusal:
            response = render(request, "agents/verify.html", {**context, "refusal": refusal}, status=refusal.status)
            response["Retry-After"] = str(refusal.extra["retry_after"])
            return response
        today = clock.business_date(clock.now())
        context["answer"] = certificates.check(question=question, as_of=today)
    return render(request, "agents/verify.html", context)
