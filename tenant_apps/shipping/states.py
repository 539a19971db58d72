"""States of parcels and their words."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ParcelState(models.TextChoices):
    """State of a parcel: packed by the brand, then by what its carrier tells."""

    PREPARED = "prepared", pgettext_lazy("parcel", "Being packed")
    ISSUED = "issued", pgettext_lazy("parcel", "Waiting for pickup")
    PICKED_UP = "picked_up", pgettext_lazy("parcel", "Picked up")
    IN_TRANSIT = "in_transit", pgettext_lazy("parcel", "In transit")
    OUT_FOR_DELIVERY = "out_for_delivery", pgettext_lazy("parcel", "Out for delivery")
    AT_STATION = "at_station", pgettext_lazy("parcel", "At a locker or station")
    SIGNED = "signed", pgettext_lazy("parcel", "Signed for")
    TROUBLE = "trouble", pgettext_lazy("parcel", "Trouble")
    RETURNING = "returning", pgettext_lazy("parcel", "Going back")
    RETURNED = "returned", pgettext_lazy("parcel", "Back with the sender")
    VOIDED = "voided", pgettext_lazy("parcel", "Voided")


class JobState(models.TextChoices):
    """State of work on many parcels at once."""

    RUNNING = "running", pgettext_lazy("job", "Running")
    DONE = "done", pgettext_lazy("job", "Done")
    FAILED = "failed", pgettext_lazy("job", "Failed")


ON_THE_WAY: Final = (
    ParcelState.ISSUED,
    ParcelState.PICKED_UP,
    ParcelState.IN_TRANSIT,
    ParcelState.OUT_FOR_DELIVERY,
    ParcelState.AT_STATION,
    ParcelState.TROUBLE,
    ParcelState.RETURNING,
)
"""The goods have left, and neither the receiver nor the sender has them."""


class ChargeBy(models.TextChoices):
    """Unit that a freight template counts."""

    PIECE = "piece", _("By piece")
    WEIGHT = "weight", _("By weight")


class Combining(models.TextChoices):
    """Charge of an order whose goods have several freight templates."""

    COMBINE = "combine", _("The dearest first price once, everything else as further units")
    SUM = "sum", _("Every template in full")
