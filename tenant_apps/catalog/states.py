"""Product kinds and shelf states."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ProductKind(TextChoices):
    """Goods are stocked; a service (postage, a fee) has no stock; a bundle's stock is that of its parts."""

    GOODS = "goods", _("Goods")
    SERVICE = "service", _("Service")
    BUNDLE = "bundle", _("Bundle")


class ShelfState(TextChoices):
    """Only products on the shelf can be ordered."""

    OFF = "off_shelf", _("Off shelf")
    ON = "on_shelf", _("On shelf")


SHELF_TRANSITIONS: dict[ShelfState, frozenset[ShelfState]] = {
    ShelfState.OFF: frozenset({ShelfState.ON}),
    ShelfState.ON: frozenset({ShelfState.OFF}),
}
