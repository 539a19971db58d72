"""What Stripe told us, what we asked of it, and where the two differed."""

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, bulk_action, object_action
from console.admin import PlatformModelAdmin
from console.display import state_label
from console.sites import platform_site
from kernel.core import clock
from shared_apps.billing.models import StripeAttempt, StripeComparison, StripeEvent
from shared_apps.billing.services import inbox
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
        "event_id",
        "type",
        "state",
        "object_id",
        "customer_id",
        "stripe_created_at",
        "received_at",
        "attempts",
        "due_at",
        "handled_at",
        "last_error",
        "payload",
    )
    actions_detail = ("replay",)
    actions = ("replay_selected",)

    @object_action(
        _("Handle again"),
        permission="billing.edit",
        icon="replay",
        explanation=_("The object is fetched from Stripe once more; what is in this event decides nothing."),
    )
    def replay(self, request: HttpRequest, event: StripeEvent, form: DialogForm) -> None:
        """From the beginning, whatever became of it."""
        inbox.replay_event(event_id=event.event_id, now=clock.now())

    @bulk_action(_("Handle again"), permission="billing.edit")
    def replay_selected(self, request: HttpRequest, event: StripeEvent) -> None:
        """The same for several."""
        inbox.replay_event(event_id=event.event_id, now=clock.now())


@admin.register(StripeComparison, site=platform_site)
class ComparisonAdmin(PlatformModelAdmin[StripeComparison]):
    view_permission: ClassVar[str] = "billing.view"
    list_display = (
        "started_at",
        "finished_at",
        "subscriptions",
        "customers",
        "invoices",
        "found",
        "repaired",
        "last_error",
    )
    ordering = ("-id",)

    @admin.display(description=_("differences"))
    def found(self, comparison: StripeComparison) -> int:
        """How many."""
        return len(comparison.differences)


@admin.register(StripeAttempt, site=platform_site)
class AttemptAdmin(PlatformModelAdmin[StripeAttempt]):
    view_permission: ClassVar[str] = "billing.view"
    list_display = ("id", "brand", "kind", "state", "plan_version", "refusal", "created_at")
    list_select_related = ("brand", "plan_version__plan")
    list_filter = ("kind", "state")
    search_fields = ("brand__name", "brand__slug")
    ordering = ("-id",)
