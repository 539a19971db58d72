"""Buttons of an agent's page about what is kept of the person."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.actions import object_action
from kernel import clock
from tenant_apps.agents.admin.forms import SecretsForm
from tenant_apps.agents.models import Agent
from tenant_apps.agents.services import sensitive


class FileActs:
    """The file: what is sensitive, in its own dialog."""

    @object_action(_("ID number and bank card"), permission="agents.edit", icon="badge", form=SecretsForm)
    def set_secrets(self, request: HttpRequest, agent: Agent, form: SecretsForm) -> None:
        sensitive.store(agent_id=agent.pk, now=clock.now(), **form.cleaned_data)
