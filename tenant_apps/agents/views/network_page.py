"""What the agents' pages of the console have in common."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from console.sites import brand_site
from console.views import ConsolePageMixin
from kernel.core.errors import NotFound, TooManyRequests


class NetworkPage(ConsolePageMixin):
    """A page of the brand's console; what does not exist is a page that does not exist, too much is told."""

    site = brand_site

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except NotFound as refusal:
            raise Http404(str(refusal)) from refusal
        except TooManyRequests as refusal:
            return HttpResponse(str(refusal), status=refusal.status, content_type="text/plain; charset=utf-8")
