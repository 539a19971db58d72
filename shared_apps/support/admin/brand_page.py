"""Everything about a brand on one page: panels, each with the acts that belong to it, and the timeline."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse

from kernel.core import clock
from shared_apps.billing.selectors import catalogue
from shared_apps.support.admin import panels_care, panels_money, panels_system
from shared_apps.support.admin.brand_list import STATE_TONES, BrandListAdmin, owner_contact, trial_left
from shared_apps.support.admin.fact_words import Words
from shared_apps.support.admin.panels import Panel
from shared_apps.support.admin.timeline import entry_of
from shared_apps.support.selectors import figures as figures_selectors
from shared_apps.support.selectors import timeline
from shared_apps.tenants import selectors as tenants


class BrandPageAdmin(BrandListAdmin):
    """The page instead of Django's form: nothing of a brand is edited by form."""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        brand: Any = self.get_object(request, object_id)
        if brand is None:
            raise Http404
        if not self.has_view_permission(request, brand):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": brand.name,
            "opts": self.opts,
            "original": brand,
            "show_back_button": True,
            **self._content(request, brand),
        }
        return TemplateResponse(request, "support/brand.html", context)

    def _content(self, request: HttpRequest, brand: Any) -> dict[str, Any]:
        now = clock.now()
        figures = figures_selectors.get_figures(brand_id=brand.pk)
        code = brand.entitlements.get("plan", "")
        page = timeline.get_timeline(brand_id=brand.pk, mark=request.GET.get("timeline", ""))
        panels = [
            panels_system.account(brand, figures),
            panels_money.subscription(brand),
            panels_money.given_and_paid(brand, now),
            panels_money.usage(brand, figures),
            panels_money.invoices(brand),
            panels_system.domains(brand),
            panels_care.staff(brand, figures),
            panels_system.errors(brand, figures),
            panels_care.adviser(brand),
            panels_care.notes(brand),
            panels_care.tickets(brand),
            panels_care.visits(brand, now),
            panels_system.copies(brand),
        ]
        self._give_acts(request, brand, panels)
        words = Words.of(brand)
        return {
            "brand": brand,
            "figures": figures,
            "home": tenants.home_of(brand.slug, public_url=request.build_absolute_uri("/")),
            "plan": catalogue.plan_names().get(code, code),
            "state_tone": STATE_TONES.get(brand.state, ""),
            "trial": trial_left(brand, now),
            "owner_contact": owner_contact(brand),
            "panels": panels,
            "entries": [entry_of(happening, words) for happening in page.happenings],
            "zone": words.zone,
            "next_mark": page.next_mark,
            "is_later_page": bool(request.GET.get("timeline")),
        }

    def _give_acts(self, request: HttpRequest, brand: Any, panels: list[Panel]) -> None:
        """The buttons this person may press now, each to the panel it belongs to."""
        unfold: Any = self
        allowed = unfold.get_actions_detail(request, brand.pk)
        for panel in panels:
            panel.acts = unfold._get_actions_navigation(list(panel.acting), allowed, str(brand.pk))
