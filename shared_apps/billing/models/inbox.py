"""What Stripe told us: stored first, answered with 200, handled in a task."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from shared_apps.billing.states import InboxState


class StripeEvent(models.Model):
    """A webhook whose signature was right. Its copy of the object is only a hint: the object is fetched again."""

    event_id = models.CharField(_("event"), max_length=80)
    type = models.CharField(_("type"), max_length=80)
    object_id = models.CharField(_("object"), max_length=80, blank=True, default="")
    customer_id = models.CharField(_("Stripe customer"), max_length=80, blank=True, default="")
    payload = models.JSONField(_("payload"))
    stripe_created_at = models.DateTimeField(_("happened at"))
    received_at = models.DateTimeField(_("received at"))
    state = models.CharField(_("state"), max_length=10, choices=InboxState.choices, default=InboxState.RECEIVED)
    attempts = models.SmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due at"))
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)
    # Why nothing was done, where nothing was: somebody else's customer, a kind nobody needs.
    note = models.CharField(_("note"), max_length=200, blank=True, default="", db_default="")
    last_error = models.TextField(_("last error"), blank=True, default="")

    class Meta:
        verbose_name = _("Stripe event")
        verbose_name_plural = _("Stripe events")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event_id"], name="billing_stripeevent_once"),
            models.CheckConstraint(condition=Q(state__in=InboxState.values), name="billing_stripeevent_state_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(state="received"), name="billing_stripeevent_due"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"

    @property
    def explanation(self) -> str:
        """The note in the reader's language."""
        return translation.gettext(self.note) if self.note else ""
