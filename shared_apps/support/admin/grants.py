"""Support sessions and what was done during them: read here, nothing is changed but by the two acts."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, object_action
from console.admin import PlatformModelAdmin
from console.sites import platform_site
from kernel.core import clock
from shared_apps.support.models import AccessGrant, AccessLogEntry
from shared_apps.support.selectors import grants as selectors
from shared_apps.support.services import grants
from shared_apps.support.states import GrantKind


def _waits(grant: AccessGrant) -> bool:
    return grant.kind == GrantKind.BREAK_GLASS and grant.starts_at is None and grant.revoked_at is None


@admin.register(AccessGrant, site=platform_site)
class AccessGrantAdmin(PlatformModelAdmin[AccessGrant]):
    view_permission: ClassVar[str] = "support.view"
    list_display = ("created_at", "brand", "kind", "requested_by", "may_write", "starts_at", "ends_at", "revoked_at")
    list_display_links = ("created_at",)
    list_filter = ("kind", "may_write")
    list_select_related = ("brand",)
    search_fields = ("brand__name", "brand__slug", "requested_by", "approved_by")
    ordering = ("-id",)
    fields = (
        "brand",
        "kind",
        "reason",
        "may_write",
        "hours",
        "requested_by",
        "approved_by",
        "created_at",
        "starts_at",
        "ends_at",
        "revoked_at",
        "revoked_by",
    )
    actions_detail = ("approve", "revoke")

    @object_action(
        _("Approve the emergency"),
        permission="support.emergency",
        icon="verified_user",
        explanation=_("It begins now; the owner is told at once."),
        offered=_waits,
    )
    def approve(self, request: HttpRequest, grant: AccessGrant, form: DialogForm) -> None:
        """By another administrator than the one who asked."""
        grants.approve_emergency(grant_id=grant.pk, now=clock.now())

    @object_action(
        _("End this access"),
        permission="support.visit",
        icon="block",
        offered=lambda grant: _waits(grant) or selectors.is_alive(grant, clock.now()),
    )
    def revoke(self, request: HttpRequest, grant: AccessGrant, form: DialogForm) -> None:
        """At once, also of a session that goes on."""
        grants.revoke_access(grant_id=grant.pk, now=clock.now())


@admin.register(AccessLogEntry, site=platform_site)
class AccessLogAdmin(PlatformModelAdmin[AccessLogEntry]):
    view_permission: ClassVar[str] = "support.view"
    list_display = ("occurred_at", "brand", "staff_name", "method", "path", "status", "ip_address")
    list_display_links = ("occurred_at",)
    list_select_related = ("grant__brand",)
    search_fields = ("grant__brand__name", "grant__brand__slug", "staff_name", "path", "request_id")
    ordering = ("-id",)

    @admin.display(description=_("brand"))
    def brand(self, entry: AccessLogEntry) -> Any:
        return entry.grant.brand
