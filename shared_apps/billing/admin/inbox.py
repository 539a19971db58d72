"""What Stripe told us: stored, handled, given up, handled again."""

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from console.admin import PlatformModelAdmin
from console.display import state_label
from console.sites import platform_site
from shared_apps.billing.models import StripeEvent
from shared_apps.billing.states import InboxState


@admin.register(StripeEvent, site=platform_site)
class StripeEventAdmin(PlatformModelAdmin[StripeEvent]):
    view_permission: ClassVar[str] = "billing.view"
    list_display = (
        "received_at",
        "type",
        state_label(
            "state",
            _("State"),
            {InboxState.RECEIVED: "info", InboxState.HANDLED: "success", InboxState.DEAD: "danger"},
        ),
        "attempts",
        "object_id",
        "customer_id",
        "handled_at",
    )
    list_display_links = ("received_at", "type")
    list_filter = ("state", "type")
    search_fields = ("=event_id", "=object_id", "=customer_id", "type")
    ordering = ("-id",)
    fields = (
        "event_id", "type", "state", "object_id", "customer_id", "stripe_created_at", "received_at", "attempts",
        "due_at", "handled_at", "last_error", "payload",
    )  # fmt: skip
