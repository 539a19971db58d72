"""Groups of agents: what makes them; who is in one stands on its own page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, GoTo, object_action
from console.admin import BrandModelAdmin
from console.sites import brand_site
from tenant_apps.agents.models import AgentGroup
from tenant_apps.agents.services import groups

_RULE = ("channel", "days", "sales_from", "sales_below")


class AgentGroupForm(forms.ModelForm[AgentGroup]):
    """Group form; fields the kind does not need stay empty."""

    def _post_clean(self) -> None:
        """The service judges; the model's constraints would say it in less helpful words."""


@admin.register(AgentGroup, site=brand_site)
class AgentGroupAdmin(BrandModelAdmin[AgentGroup]):
    view_permission = "agents.view"
    edit_permission = "agents.edit"
    add_permission = "agents.edit"
    form = AgentGroupForm
    list_display = ("name", "kind", "channel", "days", "sales_from", "sales_below", "members")
    list_filter = ("kind",)
    search_fields = ("name", "channel")
    fields = ("name", "kind", *_RULE)
    ordering = ("name", "id")
    actions_detail = ("remove",)

    def get_readonly_fields(self, request: HttpRequest, obj: AgentGroup | None = None) -> Any:
        return ("kind",) if obj else ()

    def save_by_service(self, request: HttpRequest, form: Any, existing: AgentGroup | None) -> AgentGroup:
        """Create or change the group; its kind stays."""
        filled = form.cleaned_data
        rule: Any = {name: filled[name] for name in _RULE}
        if existing is None:
            return groups.create_group(name=filled["name"], kind=filled["kind"], **rule)
        return groups.change_group(group_id=existing.pk, name=filled["name"], **rule)

    @admin.display(description=_("members"))
    def members(self, group: AgentGroup) -> SafeString:
        address = reverse("ranks:group", args=[group.pk])
        return format_html('<a class="underline" href="{}">{}</a>', address, _("Show"))

    @object_action(
        _("Remove the group"), permission="agents.edit", icon="delete", explanation=_("Its members stay agents.")
    )
    def remove(self, request: HttpRequest, group: AgentGroup, form: DialogForm) -> GoTo:
        groups.delete_group(group_id=group.pk)
        return GoTo(reverse("brand:agents_agentgroup_changelist"))
