"""Keep `?a=<code>` of any public page of a brand in the first-party cookie, as an agent's link would."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from kernel.tenancy.context import is_public
from tenant_apps.attribution.views import referral

# The console and the API are for people who work; a link sets the cookie itself.
_NOT_PUBLIC: Final = ("/console/", "/api/", "/r/", "/i18n/", "/static/")


class ReferralMiddleware:
    """Look only at addresses that carry the parameter."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if (
            referral.PARAMETER in request.GET
            and request.method == "GET"
            and response.status_code < 400
            and not request.path.startswith(_NOT_PUBLIC)
            and not is_public()
        ):
            referral.remember_parameter(request, response)
        return response
