"""Screenshots and documents on tickets: judged by their content, kept in the platform's own folder."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, Final

from django.core.files.base import ContentFile, File
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import FieldError, Invalid
from kernel.files import storage as files
from shared_apps.support import rules
from shared_apps.support.models import TicketFile, TicketMessage
from shared_apps.support.rules import FileKind

FIELD: Final = "attachments"


class FileRefused(Invalid):
    code = "file_refused"
    title = _("Attach PNG, JPEG, WebP or PDF, at most five files of 5 MB")


def ensure_acceptable_files(uploads: "Sequence[File[Any]]") -> list[tuple[str, bytes, FileKind]]:
    """Name, content and kind of each file. Raises FileRefused naming each that is too large or of no allowed kind."""
    if len(uploads) > rules.MAX_FILES:
        raise FileRefused(gettext("At most %(most)s files.") % {"most": rules.MAX_FILES}, field=FIELD)
    checked = []
    errors = []
    for upload in uploads:
        name = _clean_name(upload.name)
        content = upload.read(rules.MAX_FILE_BYTES + 1)
        kind = rules.kind_of(content)
        if len(content) > rules.MAX_FILE_BYTES:
            errors.append(gettext("%(name)s is larger than 5 MB.") % {"name": name})
        elif kind is None:
            errors.append(gettext("%(name)s is no PNG, JPEG, WebP or PDF.") % {"name": name})
        else:
            checked.append((name or f"file{kind.suffix}", content, kind))
    if errors:
        raise FileRefused(errors=[FieldError(FIELD, FileRefused.code, sentence) for sentence in errors])
    return checked


@transaction.atomic
def keep_files(*, message: TicketMessage, checked: Sequence[tuple[str, bytes, FileKind]]) -> None:
    """Store the files of a message. To be called in public; what fails leaves no file behind."""
    stored: list[str] = []
    try:
        for name, content, kind in checked:
            stored.append(files.store(ContentFile(content), folder="tickets", suffix=kind.suffix))
            TicketFile.objects.create(
                message=message,
                name=name,
                path=stored[-1],
                content_type=kind.content_type,
                size_bytes=len(content),
            )
    except BaseException:
        for path in stored:
            files.delete_file(path)
        raise


def _clean_name(name: str | None) -> str:
    """The user's own name of the file, without its folder: data only, no path is made of it."""
    return rules.clean_line(PurePath((name or "").replace("\\", "/")).name)[:200]
