"""Show what Stripe told us, what we asked of it, and where the two differed."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, object_action
from console.admin import PlatformModelAdmin
from console.bulk_actions import bulk_action
from console.display import state_label
from console.sites import platform_site
from kernel.models import DeliveryState
from shared_apps.billing.models import StripeAttempt, StripeComparison, StripeEvent
from shared_apps.billing.services import inbox

STATE = state_label(
    "state",
    _("State"),
    {DeliveryState.PENDING: "info", DeliveryState.DELIVERED: "success", DeliveryState.DEAD: "danger"},
)


class StateFilter(admin.SimpleListFilter):
    title = _("State")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """All states."""
        return DeliveryState.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those in the chosen state."""
        return queryset.filter(state=self.value()) if self.value() in DeliveryState.values else queryset


@admin.register(StripeEvent, site=platform_site)
class StripeEventAdmin(PlatformModelAdmin[StripeEvent]):
    view_permission: ClassVar[str] = "billing.view"
    list_display = (
        "received_at",
        "type",
        STATE,
        "attempts",
        "object_id",
        "customer_id",
        "handled_at",
    )
    list_display_links = ("received_at", "type")
    list_filter = (StateFilter, "type")
    search_fields = ("=event_id", "=object_id", "=customer_id", "type")
    ordering = ("-id",)
    fields: ClassVar[Any] = (
        "event_id",
        "type",
        "state_word",
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
    readonly_fields: ClassVar[Any] = ("state_word", "attempts", "due_at", "last_error")
    actions_detail = ("replay",)
    actions = ("replay_selected",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StripeEvent]:
        events: Any = super().get_queryset(request)
        return events.with_delivery()  # type: ignore[no-any-return]

    @admin.display(description=_("State"))
    def state_word(self, event: object) -> str:
        return str(DeliveryState(getattr(event, "state", DeliveryState.PENDING)).label)

    @admin.display(description=_("attempts"), ordering="attempts")
    def attempts(self, event: Any) -> int:
        return int(event.attempts)

    @admin.display(description=_("due at"), ordering="due_at")
    def due_at(self, event: Any) -> datetime:
        due: datetime = event.due_at
        return due

    @admin.display(description=_("last error"))
    def last_error(self, event: Any) -> str:
        return str(event.last_error)

    @object_action(
        _("Handle again"),
        permission="billing.edit",
        icon="replay",
        explanation=_("The object is fetched from Stripe once more; what is in this event decides nothing."),
    )
    def replay(self, request: HttpRequest, event: StripeEvent, form: DialogForm) -> None:
        """From the beginning, whatever became of it."""
        inbox.replay_event(event_id=event.event_id)

    @bulk_action(_("Handle again"), permission="billing.edit", is_reversible=True)
    def replay_selected(self, request: HttpRequest, event: StripeEvent) -> None:
        """The same for several."""
        inbox.replay_event(event_id=event.event_id)


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
        return len(comparison.differences)


@admin.register(StripeAttempt, site=platform_site)
class AttemptAdmin(PlatformModelAdmin[StripeAttempt]):
    view_permission: ClassVar[str] = "billing.view"
    list_display = ("id", "brand", "kind", "state", "plan_version", "refusal", "created_at")
    list_select_related = ("brand", "plan_version__plan")
    list_filter = ("kind", "state")
    search_fields = ("brand__name", "brand__slug")
    ordering = ("-id",)
