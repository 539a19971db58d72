"""Base of the consoles' pages that are not a model's list or form, such as the import's.

    class ImportPage(ConsolePageMixin, FormView):
        site = brand_site
        permission = "orders.import"
        title = _("Import orders")
        template_name = "orders/import.html"      # extends "console/page.html"

        def security_needs(self) -> Mapping[str, Sequence[str]]:    # only where a form leads elsewhere
            return {"form-action": ["https://checkout.example"]}

Mount it in the app's `urls.py` under `/console/`, above the site. Visitors who are not signed in are sent to the
console's sign-in page, a missing permission is 403, a NotFound raised by a selector or service is 404.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from console.access import ensure_may
from console.content_security import relax_response
from kernel.core.errors import Invalid, NotFound, Text, TooManyRequests

if TYPE_CHECKING:
    from django.views.generic.base import ContextMixin, View

    from console.sites import ConsoleSite

    class _Page(ContextMixin, View): ...
else:

    class _Page: ...


class ConsolePageMixin(_Page):
    """First base of a page. `site`, `permission` (a word of the vocabulary) and `title` are to be set."""

    site: "ConsoleSite"
    permission: str
    title: Text

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not self.site.has_permission(request):
            return redirect_to_login(request.get_full_path(), reverse(f"{self.site.name}:login"))
        ensure_may(request, self.permission)
        request.current_app = self.site.name
        try:
            response = super().dispatch(request, *args, **kwargs)
        except NotFound as refusal:
            raise Http404(str(refusal)) from refusal
        except (TooManyRequests, Invalid) as refusal:
            return HttpResponse(str(refusal), status=refusal.status, content_type="text/plain; charset=utf-8")
        return relax_response(response, self.security_needs())

    def security_needs(self) -> Mapping[str, Sequence[str]]:
        """Return sources per directive of the Content-Security-Policy, beyond those of every page of the console."""
        return {}

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(**{**self.site.each_context(self.request), "title": self.title, **kwargs})
