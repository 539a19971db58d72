"""Read the ZIP of pictures that accompanies a workbook; nothing is unpacked to disk."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from django.core.files.base import File
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Invalid, TooLarge
from kernel.files.images import MAX_BYTES

MAX_FILES = 50_000


class UnreadableArchive(Invalid):
    code = "unreadable_archive"
    title = _("The ZIP of pictures cannot be read")


class ArchiveTooLarge(TooLarge):
    code = "archive_too_large"
    title = _("The ZIP of pictures holds too many files")


class Pictures:
    """Pictures by file name, case-insensitive and without their folder."""

    def __init__(self, archive: zipfile.ZipFile | None) -> None:
        self._archive = archive
        self._places: dict[str, zipfile.ZipInfo] = {}
        for place in archive.infolist() if archive else ():
            name = PurePosixPath(_name_of(place).replace("\\", "/")).name
            if name and not place.is_dir():
                self._places.setdefault(name.casefold(), place)

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._places

    def read(self, name: str) -> bytes | None:
        """Return at most one byte more than the size limit of a picture; None when it cannot be unpacked."""
        place = self._places[name.casefold()]
        if self._archive is None:
            return None
        try:
            with self._archive.open(place) as stream:
                return stream.read(MAX_BYTES + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
            return None


def _name_of(place: zipfile.ZipInfo) -> str:
    if place.flag_bits & 0x800:
        return place.filename
    try:
        return place.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return place.filename


@contextmanager
def open_pictures(path: Path | None) -> Iterator[Pictures]:
    """Yield the pictures of the ZIP at `path`; none without one. Raises UnreadableArchive, ArchiveTooLarge."""
    if path is None:
        yield Pictures(None)
        return
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UnreadableArchive(field="pictures") from error
    with archive:
        if len(archive.infolist()) > MAX_FILES:
            raise ArchiveTooLarge(field="pictures")
        yield Pictures(archive)


def ensure_archive(upload: "File[Any]") -> None:
    """Raises UnreadableArchive, ArchiveTooLarge."""
    try:
        with zipfile.ZipFile(upload) as archive:
            if len(archive.infolist()) > MAX_FILES:
                raise ArchiveTooLarge(field="pictures")
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UnreadableArchive(field="pictures") from error
    finally:
        upload.seek(0)
