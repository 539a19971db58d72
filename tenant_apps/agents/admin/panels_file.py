"""Boxes of an agent's page about the file: sensitive numbers, documents, notes, groups."""

from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from console.access import may
from console.history import name_actor
from console.panels import Fact, Panel, Row, written
from kernel.privacy.masking import mask_bank_card, mask_id_number
from tenant_apps.agents.models import Agent
from tenant_apps.agents.selectors import files_of_agents as reads
from tenant_apps.agents.selectors import groups
from tenant_apps.agents.states import DocumentKind, GroupKind

SHOWN = 6


def sensitive(request: HttpRequest, agent: Agent) -> Panel:
    """ID number and bank account, masked; in full on a page of its own, for a reason."""
    consent = written(agent.sensitive_consent_at) if agent.sensitive_consent_at else _("not given")
    shown = [
        Fact(_("ID number"), mask_id_number(agent.id_number) or "–"),
        Fact(_("Bank"), agent.bank_name or "–"),
        Fact(_("Bank account"), mask_bank_card(agent.bank_card) or "–"),
        Fact(_("Consent"), consent),
    ]
    if may(request, "agents.sensitive"):
        page = reverse("agents:sensitive", args=[agent.pk])
        shown.append(Fact(_("In full"), _("Show with a reason; see who looked"), page))
    return Panel(
        key="sensitive",
        title=_("Sensitive data"),
        icon="encrypted",
        acting=("set_secrets", "forget_secrets"),
        facts=shown,
    )


def documents(request: HttpRequest, agent: Agent) -> Panel:
    """Files about the agent; ID cards only for who may see sensitive data."""
    trusted = may(request, "agents.sensitive")
    rows = [
        Row(
            title=one.name,
            note=f"{one.get_kind_display()} · {name_actor(one.added_by)} · {written(one.added_at)}",
            side=filesizeformat(one.size_bytes),
            link=reverse("agents:document", args=[agent.pk, one.pk])
            if trusted or one.kind != DocumentKind.ID_CARD
            else "",
        )
        for one in reads.list_documents(agent_id=agent.pk)[: 2 * SHOWN]
    ]
    return Panel(
        key="documents",
        title=_("Documents"),
        icon="folder_open",
        acting=("add_document", "remove_document"),
        rows=rows,
        empty=_("None yet."),
    )


def notes(request: HttpRequest, agent: Agent) -> Panel:
    """Show the staff's notes."""
    rows = [
        Row(title=note.text, note=f"{name_actor(note.author)} · {written(note.created_at)}")
        for note in reads.list_notes(agent_id=agent.pk)[:SHOWN]
    ]
    return Panel(
        key="notes",
        title=_("Notes"),
        icon="sticky_note_2",
        acting=("write_note",),
        rows=rows,
        empty=_("No notes."),
    )


def group_list(request: HttpRequest, agent: Agent) -> Panel:
    """Groups made by hand, and the one of the agent's channel."""
    found = groups.list_groups()
    mine = list(found.filter(kind=GroupKind.MANUAL, members__agent_id=agent.pk))
    if agent.channel:
        mine += list(found.filter(kind=GroupKind.CHANNEL, channel__iexact=agent.channel))
    rows = [
        Row(title=group.name, label=group.get_kind_display(), link=reverse("ranks:group", args=[group.pk]))
        for group in mine
    ]
    return Panel(
        key="groups",
        title=_("Groups"),
        icon="groups",
        acting=("choose_groups",),
        rows=rows,
        empty=_("In no group."),
        more=reverse("brand:agents_agentgroup_changelist"),
    )
