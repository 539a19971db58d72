"""Everything about an agent on one page: boxes, each with the acts that belong to it, charts, and what happened."""

from collections.abc import Callable
from types import MethodType
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse

from console import panels as console_panels
from console.access import may, may_read
from console.display import facts_html
from console.panels import Panel
from console.sites import brand_site
from kernel.core import clock
from kernel.models import AuditRecord
from tenant_apps.agents import selectors
from tenant_apps.agents.admin import panels_file, panels_person
from tenant_apps.agents.admin.act_names import name_of
from tenant_apps.agents.admin.acts_contract import ContractActs
from tenant_apps.agents.admin.acts_file import FileActs
from tenant_apps.agents.admin.acts_life import LifeActs
from tenant_apps.agents.admin.agent_list import TONES, AgentListAdmin
from tenant_apps.agents.models import Agent

HAPPENINGS = 30
_ACTS = (
    "edit",
    "edit_file",
    "suspend",
    "resume",
    "move",
    "set_level",
    "renew",
    "deposit_paid",
    "deposit_returned",
    "certify",
    "recertify",
    "decertify",
    "welcome",
    "set_secrets",
    "forget_secrets",
    "write_note",
    "add_document",
    "remove_document",
    "choose_groups",
)
_HEAD_ACTS = ("suspend", "resume")
PAGE = "agents.agent"


@admin.register(Agent, site=brand_site)
class AgentAdmin(FileActs, ContractActs, LifeActs, AgentListAdmin):
    """The page instead of Django's form: nothing of an agent is edited by form."""

    @property
    def actions_detail(self) -> tuple[str, ...]:
        """The page's own actions and those of the apps above."""
        return (*_ACTS, *console_panels.acts_of(PAGE))

    def _get_instance_method(self, method_name: str) -> Callable[..., Any]:
        added = console_panels.acts_of(PAGE).get(method_name)
        unfold: Any = super()
        return MethodType(added, self) if added else unfold._get_instance_method(method_name)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not (object_id.isdecimal() and len(object_id) < 19):
            raise Http404
        try:
            agent = selectors.get_agent(agent_id=int(object_id))
        except selectors.AgentNotFound:
            raise Http404 from None
        context = {
            **self.admin_site.each_context(request),
            "title": agent.name,
            "opts": self.opts,
            "show_back_button": True,
            **self._content(request, agent),
        }
        return TemplateResponse(request, "agents/console/agent.html", context)

    def _content(self, request: HttpRequest, agent: Agent) -> dict[str, Any]:
        now = clock.now()
        today = clock.business_date(now)
        standing = agent.standing(today)
        unfold: Any = self
        allowed = unfold.get_actions_detail(request, agent.pk)
        head = unfold._get_actions_navigation([*_HEAD_ACTS, *console_panels.head_acts_of(PAGE)], allowed, str(agent.pk))
        panels = self._panels(request, agent)
        for panel in panels:
            panel.acts = unfold._get_actions_navigation(list(panel.acting), allowed, str(agent.pk))
        return {
            "agent": agent,
            "standing": standing,
            "standing_tone": TONES.get(standing, ""),
            "head_acts": head,
            "panels": panels,
            "charts": console_panels.collect_charts(PAGE, request, agent.pk),
            "happenings": _happenings(request, agent),
            "audit_page": _audit_page(request, agent),
        }

    def _panels(self, request: HttpRequest, agent: Agent) -> list[Panel]:
        return [
            panels_person.person(request, agent),
            panels_person.contract(request, agent),
            panels_person.certificate(request, agent),
            *console_panels.collect(PAGE, request, agent.pk),
            panels_file.sensitive(request, agent),
            panels_file.documents(request, agent),
            panels_file.notes(request, agent),
            panels_file.group_list(request, agent),
        ]


def _happenings(request: HttpRequest, agent: Agent) -> list[dict[str, Any]] | None:
    """The audit log of this agent; not for everybody who may see the agent."""
    if not (may(request, "agents.approve") or may_read(request, "accounts.manage")):
        return None
    records = AuditRecord.objects.filter(subject=f"agent:{agent.pk}").order_by("-id")[:HAPPENINGS]
    return [
        {
            "at": record.occurred_at,
            "title": name_of(record.action),
            "who": record.actor_label,
            "before": facts_html(record.before) if record.before else "",
            "after": facts_html(record.after) if record.after else "",
        }
        for record in records
    ]


def _audit_page(request: HttpRequest, agent: Agent) -> str:
    if not may_read(request, "accounts.manage"):
        return ""
    return f"{reverse('brand:kernel_auditrecord_changelist')}?q=agent:{agent.pk}"
