"""The words of the catalogue: what kinds of things are sold, and whether they are on the shelf."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ProductKind(TextChoices):
    """Goods are kept in a warehouse; a service (postage, a course, a fee) has no stock."""

    GOODS = "goods", _("Goods")
    SERVICE = "service", _("Service")


class ShelfState(TextChoices):
    """Only what is on the shelf can be ordered."""

    OFF = "off_shelf", _("Off shelf")
    ON = "on_shelf", _("On shelf")


SHELF_TRANSITIONS: dict[ShelfState, frozenset[ShelfState]] = {
    ShelfState.OFF: frozenset({ShelfState.ON}),
    ShelfState.ON: frozenset({ShelfState.OFF}),
}
