"""Kinds of products, and shelf states."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ProductKind(TextChoices):
    """Goods are kept in a warehouse; a service (postage, a fee) has no stock; a bundle's stock is that of its parts."""

    GOODS = "goods", _("Goods")
    SERVICE = "service", _("Service")
    BUNDLE = "bundle", _("Bundle")


class ShelfState(TextChoices):
    """Only what is on the shelf can be ordered."""

    OFF = "off_shelf", _("Off shelf")
    ON = "on_shelf", _("On shelf")


class ImportState(TextChoices):
    """uploaded → checked → committing → committed; what broke is failed; a checked one can be cancelled.

    A worker is at those that are uploaded or committing, or should be.
    """

    UPLOADED = "uploaded", _("Uploaded")
    CHECKED = "checked", _("Checked")
    COMMITTING = "committing", _("Importing")
    COMMITTED = "committed", _("Imported")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


SHELF_TRANSITIONS: dict[ShelfState, frozenset[ShelfState]] = {
    ShelfState.OFF: frozenset({ShelfState.ON}),
    ShelfState.ON: frozenset({ShelfState.OFF}),
}

IMPORT_TRANSITIONS: dict[ImportState, frozenset[ImportState]] = {
    ImportState.UPLOADED: frozenset({ImportState.CHECKED, ImportState.FAILED}),
    ImportState.CHECKED: frozenset({ImportState.COMMITTING, ImportState.CANCELLED}),
    ImportState.COMMITTING: frozenset({ImportState.COMMITTED, ImportState.FAILED}),
    ImportState.COMMITTED: frozenset(),
    ImportState.FAILED: frozenset(),
    ImportState.CANCELLED: frozenset(),
}
IMPORT_RUNNING = frozenset({ImportState.UPLOADED, ImportState.COMMITTING})
