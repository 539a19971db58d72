"""The list of agents."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.admin import BrandModelAdmin
from console.bulk_actions import bulk_action
from console.display import Tone, state_label
from console.exports import ExportsList
from kernel.china.phones import spell_phone
from kernel.core import clock
from kernel.core.errors import Text
from kernel.privacy.masking import mask_phone
from tenant_apps.agents.models import Agent
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors.lookup import matches_search
from tenant_apps.agents.services import lifecycle
from tenant_apps.agents.states import AgentStatus

TONES: dict[str, Tone] = {
    AgentStatus.ACTIVE: "success",
    AgentStatus.SUSPENDED: "danger",
    AgentStatus.EXPIRED: "warning",
}


class StatusFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(AgentStatus.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Agent]) -> QuerySet[Agent]:
        if not self.value():
            return queryset
        today = clock.business_date(clock.now())
        return queryset.filter(selectors.matches_status(status=str(self.value()), as_of=today))


class AgentListAdmin(ExportsList[Agent], BrandModelAdmin[Agent]):
    """Everybody, searched and filtered; what happens to one agent happens on the agent's page."""

    view_permission = "agents.view"
    edit_permission = ""
    add_permission = "agents.approve"
    list_display = (
        "code",
        "name",
        "masked_phone",
        "level",
        "sponsor",
        state_label("state", _("state"), TONES),
        "valid_until",
        "joined_at",
    )
    list_filter = (StatusFilter, "level")
    search_fields = ("name",)  # shows the box; get_search_results searches
    search_help_text = _("Name or pinyin, code, phone or its last four digits")
    hit_icon = "diversity_3"
    actions = ("suspend_selected",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Agent], search_term: str
    ) -> tuple[QuerySet[Agent], bool]:
        return queryset.filter(matches_search(search_term)) if search_term else queryset, False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        """With level and sponsor, whose names the list shows, and without decrypting anything for it."""
        return (
            super()
            .get_queryset(request)
            .select_related("level", "sponsor")
            .defer("id_number", "bank_card", "sponsor__id_number", "sponsor__bank_card")
        )

    @admin.display(description=_("phone"))
    def masked_phone(self, agent: Agent) -> str:
        """As in the API's list: the number whole stands on the agent's page."""
        return spell_phone(mask_phone(agent.phone))

    def describe_hit(self, agent: Agent) -> tuple[Text, Text]:
        return (
            f"{agent.name} {agent.code}",
            f"{gettext('Agent')} · {agent.level.name} · {spell_phone(mask_phone(agent.phone))}",
        )

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """An agent begins by an application: the page that registers one is recruiting's."""
        return redirect("recruiting:register")

    @bulk_action(_("Suspend"), permission="agents.approve")
    def suspend_selected(self, request: HttpRequest, agent: Agent) -> None:
        lifecycle.suspend_agent(agent_id=agent.pk)
