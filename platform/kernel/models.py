"""Tables of the kernel, in the public schema and in every brand's."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.database.append_only import AppendOnly


class NumberSeries(models.Model):
    """The last number taken of one kind on one day. Its row lock makes document numbers unique and gap-free."""

    kind = models.CharField(_("kind"), max_length=12)
    day = models.DateField(_("day"))
    last = models.PositiveIntegerField(_("last number"))

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "day"], name="kernel_numberseries_kind_day"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.day} {self.last}"


class IdempotencyRecord(models.Model):
    """The answer to a POST with an Idempotency-Key. `status` is empty while the request runs."""

    scope = models.CharField(_("credential digest"), max_length=64)
    key = models.CharField(_("key"), max_length=255)
    fingerprint = models.CharField(_("request digest"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    headers = models.JSONField(_("headers"), default=dict)
    body = models.BinaryField(_("encrypted body"), null=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("idempotency record")
        verbose_name_plural = _("idempotency records")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "key"], name="kernel_idempotency_scope_key"),
        ]

    def __str__(self) -> str:
        return self.key


class OutboxMessage(models.Model):
    """A published event, as JSON. `request_id` refers to the request that caused it."""

    event = models.CharField(_("event"), max_length=100)
    payload = models.JSONField(_("payload"))
    request_id = models.CharField(_("request id"), max_length=64, blank=True, default="")
    occurred_at = models.DateTimeField(_("occurred at"))

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        return f"{self.event} #{self.pk}"


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("pending")
    DELIVERED = "delivered", _("delivered")
    DEAD = "dead", _("given up")


class OutboxDelivery(models.Model):
    """Delivery of one message to one handler. Abandoned after 20 attempts, and listed then."""

    message = models.ForeignKey(
        OutboxMessage, verbose_name=_("event"), on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    handler = models.CharField(_("handler"), max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due at"))
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True, default="")

    class Meta:
        verbose_name = _("event delivery")
        verbose_name_plural = _("event deliveries")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "handler"], name="kernel_outboxdelivery_once"),
        ]
        indexes: ClassVar = [
            # Only what is still to be done: stays tiny however long the history grows.
            models.Index(fields=["id"], condition=Q(state="pending"), name="kernel_outboxdelivery_pending"),
        ]

    def __str__(self) -> str:
        return self.handler


class AuditRecord(AppendOnly):
    """One act on one subject: actor, origin, values before and after."""

    occurred_at = models.DateTimeField(_("time"))
    actor_kind = models.CharField(_("actor kind"), max_length=10)
    actor_id = models.BigIntegerField(_("actor id"), null=True)
    actor_label = models.CharField(_("actor"), max_length=200)
    action = models.CharField(_("action"), max_length=100)
    subject = models.CharField(pgettext_lazy("audit", "subject"), max_length=200)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    ip_address = models.GenericIPAddressField(_("IP address"), null=True)
    request_id = models.CharField(_("request id"), max_length=64, blank=True, default="")

    class Meta:
        verbose_name = _("audit record")
        verbose_name_plural = _("audit log")
        indexes: ClassVar = [models.Index(fields=["subject", "id"], name="kernel_auditrecord_subject")]

    def __str__(self) -> str:
        return f"{self.actor_label}: {self.action} {self.subject}"


class SavedViews(models.Model):
    """Named views of the console's lists: a person's own, or everybody's where `person` is 0.

    `console.saved_views` says what `views` holds. No foreign key: people stand above the kernel.
    """

    person = models.BigIntegerField(_("person"))
    views = models.JSONField(_("saved views"), default=list)

    class Meta:
        verbose_name = _("saved views")
        verbose_name_plural = _("saved views")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person"], name="kernel_savedviews_once_per_person"),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
