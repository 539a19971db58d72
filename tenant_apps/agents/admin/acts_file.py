"""Buttons of an agent's page about what is kept of the person: file, notes, documents, groups, sensitive numbers."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, object_action
from kernel.core import clock
from tenant_apps.agents.admin.file_forms import DocumentChoiceForm, DocumentForm, FileForm, GroupForm, NoteForm
from tenant_apps.agents.admin.forms import SecretsForm
from tenant_apps.agents.models import Agent
from tenant_apps.agents.selectors import files_of_agents as reads
from tenant_apps.agents.services import files_of_agents, groups, sensitive


class FileActs:
    """The file, and what is sensitive in a dialog of its own."""

    @object_action(_("Contact and sales"), permission="agents.edit", icon="contact_page", form=FileForm)
    def edit_file(self, request: HttpRequest, agent: Agent, form: FileForm) -> None:
        changes = form.changes()
        if changes:
            files_of_agents.change_file(agent_id=agent.pk, now=clock.now(), **changes)

    @object_action(_("Store numbers"), permission="agents.edit", icon="badge", form=SecretsForm)
    def set_secrets(self, request: HttpRequest, agent: Agent, form: SecretsForm) -> None:
        sensitive.store(agent_id=agent.pk, now=clock.now(), **form.cleaned_data)

    @object_action(
        _("Delete numbers"),
        permission="agents.edit",
        icon="delete",
        explanation=_("ID number and bank account are deleted for good, and the consent with them."),
        offered=lambda agent: bool(agent.id_number or agent.bank_card),
    )
    def forget_secrets(self, request: HttpRequest, agent: Agent, form: DialogForm) -> None:
        sensitive.forget(agent_id=agent.pk)

    @object_action(_("Write a note"), permission="agents.edit", icon="edit_note", form=NoteForm)
    def write_note(self, request: HttpRequest, agent: Agent, form: NoteForm) -> None:
        files_of_agents.add_note(agent_id=agent.pk, text=form.cleaned_data["text"], now=clock.now())

    @object_action(_("Add a document"), permission="agents.edit", icon="upload_file", form=DocumentForm)
    def add_document(self, request: HttpRequest, agent: Agent, form: DocumentForm) -> None:
        given = form.cleaned_data["file"]
        files_of_agents.add_document(
            agent_id=agent.pk, kind=form.cleaned_data["kind"], name=given.name or "", content=given, now=clock.now()
        )

    @object_action(
        _("Remove a document"),
        permission="agents.edit",
        icon="delete",
        form=DocumentChoiceForm,
        offered=lambda agent: reads.list_documents(agent_id=agent.pk).exists(),
    )
    def remove_document(self, request: HttpRequest, agent: Agent, form: DocumentChoiceForm) -> None:
        files_of_agents.remove_document(agent_id=agent.pk, document_id=form.cleaned_data["document"])

    @object_action(_("Choose groups"), permission="agents.edit", icon="groups", form=GroupForm)
    def choose_groups(self, request: HttpRequest, agent: Agent, form: GroupForm) -> None:
        before = set(form.initial["groups"])
        after = set(form.cleaned_data["groups"])
        for group_id in sorted(after - before):
            groups.add_members(group_id=group_id, agent_ids=[agent.pk])
        for group_id in sorted(before - after):
            groups.remove_members(group_id=group_id, agent_ids=[agent.pk])
