"""Table of tracking events."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenant_apps.shipping.states import ParcelState


class TrackingEvent(models.Model):
    """One thing that a carrier told of a number, kept once however often and late it is told."""

    tracking_number = models.CharField(_("tracking number"), max_length=64)
    carrier_code = models.CharField(_("carrier code"), max_length=16)
    occurred_at = models.DateTimeField(_("at the carrier"))
    arrived_at = models.DateTimeField(_("arrived"))
    state = models.CharField(_("state"), max_length=16, choices=ParcelState)
    place = models.CharField(_("place"), max_length=60, blank=True, default="")
    text = models.CharField(_("text"), max_length=300)

    class Meta:
        verbose_name = _("tracking event")
        verbose_name_plural = _("tracking events")
        ordering = ["-occurred_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tracking_number", "occurred_at", "text"], name="shipping_tracking_event_once"
            ),
        ]

    def __str__(self) -> str:
        return self.text
