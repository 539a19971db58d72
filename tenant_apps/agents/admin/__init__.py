"""The agents in the brand's console."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, bulk_action, object_action
from console.admin import BrandModelAdmin, ReadOnlyInline
from console.display import state_label
from console.sites import brand_site
from kernel import clock
from kernel.http.schemas import normalise_phone
from kernel.masking import mask_bank_card, mask_id_number
from tenant_apps.agents import rules, selectors
from tenant_apps.agents.models import Agent, Level, SponsorHistory
from tenant_apps.agents.rules import AgentDetails, AgentFields
from tenant_apps.agents.services import levels, lifecycle, register, tree
from tenant_apps.agents.states import AgentState, Standing


class AgentForm(forms.ModelForm[Agent]):
    """Reads codes and numbers as the service does, before the model's own checks see them."""

    def clean_code(self) -> str:
        return rules.normalise_code(self.cleaned_data["code"]) or rules.make_agent_code()

    def clean_phone(self) -> str:
        try:
            return normalise_phone(self.cleaned_data["phone"])
        except ValueError as error:
            raise forms.ValidationError(_("This is not a phone number.")) from error


class LevelForm(forms.ModelForm[Level]):
    """Reads the code as the service does."""

    def clean_code(self) -> str:
        return rules.normalise_code(self.cleaned_data["code"])


@admin.register(Level, site=brand_site)
class LevelAdmin(BrandModelAdmin[Level]):
    view_permission, edit_permission, add_permission = "agents.view", "agents.edit", "agents.edit"
    form = LevelForm
    list_display = ("name", "code", "rank")
    search_fields = ("name", "code")
    fields = ("name", "code", "rank")
    ordering = ("rank", "id")

    def save_by_service(self, request: HttpRequest, form: Any, existing: Level | None) -> Level:
        """Create or change the level."""
        filled = form.cleaned_data
        fields = {"code": filled["code"], "name": filled["name"], "rank": filled["rank"]}
        if existing is None:
            return levels.create_level(**fields)
        return levels.change_level(level_id=existing.pk, **fields)


class SponsorHistoryInline(ReadOnlyInline[SponsorHistory, Agent]):
    model = SponsorHistory
    fk_name = "agent"
    fields = ("sponsor", "valid_from", "valid_to")


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


class ReasonForm(DialogForm):
    """Why; it stands in the audit log."""

    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class SponsorForm(DialogForm):
    """The code of the new sponsor; empty makes the agent a root."""

    sponsor_code = forms.CharField(label=_("Sponsor's code"), max_length=32, required=False)


class SecretsForm(DialogForm):
    """What is stored encrypted; empty fields stay as they are."""

    id_number = forms.CharField(label=_("ID number"), max_length=18, required=False)
    bank_card = forms.CharField(label=_("bank card"), max_length=23, required=False)


def _by_hand() -> str:
    return gettext("In the agent's form")


_TONES: dict[str, Any] = {
    AgentState.APPLIED: "info",
    AgentState.ACTIVE: "success",
    AgentState.SUSPENDED: "warning",
    AgentState.REJECTED: "danger",
}


@admin.register(Agent, site=brand_site)
class AgentAdmin(BrandModelAdmin[Agent]):
    view_permission, edit_permission, add_permission = "agents.view", "agents.edit", "agents.edit"
    form = AgentForm
    list_display = (
        "code",
        "name",
        "phone",
        "level",
        "sponsor",
        state_label("state", _("state"), _TONES),
        "valid_until",
        "joined_at",
    )
    list_filter = (StandingFilter, "level")
    search_fields = ("name", "code", "referral_code", "phone")
    autocomplete_fields = ("sponsor",)
    inlines = (SponsorHistoryInline,)
    actions_detail = ("approve", "reject", "suspend", "resume", "end", "move", "set_secrets")
    actions = ("approve_selected", "suspend_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        """With level and sponsor, whose names the list shows, and without decrypting anything for it."""
        return (
            super()
            .get_queryset(request)
            .select_related("level", "sponsor")
            .defer("id_number", "bank_card", "sponsor__id_number", "sponsor__bank_card")
        )

    def get_fields(self, request: HttpRequest, obj: Agent | None = None) -> tuple[str, ...]:
        """A new agent's place in the tree is given once; later the buttons change it."""
        given = ("name", "phone", "code", "level", "sponsor", "valid_until")
        if obj is None:
            return given
        return (*given, "state", "referral_code", "joined_at", "masked_id_number", "masked_bank_card")

    def get_readonly_fields(self, request: HttpRequest, obj: Agent | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("sponsor", "state", "referral_code", "joined_at", "masked_id_number", "masked_bank_card")

    def get_form(self, request: HttpRequest, obj: Agent | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "code" in form.base_fields:
            form.base_fields["code"].required = obj is not None
            form.base_fields["code"].help_text = _("Made up where it is left empty.")
        return form

    @admin.display(description=_("ID number"))
    def masked_id_number(self, agent: Agent) -> str:
        return mask_id_number(agent.id_number)

    @admin.display(description=_("bank card"))
    def masked_bank_card(self, agent: Agent) -> str:
        return mask_bank_card(agent.bank_card)

    def get_inlines(self, request: HttpRequest, obj: Agent | None) -> Any:
        """An agent who does not exist yet has no history to show."""
        return self.inlines if obj else ()

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> list[Any]:
        """The audit log says what changed; inlines are read-only, so their formsets were never saved."""
        return []

    def save_by_service(self, request: HttpRequest, form: Any, existing: Agent | None) -> Agent:
        """Register the agent, or change what is said of one."""
        filled = form.cleaned_data
        details: AgentDetails = {"code": filled["code"], "valid_until": filled["valid_until"]}
        if existing is None:
            return register.register_agent(
                name=filled["name"],
                phone=filled["phone"],
                level_id=filled["level"].pk,
                sponsor_id=filled["sponsor"].pk if filled["sponsor"] else None,
                now=clock.now(),
                **details,
            )
        if "level" in form.changed_data:
            levels.move_to_level(agent_id=existing.pk, level_id=filled["level"].pk, reason=_by_hand(), now=clock.now())
        return register.change_agent(agent_id=existing.pk, name=filled["name"], phone=filled["phone"], **details)

    @object_action(
        _("Approve"),
        permission="agents.approve",
        icon="check",
        offered=lambda agent: agent.state == AgentState.APPLIED,
    )
    def approve(self, request: HttpRequest, agent: Agent, form: DialogForm) -> None:
        lifecycle.approve_agent(agent_id=agent.pk, now=clock.now())

    @object_action(
        _("Reject"),
        permission="agents.approve",
        icon="close",
        form=ReasonForm,
        offered=lambda agent: agent.state == AgentState.APPLIED,
    )
    def reject(self, request: HttpRequest, agent: Agent, form: DialogForm) -> None:
        lifecycle.reject_agent(agent_id=agent.pk, reason=form.cleaned_data["reason"])

    @object_action(
        _("Suspend"),
        permission="agents.approve",
        icon="pause",
        form=ReasonForm,
        offered=lambda agent: agent.state == AgentState.ACTIVE,
    )
    def suspend(self, request: HttpRequest, agent: Agent, form: DialogForm) -> None:
        lifecycle.suspend_agent(agent_id=agent.pk, reason=form.cleaned_data["reason"])

    @object_action(
        _("Resume"),
        permission="agents.approve",
        icon="play_arrow",
        offered=lambda agent: agent.state == AgentState.SUSPENDED,
    )
    def resume(self, request: HttpRequest, agent: Agent, form: DialogForm) -> None:
        lifecycle.resume_agent(agent_id=agent.pk)

    @object_action(
        _("End contract"),
        permission="agents.approve",
        icon="logout",
        form=ReasonForm,
        offered=lambda agent: agent.state in {AgentState.ACTIVE, AgentState.SUSPENDED},
    )
    def end(self, request: HttpRequest, agent: Agent, form: DialogForm) -> None:
        lifecycle.end_agent(agent_id=agent.pk, reason=form.cleaned_data["reason"])

    @object_action(_("Change sponsor"), permission="agents.edit", icon="account_tree", form=SponsorForm)
    def move(self, request: HttpRequest, agent: Agent, form: DialogForm) -> None:
        now = clock.now()
        code = form.cleaned_data["sponsor_code"]
        sponsor = selectors.get_selling_agent(code=code, as_of=clock.business_date(now)) if code else None
        tree.change_sponsor(agent_id=agent.pk, sponsor_id=sponsor.pk if sponsor else None, now=now)

    @object_action(_("ID number and bank card"), permission="agents.edit", icon="badge", form=SecretsForm)
    def set_secrets(self, request: HttpRequest, agent: Agent, form: DialogForm) -> None:
        given: AgentFields = {}
        if form.cleaned_data["id_number"]:
            given["id_number"] = form.cleaned_data["id_number"]
        if form.cleaned_data["bank_card"]:
            given["bank_card"] = form.cleaned_data["bank_card"]
        register.change_agent(agent_id=agent.pk, **given)

    @bulk_action(_("Approve"), permission="agents.approve")
    def approve_selected(self, request: HttpRequest, agent: Agent) -> None:
        lifecycle.approve_agent(agent_id=agent.pk, now=clock.now())

    @bulk_action(_("Suspend"), permission="agents.approve")
    def suspend_selected(self, request: HttpRequest, agent: Agent) -> None:
        lifecycle.suspend_agent(agent_id=agent.pk)
