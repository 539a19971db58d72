"""Commissions in the brand's console."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, object_action
from console.admin import BrandModelAdmin
from console.bulk_actions import bulk_action
from console.display import money, state_label
from console.exports import ExportsList
from console.money import format_money
from console.sites import brand_site
from kernel.core import clock
from kernel.core.errors import DomainError, Text
from kernel.privacy import masking
from shared_apps.accounts import selectors as accounts
from tenant_apps.commissions import rules, selectors
from tenant_apps.commissions.models import CommissionEntry, CommissionPlan, Payout
from tenant_apps.commissions.services import payouts, plans
from tenant_apps.commissions.states import PayoutMethod, PayoutState


class ReasonForm(DialogForm):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class PaidForm(DialogForm):
    """Form of a transfer, with the account it goes to in full: who opens it is audited."""

    payee = forms.CharField(label=_("Payee's account"), disabled=True, required=False)
    reference = forms.CharField(label=_("Transfer reference"), max_length=100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.request.method == "GET" and self.object_id:
            try:
                payee = payouts.show_payee(payout_id=int(self.object_id))
            except DomainError as refusal:
                self.fields["payee"].help_text = str(refusal.detail)
            else:
                self.fields["payee"].initial = f"{payee.name} {payee.account}"


@admin.register(CommissionPlan, site=brand_site)
class CommissionPlanAdmin(BrandModelAdmin[CommissionPlan]):
    view_permission = "commissions.view"
    edit_permission = "commissions.edit"
    add_permission = "commissions.edit"
    list_display = ("level", "tier1_rate", "tier2_rate", "holding_days", "valid_from")
    list_select_related = ("level",)
    fields = ("level", "tier1_rate", "tier2_rate", "holding_days")
    ordering = ("level__rank", "id")

    def get_readonly_fields(self, request: HttpRequest, obj: CommissionPlan | None = None) -> tuple[str, ...]:
        return ("level",) if obj else ()

    def save_by_service(self, request: HttpRequest, form: Any, existing: CommissionPlan | None) -> CommissionPlan:
        data = form.cleaned_data
        return plans.set_plan(
            level_id=existing.level_id if existing else data["level"].pk,
            rates=rules.PlanRates(data["tier1_rate"], data["tier2_rate"], data["holding_days"]),
            now=clock.now(),
        )


@admin.register(CommissionEntry, site=brand_site)
class CommissionEntryAdmin(ExportsList[CommissionEntry], BrandModelAdmin[CommissionEntry]):
    view_permission = "commissions.view"
    fields = (
        "beneficiary",
        "tier",
        "kind",
        "order",
        "product",
        "level",
        "base_amount",
        "rate",
        "amount",
        "explanation",
        "occurred_at",
        "available_at",
    )
    list_display = (
        "occurred_at",
        "beneficiary",
        "tier",
        state_label("kind", _("Kind"), {"accrual": "success", "reversal": "warning"}),
        "order",
        "explanation",
        money("amount", _("Amount")),
        "available_at",
    )
    list_filter = ("kind", "tier")
    search_fields = ("beneficiary__code", "beneficiary__name", "order__number")
    list_select_related = ("beneficiary", "order", "hold")
    ordering = ("-id",)

    @admin.display(description=_("Product"))
    def product(self, entry: CommissionEntry) -> str:
        return str(entry.order_line)

    @admin.display(description=_("Arithmetic"))
    def explanation(self, entry: CommissionEntry) -> str:
        return rules.explain(base=entry.base_amount, rate=entry.rate, amount=entry.amount)

    @admin.display(description=_("Available from"))
    def available_at(self, entry: CommissionEntry) -> Any:
        return entry.hold.available_at


def _sum_and_payee(payout: Payout) -> Text:
    """Return the words by which whoever decides knows what goes where; the account is shown by its last digits."""
    return _("%(number)s: %(sum)s to %(payee)s, %(way)s %(account)s") % {
        "number": payout.number,
        "sum": format_money(payout.amount),
        "payee": payout.payee_name,
        "way": payout.get_method_display(),
        "account": masking.mask_bank_card(payout.payee_account),
    }


class PayoutForm(forms.ModelForm):  # type: ignore[type-arg]  # Django is generic for mypy only
    """The request for a payout; the service decides whether there is enough."""

    class Meta:
        model = Payout
        fields = ("agent", "amount", "method", "payee_name", "payee_account")


@admin.register(Payout, site=brand_site)
class PayoutAdmin(ExportsList[Payout], BrandModelAdmin[Payout]):
    view_permission = "commissions.view"
    add_permission = "commissions.payout"
    form = PayoutForm
    list_display = (
        "number",
        "requested_at",
        "agent",
        money("amount", _("Amount")),
        state_label(
            "state",
            _("State"),
            {"requested": "info", "approved": "primary", "paid": "success", "failed": "danger", "rejected": "warning"},
        ),
        "method",
        "paid_at",
    )
    list_filter = ("state", "method")
    search_fields = ("number", "agent__code", "agent__name", "payee_name")
    list_select_related = ("agent",)
    ordering = ("-id",)
    actions_detail = ("approve", "mark_paid", "mark_failed", "reject")
    actions = ("approve_selected",)

    def get_fields(self, request: HttpRequest, obj: Payout | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("agent", "amount", "method", "payee_name", "payee_account")
        return (
            "number",
            "agent",
            "amount",
            "available",
            "state",
            "method",
            "payee_name",
            "masked_account",
            "asked_by",
            "requested_at",
            "checked_by",
            "approved_at",
            "is_sole_approval",
            "paid_at",
            "reference",
            "reason",
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Payout | None = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    @admin.display(description=_("Payee's account"))
    def masked_account(self, payout: Payout) -> str:
        return masking.mask_bank_card(payout.payee_account)

    @admin.display(description=_("requested by"))
    def asked_by(self, payout: Payout) -> Text:
        return accounts.name_of_actor(payout.requested_by)

    @admin.display(description=_("approved by"))
    def checked_by(self, payout: Payout) -> Text:
        return accounts.name_of_actor(payout.approved_by)

    @admin.display(description=_("Agent's available commission"))
    def available(self, payout: Payout) -> Decimal:
        return selectors.balance_of(agent_id=payout.agent_id, as_of=clock.now()).available

    def save_by_service(self, request: HttpRequest, form: Any, existing: Payout | None) -> Payout:
        data = form.cleaned_data
        return payouts.request_payout(
            agent_id=data["agent"].pk,
            amount=data["amount"],
            payee=payouts.Payee(PayoutMethod(data["method"]), data["payee_name"], data["payee_account"]),
            now=clock.now(),
        )

    @object_action(
        _("Approve"),
        permission=payouts.PERMISSION,
        icon="check",
        explanation=_sum_and_payee,
        offered=lambda payout: payout.state in {PayoutState.REQUESTED, PayoutState.FAILED},
    )
    def approve(self, request: HttpRequest, payout: Payout, form: DialogForm) -> Text:
        payouts.approve_payout(payout_id=payout.pk, now=clock.now())
        return _("Payout %(number)s was approved.") % {"number": payout.number}

    @object_action(
        _("Mark as paid"),
        permission=payouts.PERMISSION,
        form=PaidForm,
        icon="payments",
        explanation=_sum_and_payee,
        offered=lambda payout: payout.state == PayoutState.APPROVED,
    )
    def mark_paid(self, request: HttpRequest, payout: Payout, form: PaidForm) -> Text:
        reference = form.cleaned_data["reference"]
        payouts.mark_payout_paid(payout_id=payout.pk, reference=reference, now=clock.now())
        return _("Payout %(number)s was paid.") % {"number": payout.number}

    @object_action(
        _("Transfer failed"),
        permission=payouts.PERMISSION,
        form=ReasonForm,
        icon="error",
        explanation=_sum_and_payee,
        offered=lambda payout: payout.state == PayoutState.APPROVED,
    )
    def mark_failed(self, request: HttpRequest, payout: Payout, form: ReasonForm) -> None:
        payouts.mark_payout_failed(payout_id=payout.pk, reason=form.cleaned_data["reason"])

    @object_action(
        _("Reject"),
        permission=payouts.PERMISSION,
        form=ReasonForm,
        icon="block",
        explanation=_sum_and_payee,
        offered=lambda payout: payout.state in {PayoutState.REQUESTED, PayoutState.FAILED},
    )
    def reject(self, request: HttpRequest, payout: Payout, form: ReasonForm) -> None:
        payouts.reject_payout(payout_id=payout.pk, reason=form.cleaned_data["reason"])

    @bulk_action(_("Approve"), permission=payouts.PERMISSION)
    def approve_selected(self, request: HttpRequest, payout: Payout) -> None:
        payouts.approve_payout(payout_id=payout.pk, now=clock.now())
