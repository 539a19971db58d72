"""Domains, exports, archives and moves in the platform's console. Brands have their page in the support app, which
can use the higher apps.
"""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, object_action
from console.admin import PlatformModelAdmin
from console.display import state_label
from console.sites import platform_site
from kernel.core import clock
from kernel.core.errors import Invalid, Text
from shared_apps.tenants.models import BrandArchive, BrandExport, BrandMove, Domain, DomainClaim
from shared_apps.tenants.services import archives, claims, moves
from shared_apps.tenants.states import ArchiveState, ClaimState, ExportState


class NotSure(Invalid):
    code = "not_sure"
    title = _("This is not the brand's subdomain")


class ConfirmForm(DialogForm):
    """Confirmation form; the name of the deleted object must be typed."""

    typed = forms.CharField(label=_("Type the brand's subdomain"), max_length=40)


@admin.register(Domain, site=platform_site)
class DomainAdmin(PlatformModelAdmin[Domain]):
    list_display = ("domain", "tenant", "is_primary")
    list_select_related = ("tenant",)
    search_fields = ("domain", "tenant__name", "tenant__slug")


@admin.register(DomainClaim, site=platform_site)
class DomainClaimAdmin(PlatformModelAdmin[DomainClaim]):
    list_display = (
        "domain",
        "brand",
        state_label("state", _("State"), {ClaimState.PENDING: "warning", ClaimState.VERIFIED: "success"}),
        "method",
        "checked_at",
        "verified_at",
    )
    list_select_related = ("brand",)
    list_filter = ("state", "method")
    search_fields = ("domain", "brand__name", "brand__slug")
    ordering = ("-id",)
    fields = (
        "domain",
        "brand",
        "state",
        "method",
        "token",
        "last_answer",
        "checked_at",
        "verified_at",
        "created_at",
    )
    actions_detail = ("check_now", "remove")

    @object_action(
        _("Check now"),
        permission="tenants.edit",
        icon="dns",
        explanation=_("Asks the DNS for the TXT record or the CNAME."),
        offered=lambda claim: claim.state != ClaimState.REMOVED,
    )
    def check_now(self, request: HttpRequest, claim: DomainClaim, form: DialogForm) -> Text:
        checked = claims.check_claim(claim_id=claim.pk, now=clock.now())
        said = {"state": checked.get_state_display(), "answer": checked.last_answer}
        return gettext("%(state)s. %(answer)s") % said

    @object_action(
        _("Remove"),
        permission="tenants.edit",
        icon="link_off",
        explanation=_("The domain leads nowhere from now on. It can be added again."),
        offered=lambda claim: claim.state != ClaimState.REMOVED,
    )
    def remove(self, request: HttpRequest, claim: DomainClaim, form: DialogForm) -> None:
        claims.remove_claim(claim_id=claim.pk, now=clock.now())


class _SizedAdmin:
    """List of files with their sizes."""

    @admin.display(description=_("size"), ordering="size_bytes")
    def size(self, row: Any) -> str:
        return filesizeformat(row.size_bytes)


@admin.register(BrandExport, site=platform_site)
class ExportAdmin(_SizedAdmin, PlatformModelAdmin[BrandExport]):
    """List of exports. The content is the brand's: staff see the file's existence only."""

    list_display = (
        "requested_at",
        "brand",
        "requested_by",
        state_label(
            "state",
            _("State"),
            {ExportState.RUNNING: "info", ExportState.READY: "success", ExportState.FAILED: "danger"},
        ),
        "size",
        "finished_at",
        "expires_at",
    )
    list_display_links = ("requested_at",)
    list_select_related = ("brand",)
    list_filter = ("state",)
    search_fields = ("brand__name", "brand__slug", "requested_by")
    ordering = ("-id",)
    fields = (
        "brand",
        "requested_by",
        "requested_at",
        "state",
        "started_at",
        "finished_at",
        "size",
        "sha256",
        "row_counts",
        "last_error",
        "expires_at",
    )
    readonly_fields = ("size",)


@admin.register(BrandArchive, site=platform_site)
class ArchiveAdmin(_SizedAdmin, PlatformModelAdmin[BrandArchive]):
    list_display = (
        "made_at",
        "brand",
        state_label(
            "state",
            _("State"),
            {
                ArchiveState.DUMPED: "info",
                ArchiveState.VERIFIED: "success",
                ArchiveState.FAILED: "danger",
                ArchiveState.RESTORED: "primary",
            },
        ),
        "size",
        "verified_at",
        "retained_until",
    )
    list_display_links = ("made_at",)
    list_select_related = ("brand",)
    list_filter = ("state",)
    search_fields = ("brand__name", "brand__slug")
    ordering = ("-id",)
    fields = (
        "brand",
        "state",
        "made_at",
        "verified_at",
        "retained_until",
        "restored_at",
        "size",
        "sha256",
        "row_counts",
        "schema_fingerprint",
        "last_error",
    )
    readonly_fields = ("size",)
    actions_detail = ("drop_schema",)

    @object_action(
        _("Delete the brand's schema"),
        permission="tenants.archive",
        form=ConfirmForm,
        icon="delete_forever",
        explanation=_("Only after its day, and only where the archive was proved and nothing changed since."),
        offered=lambda archive: archive.state == ArchiveState.VERIFIED and archive.brand.schema_dropped_at is None,
    )
    def drop_schema(self, request: HttpRequest, archive: BrandArchive, form: ConfirmForm) -> None:
        if form.cleaned_data["typed"].strip().lower() != archive.brand.slug:
            raise NotSure(field="typed")
        archives.drop_archived_schema(archive_id=archive.pk, now=clock.now())


@admin.register(BrandMove, site=platform_site)
class MoveAdmin(PlatformModelAdmin[BrandMove]):
    view_permission: ClassVar[str] = "tenants.view"
    list_display = ("requested_at", "brand", "from_cell", "to_cell", "requested_by", "cancelled_at", "finished_at")
    list_display_links = ("requested_at",)
    list_select_related = ("brand", "archive")
    search_fields = ("brand__name", "brand__slug", "to_cell")
    ordering = ("-id",)
    fields = (
        "brand",
        "from_cell",
        "to_cell",
        "reason",
        "requested_by",
        "requested_at",
        "archive",
        "cancelled_at",
        "finished_at",
    )
    actions_detail = ("cancel",)

    @object_action(
        _("Cancel the move"),
        permission="tenants.archive",
        icon="undo",
        offered=lambda move: move.cancelled_at is None and move.finished_at is None,
    )
    def cancel(self, request: HttpRequest, move: BrandMove, form: DialogForm) -> None:
        """Cancel the move; its archive stays."""
        moves.cancel_move(move_id=move.pk, now=clock.now())
