"""The states of an import."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.core.states import Transitions


class ImportState(models.TextChoices):
    """From upload through the dry run to what was written, and back."""

    UPLOADED = "uploaded", _("Uploaded")
    CHECKING = "checking", _("Checking")
    CHECKED = "checked", _("Checked")
    COMMITTING = "committing", _("Importing")
    COMMITTED = "committed", _("Imported")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    UNDOING = "undoing", _("Undoing")
    UNDONE = "undone", _("Undone")


IMPORT_TRANSITIONS: Final[Transitions[ImportState]] = {
    ImportState.UPLOADED: frozenset({ImportState.CHECKING, ImportState.CANCELLED}),
    ImportState.CHECKING: frozenset({ImportState.CHECKED, ImportState.FAILED, ImportState.CANCELLED}),
    ImportState.CHECKED: frozenset({ImportState.COMMITTING, ImportState.CHECKING, ImportState.CANCELLED}),
    ImportState.COMMITTING: frozenset({ImportState.COMMITTED, ImportState.FAILED, ImportState.CANCELLED}),
    ImportState.COMMITTED: frozenset({ImportState.UNDOING}),
    ImportState.FAILED: frozenset({ImportState.CHECKING, ImportState.CANCELLED}),
    ImportState.CANCELLED: frozenset(),
    ImportState.UNDOING: frozenset({ImportState.UNDONE, ImportState.COMMITTED}),
    ImportState.UNDONE: frozenset(),
}

RUNNING: Final = frozenset({ImportState.CHECKING, ImportState.COMMITTING, ImportState.UNDOING})
"""A worker is at it, or should be."""

CANCELLABLE: Final = frozenset({ImportState.CHECKING, ImportState.COMMITTING})
"""Running, and the worker looks whether it shall stop."""
