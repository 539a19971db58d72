"""Tickets in a list; the conversation has a page of its own."""

from typing import ClassVar

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.admin import PlatformModelAdmin, ReadOnlyInline
from console.display import state_label
from console.sites import platform_site
from kernel.core.errors import Text
from shared_apps.support.models import Ticket, TicketMessage
from shared_apps.support.states import TicketState


class MessageInline(ReadOnlyInline[TicketMessage, Ticket]):
    model = TicketMessage
    fields = ("created_at", "author_kind", "author", "body", "is_internal")


@admin.register(Ticket, site=platform_site)
class TicketAdmin(PlatformModelAdmin[Ticket]):
    view_permission: ClassVar[str] = "support.view"
    list_display = (
        "number",
        "subject",
        "brand",
        state_label("state", _("State"), {TicketState.OPEN: "warning", TicketState.ANSWERED: "success"}),
        "opened_by",
        "assigned_to",
        "opened_at",
        "updated_at",
    )
    list_display_links = ("number", "subject")
    list_filter = ("state", "assigned_to")
    list_select_related = ("brand",)
    search_fields = ("number", "subject", "brand__name", "brand__slug", "request_id")
    hit_icon = "contact_support"
    ordering = ("-id",)
    inlines = (MessageInline,)
    readonly_fields = ("conversation",)
    fields = (
        "number",
        "conversation",
        "subject",
        "brand",
        "state",
        "opened_by",
        "contact_email",
        "language",
        "page",
        "request_id",
        "assigned_to",
        "opened_at",
        "updated_at",
        "closed_at",
    )

    def describe_hit(self, ticket: Ticket) -> tuple[Text, Text]:
        return ticket.subject, f"{ticket.number} · {ticket.brand.name} · {ticket.get_state_display()}"

    @admin.display(description=_("conversation"))
    def conversation(self, ticket: Ticket) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("support:ticket", args=[ticket.number]), pgettext_lazy("link", "Open")
        )
