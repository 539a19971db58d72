"""States of reservations and kinds of movement."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.states import Transitions


class ReservationState(models.TextChoices):
    """State of goods promised to somebody."""

    ACTIVE = "active", _("Reserved")
    CONSUMED = "consumed", pgettext_lazy("reservation", "Shipped")
    RELEASED = "released", _("Released")


RESERVATION_TRANSITIONS: Transitions[ReservationState] = {
    ReservationState.ACTIVE: frozenset({ReservationState.CONSUMED, ReservationState.RELEASED}),
    ReservationState.CONSUMED: frozenset(),
    ReservationState.RELEASED: frozenset(),
}


class MovementKind(models.TextChoices):
    """Reason of a movement."""

    RECEIPT = "receipt", _("Receipt")
    ADJUSTMENT = "adjustment", _("Adjustment")
    SHIPMENT = "shipment", _("Shipment")
    RETURN = "return", _("Return")
    OPENING = "opening", _("Opening stock")
