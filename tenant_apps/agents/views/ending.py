"""Contracts that end soon, or ended and were not renewed."""

from typing import Final

from django.core.paginator import Paginator
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.access import may
from console.brand_pages import BrandPage
from kernel.core import clock
from tenant_apps.agents.selectors import files_of_agents as reads

A_PAGE = 50
WITHIN: Final = (30, 60, 90)


class EndingPage(BrandPage, TemplateView):
    permission = "agents.view"
    title = _("Contracts that end soon")
    template_name = "agents/console/ending.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        asked = self.request.GET.get("days", "")
        within_days = next((days for days in WITHIN if str(days) == asked), WITHIN[0])
        today = clock.business_date(clock.now())
        ending = reads.list_ending(as_of=today, within_days=within_days)
        page = Paginator(ending, A_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            **kwargs,
            page=page,
            rows=[(agent, agent.status(today)) for agent in page.object_list],
            within=WITHIN,
            within_days=within_days,
            query=f"days={within_days}&",
            may_renew=may(self.request, "agents.approve"),
        )
