"""Questions of brands and the answers."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shared_apps.support.states import AuthorKind, TicketState


class Ticket(models.Model):
    """A question a brand asked from its console. The author's id is of the brand's schema."""

    brand = models.ForeignKey("tenants.Brand", on_delete=models.CASCADE, related_name="+", verbose_name=_("brand"))
    number = models.CharField(_("number"), max_length=32)
    subject = models.CharField(pgettext_lazy("ticket", "subject"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=TicketState.choices, default=TicketState.OPEN)
    opened_by_id = models.BigIntegerField()
    opened_by = models.CharField(_("opened by"), max_length=200)
    contact_email = models.EmailField(_("answer to"), max_length=254, blank=True, default="")
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    page = models.CharField(_("page"), max_length=500, blank=True, default="")
    request_id = models.CharField(_("request id"), max_length=64, blank=True, default="")
    assigned_to_id = models.BigIntegerField(null=True, blank=True)
    assigned_to = models.CharField(_("assigned to"), max_length=200, blank=True, default="")
    opened_at = models.DateTimeField(_("opened at"))
    updated_at = models.DateTimeField(_("last message at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number"], name="support_ticket_number_unique"),
            models.CheckConstraint(condition=~Q(subject=""), name="support_ticket_has_a_subject"),
            models.CheckConstraint(condition=Q(state__in=TicketState.values), name="support_ticket_state_known"),
            models.CheckConstraint(
                condition=Q(state=TicketState.CLOSED, closed_at__isnull=False)
                | (~Q(state=TicketState.CLOSED) & Q(closed_at__isnull=True)),
                name="support_ticket_closed_at_a_time",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["brand", "-id"], name="support_ticket_brand")]

    def __str__(self) -> str:
        return self.number


class TicketMessage(models.Model):
    """One thing said on a ticket. An internal note is read by staff only."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages", verbose_name=_("ticket"))
    author_kind = models.CharField(_("side"), max_length=10, choices=AuthorKind.choices)
    author_id = models.BigIntegerField()
    author = models.CharField(_("author"), max_length=200)
    body = models.TextField(_("text"))
    is_internal = models.BooleanField(_("internal note"), default=False)
    created_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(body=""), name="support_message_says_something"),
            models.CheckConstraint(
                condition=Q(is_internal=False) | Q(author_kind=AuthorKind.STAFF),
                name="support_message_internal_is_ours",
            ),
        ]

    def __str__(self) -> str:
        return self.body[:60]


class TicketFile(models.Model):
    """A screenshot or document on a message; it lies in the public storage folder."""

    message = models.ForeignKey(TicketMessage, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(pgettext_lazy("file", "name"), max_length=200)
    path = models.CharField(max_length=300)
    content_type = models.CharField(max_length=100)
    size_bytes = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(size_bytes__gte=1, size_bytes__lte=5 * 1024 * 1024), name="support_file_size"
            )
        ]

    def __str__(self) -> str:
        return self.name
