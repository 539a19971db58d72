"""Proof images of applicants: written anew, so that only what can be seen is kept."""

from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Any, Final, NamedTuple

from django.core.files.base import ContentFile, File
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Invalid
from kernel.files import storage as files
from kernel.files.images import Picture, read_picture
from tenant_apps.recruiting.models import Application, ApplicationProof

MAX_PROOFS: Final = 6


class TooManyProofs(Invalid):
    code = "too_many_proofs"
    title = _("Too many images")


class Upload(NamedTuple):
    """A file as somebody sent it; the name is only shown."""

    name: str
    content: "File[Any] | IO[bytes]"


def read_all(uploads: Sequence[Upload], *, already: int = 0) -> list[tuple[str, Picture]]:
    """Decode every image. Raises TooManyProofs, UnreadablePicture, PictureTooLarge."""
    if len(uploads) + already > MAX_PROOFS:
        raise TooManyProofs(_("Up to %(count)d images can be sent.") % {"count": MAX_PROOFS}, field="proofs")
    return [(upload.name[-200:], read_picture(upload.content, field="proofs")) for upload in uploads]


def keep(application: Application, pictures: Sequence[tuple[str, Picture]]) -> None:
    """Store the images with the application; none stays behind should a later one fail."""
    stored: list[str] = []
    try:
        for name, picture in pictures:
            stored.append(files.store(ContentFile(picture.content), folder="applications", suffix=picture.suffix))
            ApplicationProof.objects.create(
                application=application, name=name, path=stored[-1], size_bytes=len(picture.content)
            )
    except Exception:
        for path in stored:
            with suppress(OSError):
                files.delete_file(path)
        raise
