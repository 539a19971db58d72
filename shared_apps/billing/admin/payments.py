"""Bank transfers, and the terms that they or a gift bought."""

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from console.admin import PlatformModelAdmin
from console.display import money, state_label
from console.sites import platform_site
from shared_apps.billing.models import OfflinePayment, PlanTerm
from shared_apps.billing.states import PaymentState


@admin.register(OfflinePayment, site=platform_site)
class TransferAdmin(PlatformModelAdmin[OfflinePayment]):
    view_permission: ClassVar[str] = "billing.view"
    list_display = (
        "bank_reference",
        "brand",
        state_label(
            "state",
            _("State"),
            {
                PaymentState.AWAITING_APPROVAL: "warning",
                PaymentState.APPROVED: "success",
                PaymentState.REJECTED: "danger",
                PaymentState.REVERSED: "danger",
            },
        ),
        money("amount", _("Amount")),
        "plan_version",
        "received_on",
        "recorded_by",
        "decided_by",
    )
    list_select_related = ("brand", "plan_version__plan")
    list_filter = ("state", "plan_version__plan", "needs_second_person")
    search_fields = ("bank_reference", "payer", "brand__name", "brand__slug")
    ordering = ("-id",)
    fields = (
        "brand", "bank_reference", "payer", "amount", "currency", "received_on", "plan_version", "starts_on",
        "ends_on", "note", "state", "needs_second_person", "recorded_by", "recorded_at", "decided_by", "decided_at",
        "decision_reason",
    )  # fmt: skip


@admin.register(PlanTerm, site=platform_site)
class TermAdmin(PlatformModelAdmin[PlanTerm]):
    view_permission: ClassVar[str] = "billing.view"
    list_display = ("brand", "plan_version", "kind", "starts_at", "ends_at", "given_by", "revoked_at")
    list_select_related = ("brand", "plan_version__plan")
    list_filter = ("kind", "plan_version__plan", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("brand__name", "brand__slug", "reason", "given_by")
    ordering = ("-id",)
    fields = (
        "brand", "plan_version", "kind", "starts_at", "ends_at", "payment", "reason", "given_by", "created_at",
        "revoked_at", "revoked_because",
    )  # fmt: skip
