"""An agent's file: contact, region, channel, discount, adviser; documents and notes."""

from datetime import datetime
from decimal import Decimal
from pathlib import PurePath
from typing import IO, Any, Final, TypedDict, Unpack

from django.core.files.base import ContentFile, File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.china.divisions import read_region
from kernel.china.wechat import normalise_wechat_id
from kernel.core.errors import FieldError, Invalid, TooLarge
from kernel.database.rows import write_changes
from kernel.files import storage as files
from kernel.files.images import content_type_of, looks_like_picture, read_picture
from kernel.tenancy.actors import current_actor
from shared_apps.accounts import selectors as accounts
from tenant_apps.agents.models import Agent, AgentDocument, AgentNote
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors import files_of_agents as reads
from tenant_apps.agents.services import certificates
from tenant_apps.agents.services.locking import lock_agent
from tenant_apps.agents.services.recording import record
from tenant_apps.agents.services.regions import guard_region
from tenant_apps.agents.states import DocumentKind

MAX_BYTES: Final = 10 * 1_048_576
MAX_NOTE_LENGTH: Final = 5_000


class FileFields(TypedDict, total=False):
    """Fields of an agent's file. `personal_discount` is a fraction of the price."""

    wechat_id: str
    region_code: str
    channel: str
    personal_discount: Decimal
    adviser_id: int | None


class InvalidFile(Invalid):
    code = "invalid_agent_file"
    title = _("The agent's file breaks a rule")


class DocumentTooLarge(TooLarge):
    code = "document_too_large"
    title = _("A document may have 10 MB at most")


class UnknownDocumentFormat(Invalid):
    code = "unknown_document_format"
    title = _("Documents are PDF files or pictures (JPEG, PNG, WebP)")


@transaction.atomic
def change_file(*, agent_id: int, now: datetime, **changes: Unpack[FileFields]) -> Agent:
    """Change the file; another region issues a valid certificate anew.

    Raises AgentNotFound, InvalidFile, RegionTaken.
    """
    agent = lock_agent(agent_id)
    prepared, broken = _read(changes)
    if broken:
        raise InvalidFile(errors=[FieldError(name, "invalid", detail) for name, detail in broken.items()])
    before = {name: getattr(agent, name) for name in prepared}
    write_changes(agent, prepared)
    record("file_changed", agent, before, prepared)
    if before.get("region_code", "") != prepared.get("region_code", ""):
        guard_region(agent)
        certificates.reissue(agent_id=agent_id, because=str(_("The region changed.")), now=now)
    return selectors.get_agent(agent_id=agent_id)


@transaction.atomic
def add_note(*, agent_id: int, text: str, now: datetime) -> AgentNote:
    """Write something down about the agent. Raises AgentNotFound, InvalidFile."""
    if not 0 < len(text.strip()) <= MAX_NOTE_LENGTH:
        raise InvalidFile(_("A note has 1 to 5,000 characters."), field="text")
    agent = lock_agent(agent_id)
    return AgentNote.objects.create(agent=agent, text=text.strip(), author=current_actor().label[:200], created_at=now)


@transaction.atomic
def add_document(
    *, agent_id: int, kind: str, name: str, content: "File[Any] | IO[bytes]", now: datetime
) -> AgentDocument:
    """Keep a PDF or a picture (written anew) about the agent under a random name.

    Raises AgentNotFound, DocumentTooLarge, UnknownDocumentFormat, UnreadablePicture, PictureTooLarge.
    """
    agent = lock_agent(agent_id)
    data = content.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise DocumentTooLarge(field="file")
    suffix, data = _recognise(data)
    path = files.store(ContentFile(data), folder="agents", suffix=suffix)
    try:
        document = AgentDocument.objects.create(
            agent=agent,
            kind=DocumentKind(kind),
            name=PurePath(name.replace("\\", "/")).name[-200:] or kind,
            path=path,
            content_type="application/pdf" if suffix == ".pdf" else content_type_of(path),
            size_bytes=len(data),
            added_by=current_actor().label[:200],
            added_at=now,
        )
    except Exception:
        files.delete_file(path)
        raise
    record("document_added", agent, after={"kind": kind, "name": document.name})
    return document


@transaction.atomic
def remove_document(*, agent_id: int, document_id: int) -> None:
    """Delete a document with its file. Raises DocumentNotFound."""
    document = AgentDocument.objects.select_related("agent").filter(id=document_id, agent_id=agent_id).first()
    if document is None:
        raise reads.DocumentNotFound
    path = document.path
    record("document_removed", document.agent, before={"kind": document.kind, "name": document.name})
    document.delete()
    transaction.on_commit(lambda: files.delete_file(path))


def _recognise(data: bytes) -> tuple[str, bytes]:
    """The suffix by content, and what is stored: pictures are written anew."""
    if data.startswith(b"%PDF-"):
        return ".pdf", data
    if not looks_like_picture(data):
        raise UnknownDocumentFormat(field="file")
    picture = read_picture(ContentFile(data))
    return picture.suffix, picture.content


def _read(changes: FileFields) -> tuple[dict[str, object], dict[str, Any]]:
    prepared: dict[str, object] = dict(changes)
    broken: dict[str, Any] = {}
    if "wechat_id" in changes:
        try:
            prepared["wechat_id"] = normalise_wechat_id(changes["wechat_id"])
        except ValueError:
            broken["wechat_id"] = _("A WeChat id has 5 to 40 letters, digits, hyphens or underscores.")
    if "region_code" in changes:
        try:
            prepared["region_code"], prepared["region"] = read_region(changes["region_code"])
        except ValueError:
            broken["region_code"] = _("There is no such region.")
    if "personal_discount" in changes and not 0 <= changes["personal_discount"] < 1:
        broken["personal_discount"] = _("A discount is at least 0 and less than 1.")
    adviser_id = changes.get("adviser_id")
    if adviser_id is not None and not _is_staff(adviser_id):
        broken["adviser_id"] = _("The adviser is one of the brand's staff.")
    return prepared, broken


def _is_staff(user_id: int) -> bool:
    return accounts.list_users().filter(id=user_id, is_active=True).exists()


@transaction.atomic
def record_view(document: AgentDocument) -> None:
    """Keep that somebody opened a document that shows sensitive data."""
    record("document_seen", document.agent, after={"document": document.pk, "kind": document.kind})
