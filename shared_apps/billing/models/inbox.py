"""Keep Stripe's webhooks: stored first, answered with 200, handled by the outbox."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from kernel.models import DeliveryState, OutboxDelivery

HANDLER = "billing.handle_stripe_event"
STRIPE = "stripe"  # the only source so far


class StripeEventQuerySet(QuerySet["StripeEvent"]):
    """Webhooks with what the outbox knows of each."""

    def with_delivery(self) -> QuerySet[Any]:
        """Add `state` (of DeliveryState), `attempts`, `due_at` and `last_error`."""
        delivery = OutboxDelivery.objects.filter(message=OuterRef("message_id"), handler=HANDLER)
        return self.annotate(
            state=Case(
                When(handled_at__isnull=False, then=Value(DeliveryState.DELIVERED.value)),
                default=Coalesce(
                    Subquery(delivery.values("state")[:1]), Value("pending"), output_field=models.CharField()
                ),
                output_field=models.CharField(),
            ),
            attempts=Coalesce(Subquery(delivery.values("attempts")[:1]), 0, output_field=models.IntegerField()),
            due_at=Coalesce(Subquery(delivery.values("due_at")[:1]), F("received_at")),
            last_error=Coalesce(
                Subquery(delivery.values("last_error")[:1]), Value(""), output_field=models.TextField()
            ),
        )


class StripeEvent(models.Model):
    """A webhook whose signature was right. Its copy of the object is only a hint: the object is fetched again."""

    source = models.CharField(_("source"), max_length=20, default=STRIPE, db_default=STRIPE)
    event_id = models.CharField(_("event"), max_length=80)
    type = models.CharField(_("type"), max_length=80)
    object_id = models.CharField(_("object"), max_length=80, blank=True, default="")
    customer_id = models.CharField(_("Stripe customer"), max_length=80, blank=True, default="")
    payload = models.JSONField(_("payload"))
    stripe_created_at = models.DateTimeField(_("happened at"))
    received_at = models.DateTimeField(_("received at"))
    # The outbox's message that has it handled; forgotten there 30 days after.
    message_id = models.BigIntegerField(null=True, editable=False)
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)
    # Why nothing was done, where nothing was: somebody else's customer, a kind nobody needs.
    note = models.CharField(_("note"), max_length=200, blank=True, default="", db_default="")

    objects = StripeEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("Stripe event")
        verbose_name_plural = _("Stripe events")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "event_id"], name="billing_stripeevent_once_a_source"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(handled_at__isnull=True), name="billing_stripeevent_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"

    def get_state_display(self: Any) -> str:
        """The word of the state that `with_delivery` added."""
        return str(DeliveryState(self.state).label)

    @property
    def explanation(self) -> str:
        """The note in the reader's language."""
        return translation.gettext(self.note) if self.note else ""
