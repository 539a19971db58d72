"""Everything about an agent on one page: boxes, each with the acts that belong to it, charts, and what happened."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from console import panels as console_panels
from console.access import may, may_read
from console.history import entries_of
from console.object_page import ObjectPageAdmin
from console.panels import Panel
from console.sites import brand_site
from console.timeline import Entry
from kernel.core import clock
from kernel.models import AuditRecord
from tenant_apps.agents.admin import panels_file, panels_person
from tenant_apps.agents.admin.acts_contract import ContractActs
from tenant_apps.agents.admin.acts_file import FileActs
from tenant_apps.agents.admin.acts_life import LifeActs
from tenant_apps.agents.admin.agent_list import TONES, AgentListAdmin
from tenant_apps.agents.models import Agent
from tenant_apps.agents.selectors import agents as selectors

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
class AgentAdmin(FileActs, ContractActs, LifeActs, AgentListAdmin, ObjectPageAdmin[Agent]):
    """The page of an agent: nothing of it is edited by form."""

    page = PAGE
    page_template = "agents/console/agent.html"
    page_acts = _ACTS
    head_acts = _HEAD_ACTS

    def find_subject(self, request: HttpRequest, object_id: str) -> Agent | None:
        if not (object_id.isdecimal() and len(object_id) < 19):
            return None
        return selectors.get_agent(agent_id=int(object_id))

    def list_panels(self, request: HttpRequest, subject: Agent) -> list[Panel]:
        return [
            panels_person.person(request, subject),
            panels_person.contract(request, subject),
            panels_person.certificate(request, subject),
            *console_panels.collect(PAGE, request, subject.pk),
            panels_file.sensitive(request, subject),
            panels_file.documents(request, subject),
            panels_file.notes(request, subject),
            panels_file.group_list(request, subject),
        ]

    def describe(self, request: HttpRequest, subject: Agent) -> dict[str, Any]:
        status = subject.status(clock.business_date(clock.now()))
        return {
            "agent": subject,
            "title": subject.name,
            "status": status,
            "status_tone": TONES.get(status, ""),
            "entries": _history(request, subject),
            "zone": clock.brand_zone(),
            "audit_page": _audit_page(request, subject),
        }


def _history(request: HttpRequest, agent: Agent) -> list[Entry] | None:
    """Return the newest audit records of this agent; None where the reader may not see them."""
    if not (may(request, "agents.approve") or may_read(request, "accounts.manage")):
        return None
    records = AuditRecord.objects.filter(subject=f"agent:{agent.pk}").order_by("-id")[:HAPPENINGS]
    return entries_of(records, zone=clock.brand_zone())


def _audit_page(request: HttpRequest, agent: Agent) -> str:
    if not may_read(request, "accounts.manage"):
        return ""
    return f"{reverse('brand:kernel_auditrecord_changelist')}?q=agent:{agent.pk}"
