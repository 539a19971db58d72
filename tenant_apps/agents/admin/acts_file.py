"""Buttons of an agent's page about what is kept of the person."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.actions import object_action
from tenant_apps.agents.admin.forms import SecretsForm
from tenant_apps.agents.models import Agent
from tenant_apps.agents.rules import AgentFields
from tenant_apps.agents.services import register


class FileActs:
    """The file: what is sensitive, in its own dialog."""

    @object_action(_("ID number and bank card"), permission="agents.edit", icon="badge", form=SecretsForm)
    def set_secrets(self, request: HttpRequest, agent: Agent, form: SecretsForm) -> None:
        given: AgentFields = {}
        if form.cleaned_data["id_number"]:
            given["id_number"] = form.cleaned_data["id_number"]
        if form.cleaned_data["bank_card"]:
            given["bank_card"] = form.cleaned_data["bank_card"]
        register.change_agent(agent_id=agent.pk, **given)
