"""What the agents' pages of the console have in common."""

from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from console.sites import brand_site
from console.views import ConsolePageMixin
from kernel.errors import NotFound


class NetworkPage(ConsolePageMixin):
    """A page of the brand's console; what does not exist is a page that does not exist."""

    site = brand_site

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except NotFound as refusal:
            raise Http404(str(refusal)) from refusal
