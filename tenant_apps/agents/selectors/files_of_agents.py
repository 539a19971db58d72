"""Read an agent's file."""

from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from tenant_apps.agents.models import Agent, AgentDocument, AgentNote, AgentTerm, SensitiveLook
from tenant_apps.agents.states import AgentState


class DocumentNotFound(NotFound):
    code = "document_not_found"
    title = _("There is no such document")


def list_notes(*, agent_id: int) -> QuerySet[AgentNote]:
    """The newest first."""
    return AgentNote.objects.filter(agent_id=agent_id).order_by("-id")


def list_documents(*, agent_id: int) -> QuerySet[AgentDocument]:
    """The newest first."""
    return AgentDocument.objects.filter(agent_id=agent_id).order_by("-id")


def get_document(*, agent_id: int, document_id: int) -> AgentDocument:
    """Raises DocumentNotFound."""
    document = AgentDocument.objects.filter(id=document_id, agent_id=agent_id).first()
    if document is None:
        raise DocumentNotFound
    return document


def list_terms(*, agent_id: int) -> QuerySet[AgentTerm]:
    """The latest first."""
    return AgentTerm.objects.filter(agent_id=agent_id).select_related("level").order_by("-starts_on", "-id")


def list_looks(*, agent_id: int | None = None) -> QuerySet[SensitiveLook]:
    """List views of numbers in full, the latest first; of all agents without `agent_id`."""
    looks = SensitiveLook.objects.select_related("agent").defer("agent__id_number", "agent__bank_card")
    if agent_id is not None:
        looks = looks.filter(agent_id=agent_id)
    return looks.order_by("-id")


def list_ending(*, as_of: date, within_days: int = 30) -> QuerySet[Agent]:
    """Active agents whose contract ends within so many days or has ended, the earliest first: the console's notice."""
    agents = Agent.objects.select_related("level").defer("id_number", "bank_card")
    return agents.filter(
        state=AgentState.ACTIVE, valid_until__isnull=False, valid_until__lte=as_of + timedelta(days=within_days)
    ).order_by("valid_until", "id")
