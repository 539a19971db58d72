"""Tickets in a list; the conversation has a page of its own."""

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from console.admin import PlatformModelAdmin
from console.display import state_label
from console.sites import platform_site
from kernel.core.errors import Text
from shared_apps.support.models import Ticket
from shared_apps.support.states import TicketState


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

    def describe_hit(self, ticket: Ticket) -> tuple[Text, Text]:
        return ticket.subject, f"{ticket.number} · {ticket.brand.name} · {ticket.get_state_display()}"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Lead to the conversation, where it is answered: a ticket has no other page."""
        ticket = self.get_object(request, object_id)
        if ticket is None or not self.has_view_permission(request, ticket):
            return super().change_view(request, object_id, form_url, extra_context)
        return redirect("support:ticket", number=ticket.number)
