"""Bank transfers, and the periods that they or a gift bought."""

import mimetypes
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import FileResponse, Http404, HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from console.access import ensure_may
from console.actions import DialogForm, object_action
from console.admin import PlatformModelAdmin
from console.display import NOTHING, money, state_label
from console.sites import platform_site
from kernel.core import clock
from kernel.core.errors import Text
from shared_apps.billing.models import OfflinePayment, PlanPeriod
from shared_apps.billing.services import given_time, transfers
from shared_apps.billing.states import PAYMENT_TRANSITIONS, PaymentState, PlanPeriodKind


class ReasonForm(DialogForm):
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


def _transfer_with(consequence: Text) -> Callable[[OfflinePayment], Text]:
    """Return the words of a dialog: brand, sum, payer and reference, and what follows."""
    return lambda payment: (
        f"{payment.brand} · {number_format(payment.amount, 2, force_grouping=True)} {payment.currency} · "
        f"{payment.payer} · {payment.bank_reference}. {consequence}"
    )


def _may_become(wanted: PaymentState) -> Any:
    return lambda payment: wanted in PAYMENT_TRANSITIONS[PaymentState(payment.state)]


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
        "brand",
        "bank_reference",
        "payer",
        "amount",
        "currency",
        "received_on",
        "plan_version",
        "starts_on",
        "ends_on",
        "note",
        "proof",
        "state",
        "needs_second_person",
        "recorded_by",
        "recorded_at",
        "decided_by",
        "decided_at",
        "decision_reason",
    )
    readonly_fields = ("proof",)
    actions_detail = ("approve", "reject", "reverse")

    def get_urls(self) -> list[URLPattern]:
        """The proof is a file of its own."""
        proof = path(
            "<int:payment_id>/proof/", self.admin_site.admin_view(self.open_proof), name="billing_offlinepayment_proof"
        )
        return [proof, *super().get_urls()]

    def open_proof(self, request: HttpRequest, payment_id: int) -> FileResponse:
        """The stored file, for whoever sees billing; it is downloaded and never shown as a page of ours."""
        ensure_may(request, "billing.view")
        try:
            content = transfers.open_proof(payment_id=payment_id)
        except (transfers.TransferNotFound, FileNotFoundError) as missing:
            raise Http404 from missing
        kind = mimetypes.guess_type(str(content.name))[0] or "application/octet-stream"
        name = f"proof-{payment_id}{mimetypes.guess_extension(kind) or ''}"
        return FileResponse(content, as_attachment=True, filename=name, content_type=kind)

    @admin.display(description=_("proof"))
    def proof(self, payment: OfflinePayment) -> str:
        """Link to the proof's file."""
        if not payment.proof_path:
            return NOTHING
        address = reverse("platform:billing_offlinepayment_proof", args=[payment.pk])
        return format_html('<a href="{}">{}</a>', address, _("Download"))

    @object_action(
        _("Approve"),
        permission="billing.approve",
        icon="check",
        explanation=_transfer_with(
            _("The plan runs from where what the brand has ends. It takes another person than who recorded it.")
        ),
        offered=_may_become(PaymentState.APPROVED),
    )
    def approve(self, request: HttpRequest, payment: OfflinePayment, form: DialogForm) -> None:
        """Begin the period."""
        transfers.approve_transfer(payment_id=payment.pk, now=clock.now())

    @object_action(
        _("Reject"),
        permission="billing.approve",
        form=ReasonForm,
        icon="close",
        explanation=_transfer_with(_("The reference can be used again.")),
        offered=_may_become(PaymentState.REJECTED),
    )
    def reject(self, request: HttpRequest, payment: OfflinePayment, form: ReasonForm) -> None:
        """The reference can be used again."""
        transfers.reject_transfer(payment_id=payment.pk, reason=form.cleaned_data["reason"], now=clock.now())

    @object_action(
        _("Reverse"),
        permission="billing.approve",
        form=ReasonForm,
        icon="undo",
        explanation=_transfer_with(_("The money went back, or never came: the period it bought ends now.")),
        offered=_may_become(PaymentState.REVERSED),
    )
    def reverse(self, request: HttpRequest, payment: OfflinePayment, form: ReasonForm) -> None:
        """Take the period back."""
        transfers.reverse_transfer(payment_id=payment.pk, reason=form.cleaned_data["reason"], now=clock.now())


@admin.register(PlanPeriod, site=platform_site)
class PlanPeriodAdmin(PlatformModelAdmin[PlanPeriod]):
    view_permission: ClassVar[str] = "billing.view"
    list_display = ("brand", "plan_version", "kind", "starts_at", "ends_at", "given_by", "revoked_at")
    list_select_related = ("brand", "plan_version__plan")
    list_filter = ("kind", "plan_version__plan", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("brand__name", "brand__slug", "reason", "given_by")
    ordering = ("-id",)
    fields = (
        "brand",
        "plan_version",
        "kind",
        "starts_at",
        "ends_at",
        "payment",
        "reason",
        "given_by",
        "created_at",
        "revoked_at",
        "revoked_because",
    )
    actions_detail = ("revoke",)

    @object_action(
        _("Take back"),
        permission="billing.edit",
        form=ReasonForm,
        icon="undo",
        explanation=_("The given time ends now."),
        offered=lambda period: period.kind == PlanPeriodKind.COMP and period.revoked_at is None,
    )
    def revoke(self, request: HttpRequest, period: PlanPeriod, form: ReasonForm) -> None:
        """Revoke given time. A paid period is reversed with its transfer instead."""
        given_time.revoke_time(period_id=period.pk, reason=form.cleaned_data["reason"], now=clock.now())
