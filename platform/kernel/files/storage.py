"""Files in a folder per brand: `<MEDIA_ROOT>/<schema>/…`. Names are random; the user's name is only data."""

import re
import secrets
from collections.abc import Iterable
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import transaction

from kernel.tenancy.context import current_schema

_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
_FOLDER = re.compile(r"[a-z0-9_-]{1,40}(/[a-z0-9_-]{1,40})*")


class ForeignFile(SuspiciousFileOperation):
    """A name that leads out of the current brand's folder."""


class BrandStorage(FileSystemStorage):
    """The default storage. Names are `<schema>/<folder>/<random>.<suffix>`; other schemas' names are refused."""

    def path(self, name: str) -> str:
        """Return the file's path. Raises ForeignFile for `..`, NUL, absolute names, links and other brands."""
        checked = checked_name(name)
        root = Path(self.location).resolve()
        place = (root / checked).resolve()
        if not place.is_relative_to(root / current_schema()):
            raise ForeignFile("the file does not belong to this brand")
        return str(place)

    def exists(self, name: str) -> bool:
        return Path(self.path(name)).exists()

    def url(self, name: str | None) -> str:
        """Refuse: files have no public address; a view that checks the permission streams them."""
        raise NotImplementedError("files are served by views that check permissions")

    def get_alternative_name(self, file_root: str, file_ext: str) -> str:
        raise ForeignFile("the name is taken: files are never overwritten or renamed")

    def generate_filename(self, filename: str | PathLike[str]) -> str:
        return checked_name(str(filename))


def checked_name(name: str) -> str:
    """Return the name if it stays inside the current brand's folder. Raises ForeignFile."""
    if not name or "\x00" in name or "\\" in name or name.startswith("/") or len(name) > 400:
        raise ForeignFile("not a file name of ours")
    parts = PurePosixPath(name).parts
    if ".." in parts or "." in name.split("/") or "" in name.split("/"):
        raise ForeignFile("not a file name of ours")
    if len(parts) < 2 or parts[0] != current_schema():
        raise ForeignFile("the file does not belong to this brand")
    return name


def store(content: "File[Any]", *, folder: str, suffix: str) -> str:
    """Store a file of the current brand under a random name, and return it.

    `folder` (`imports`, `invoices/red`) and `suffix` (`.csv`) come from code, never from users. Raises ForeignFile.
    """
    if not _FOLDER.fullmatch(folder) or not _SUFFIX.fullmatch(suffix):
        raise ForeignFile("not a folder or suffix of ours")
    return default_storage.save(f"{current_schema()}/{folder}/{secrets.token_hex(16)}{suffix}", content)


def open_file(name: str) -> "File[Any]":
    """Open a file of the current brand for reading bytes. Raises ForeignFile, FileNotFoundError."""
    return default_storage.open(checked_name(name), "rb")


def path_of(name: str) -> str:
    """Return the local path of a file, for libraries that need one. Raises ForeignFile."""
    return default_storage.path(name)


def delete_file(name: str) -> None:
    """Delete a file of the current brand if it exists. Raises ForeignFile."""
    default_storage.delete(checked_name(name))


def delete_after_commit(names: Iterable[str]) -> None:
    gone = list(names)

    def delete() -> None:
        for name in gone:
            delete_file(name)

    transaction.on_commit(delete)
