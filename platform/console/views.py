"""Pages of the consoles that are not a model's list or form, such as the import's.

    class ImportPage(ConsolePageMixin, FormView):
        site = brand_site
        permission = "orders.import"
        title = _("Import orders")
        template_name = "orders/import.html"      # extends "console/page.html"

        def security_needs(self) -> Mapping[str, Sequence[str]]:    # only where a form leads elsewhere
            return {"form-action": ["https://checkout.example"]}

Mount it in the app's `urls.py` under `/console/`, above the site. Who is not signed in is sent to the console's
sign-in page, who lacks the permission gets 403.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from console.access import ensure_may
from console.content_security import relax_response
from kernel.core.errors import Text

if TYPE_CHECKING:
    from django.views.generic.base import ContextMixin, View

    from console.sites import ConsoleSite

    class _Page(ContextMixin, View): ...
else:

    class _Page: ...


class ConsolePageMixin(_Page):
    """Put first in the bases. `site`, `permission` (a word of the vocabulary) and `title` are to be set."""

    site: "ConsoleSite"
    permission: str
    title: Text

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.site.has_permission(request):
            return redirect_to_login(request.get_full_path(), reverse(f"{self.site.name}:login"))
        ensure_may(request, self.permission)
        request.current_app = self.site.name
        return relax_response(super().dispatch(request, *args, **kwargs), self.security_needs())

    def security_needs(self) -> Mapping[str, Sequence[str]]:
        """Sources per directive of the Content-Security-Policy, beyond what every page of the console may use."""
        return {}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{**self.site.each_context(self.request), "title": self.title, **kwargs})
