"""Pages of the floor's own tables, on both consoles: the audit log, and events that could not be delivered.

The kernel stands below the console and cannot register them itself.
"""

from typing import Any, ClassVar, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.admin import BrandModelAdmin, PlatformModelAdmin, ServiceModelAdmin
from console.display import state_label
from console.history import who_did
from console.sites import ConsoleSite, brand_site, platform_site
from console.subjects import name_subjects
from kernel.core.audit_words import name_of_act
from kernel.core.errors import Text
from kernel.models import AuditRecord, DeliveryState, OutboxDelivery

NAMED: Final = "named_subject"


class AuditPage(ServiceModelAdmin[AuditRecord]):
    console: ClassVar[ConsoleSite]
    list_display = ("occurred_at", "who", "act", "about", "ip_address")
    list_display_links = ("occurred_at", "act")
    list_filter = ("actor_kind",)
    search_fields = ("subject", "action", "actor_label")
    search_help_text = _("What was done, to what, or by whom: “orders.ship”, “order:42”, a name.")
    ordering = ("-id",)
    fields = (
        "occurred_at",
        "who",
        "act",
        "about",
        "before",
        "after",
        "ip_address",
        "request_id",
    )
    readonly_fields = ("who", "act", "about")

    def prepare_rows(self, request: HttpRequest, rows: list[AuditRecord]) -> None:
        """With the names of what was acted on, in a statement per kind."""
        super().prepare_rows(request, rows)
        named = name_subjects(request, self.console, [row.subject for row in rows])
        for row in rows:
            vars(row)[NAMED] = named[row.subject]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> AuditRecord | None:
        record = super().get_object(request, object_id, from_field)
        if record is not None:
            self.prepare_rows(request, [record])
        return record

    @admin.display(description=pgettext_lazy("audit", "subject"), ordering="subject")
    def about(self, record: AuditRecord) -> str:
        name, address = vars(record)[NAMED]
        return format_html('<a class="bn-link" href="{}">{}</a>', address, name) if address else str(name)

    @admin.display(description=_("actor"), ordering="actor_label")
    def who(self, record: AuditRecord) -> Text:
        return who_did(record)

    @admin.display(description=_("action"), ordering="action")
    def act(self, record: AuditRecord) -> Text:
        return name_of_act(record.action)


@admin.register(AuditRecord, site=brand_site)
class BrandAuditPage(AuditPage, BrandModelAdmin[AuditRecord]):
    console = brand_site
    view_permission: ClassVar[str] = "accounts.manage"


@admin.register(AuditRecord, site=platform_site)
class PlatformAuditPage(AuditPage, PlatformModelAdmin[AuditRecord]):
    console = platform_site
    view_permission: ClassVar[str] = "audit.view"


class DeliveryPage(ServiceModelAdmin[OutboxDelivery]):
    """Only what is not delivered yet: what works needs no page."""

    list_display = (
        "message",
        "handler",
        state_label("state", _("State"), {DeliveryState.PENDING: "info", DeliveryState.DEAD: "danger"}),
        "attempts",
        "due_at",
    )
    list_filter = ("state",)
    list_select_related = ("message",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).exclude(state=DeliveryState.DELIVERED)


@admin.register(OutboxDelivery, site=brand_site)
class BrandDeliveryPage(DeliveryPage, BrandModelAdmin[OutboxDelivery]):
    view_permission: ClassVar[str] = "accounts.manage"


@admin.register(OutboxDelivery, site=platform_site)
class PlatformDeliveryPage(DeliveryPage, PlatformModelAdmin[OutboxDelivery]):
    view_permission: ClassVar[str] = "audit.view"
