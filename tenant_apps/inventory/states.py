"""States of reservations and kinds of movement."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ReservationState(models.TextChoices):
    """State of goods promised to somebody."""

    ACTIVE = "active", _("Reserved")
    CONSUMED = "consumed", pgettext_lazy("reservation", "Shipped")
    RELEASED = "released", _("Released")


class MovementKind(models.TextChoices):
    """Reason of a movement."""

    RECEIPT = "receipt", _("Receipt")
    ADJUSTMENT = "adjustment", _("Adjustment")
    SHIPMENT = "shipment", _("Shipment")
    RETURN = "return", _("Return")
    OPENING = "opening", _("Opening stock")
