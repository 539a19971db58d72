"""The list of agents, and the form by which one is written down."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.actions import bulk_action
from console.admin import BrandModelAdmin
from console.display import Tone, state_label
from kernel.core import clock
from kernel.privacy.masking import mask_phone
from tenant_apps.agents import selectors
from tenant_apps.agents.admin.forms import AgentForm
from tenant_apps.agents.models import Agent
from tenant_apps.agents.services import lifecycle, register
from tenant_apps.agents.states import Standing

TONES: dict[str, Tone] = {
    Standing.APPLIED: "info",
    Standing.ACTIVE: "success",
    Standing.SUSPENDED: "danger",
    Standing.REJECTED: "",
    Standing.EXPIRED: "warning",
}


class StandingFilter(admin.SimpleListFilter):
    """By what holds today: an active agent whose contract ended shows as expired."""

    title = _("state")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Standing.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Agent]) -> QuerySet[Agent]:
        if not self.value():
            return queryset
        today = clock.business_date(clock.now())
        return queryset.filter(selectors.matches_standing(standing=str(self.value()), as_of=today))


class AgentListAdmin(BrandModelAdmin[Agent]):
    """Everybody, searched and filtered; what happens to one agent happens on the agent's page."""

    view_permission = "agents.view"
    edit_permission = ""
    add_permission = "agents.edit"
    form = AgentForm
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
    list_filter = (StandingFilter, "level")
    search_fields = ("name", "code", "referral_code", "phone")
    autocomplete_fields = ("sponsor",)
    fields = ("name", "phone", "code", "level", "sponsor", "valid_until")
    actions = ("approve_selected", "suspend_selected")

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
        return mask_phone(agent.phone)

    def get_form(self, request: HttpRequest, obj: Agent | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "code" in form.base_fields:
            form.base_fields["code"].required = False
            form.base_fields["code"].help_text = _("Made up where it is left empty.")
        return form

    def save_by_service(self, request: HttpRequest, form: Any, existing: Agent | None) -> Agent:
        """Register the agent; nothing is changed by form."""
        filled = form.cleaned_data
        return register.register_agent(
            name=filled["name"],
            phone=filled["phone"],
            level_id=filled["level"].pk,
            sponsor_id=filled["sponsor"].pk if filled["sponsor"] else None,
            now=clock.now(),
            code=filled["code"],
            valid_until=filled["valid_until"],
        )

    @bulk_action(_("Approve"), permission="agents.approve")
    def approve_selected(self, request: HttpRequest, agent: Agent) -> None:
        lifecycle.approve_agent(agent_id=agent.pk, now=clock.now())

    @bulk_action(_("Suspend"), permission="agents.approve")
    def suspend_selected(self, request: HttpRequest, agent: Agent) -> None:
        lifecycle.suspend_agent(agent_id=agent.pk)
