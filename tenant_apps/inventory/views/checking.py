"""The page that tells whether stock, its movements and its batches agree."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.access import ensure_may, may
from console.brand_pages import BrandPage
from kernel.core import clock
from tenant_apps.inventory.selectors.checks import get_last_check
from tenant_apps.inventory.services.checking import check_stock


class CheckPage(BrandPage, TemplateView):
    """Result of the last comparison, with a button that compares now."""

    permission = "inventory.view"
    title = _("Stock check")
    template_name = "inventory/console/check.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        check = get_last_check()
        return super().get_context_data(
            check=check,
            more=max(check.found - len(check.differences), 0) if check else 0,
            may_run=may(self.request, "inventory.adjust"),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        ensure_may(request, "inventory.adjust")
        found = check_stock(now=clock.now()).found
        if found:
            said = ngettext("%(count)d row differs.", "%(count)d rows differ.", found) % {"count": found}
            messages.warning(request, said)
        else:
            messages.success(request, gettext("Everything agrees."))
        return redirect("inventory:check")
