"""Stripe's objects as we mirror them: read here, changed there."""

from typing import ClassVar

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.access import ensure_may
from console.admin import PlatformModelAdmin
from console.display import NOTHING, money, state_label
from console.sites import platform_site
from shared_apps.billing.models import BillingAccount, Reminder, StripeInvoice, Subscription, SubscriptionChange
from shared_apps.billing.services import papers
from shared_apps.billing.states import InvoiceStatus, SubscriptionStatus


@admin.register(Subscription, site=platform_site)
class SubscriptionAdmin(PlatformModelAdmin[Subscription]):
    view_permission: ClassVar[str] = "billing.view"
    list_display = (
        "brand",
        state_label(
            "status",
            _("Status"),
            {
                SubscriptionStatus.ACTIVE: "success",
                SubscriptionStatus.TRIALING: "info",
                SubscriptionStatus.PAST_DUE: "warning",
                SubscriptionStatus.UNPAID: "danger",
                SubscriptionStatus.INCOMPLETE: "warning",
                SubscriptionStatus.PAUSED: "danger",
            },
        ),
        "plan_version",
        "interval",
        "current_period_end",
        "cancel_at_period_end",
        "past_due_since",
        "collection_pause",
        "fetched_at",
    )
    list_select_related = ("brand", "plan_version__plan")
    list_filter = ("status", "plan_version__plan", "interval", "cancel_at_period_end", "collection_pause")
    search_fields = ("brand__name", "brand__slug", "stripe_subscription_id")
    ordering = ("-id",)
    fields = (
        "brand",
        "stripe_subscription_id",
        "status",
        "plan_version",
        "interval",
        "current_period_start",
        "current_period_end",
        "cancel_at_period_end",
        "ended_at",
        "past_due_since",
        "trial_ends_at",
        "pause_reason",
        "collection_pause",
        "pending_plan_version",
        "pending_interval",
        "stripe_schedule_id",
        "started_at",
        "fetched_at",
    )


@admin.register(SubscriptionChange, site=platform_site)
class SubscriptionChangeAdmin(PlatformModelAdmin[SubscriptionChange]):
    view_permission: ClassVar[str] = "billing.view"
    list_display = (
        "occurred_at",
        "brand",
        "kind",
        "plan_version",
        money("mrr_before", _("MRR before")),
        money("mrr_after", _("MRR after")),
    )
    list_display_links = ("occurred_at",)
    list_select_related = ("brand", "plan_version__plan")
    list_filter = ("kind", "plan_version__plan")
    search_fields = ("brand__name", "brand__slug")
    ordering = ("-id",)


@admin.register(StripeInvoice, site=platform_site)
class StripeInvoiceAdmin(PlatformModelAdmin[StripeInvoice]):
    view_permission: ClassVar[str] = "billing.view"
    list_display = (
        "__str__",
        "brand",
        state_label(
            "status",
            _("Status"),
            {InvoiceStatus.PAID: "success", InvoiceStatus.OPEN: "warning", InvoiceStatus.UNCOLLECTIBLE: "danger"},
        ),
        money("total", _("total")),
        money("amount_paid", _("paid")),
        money("amount_returned", _("paid back")),
        "dispute_status",
        "issued_at",
        "paid_at",
        "next_attempt_at",
    )
    list_select_related = ("brand",)
    list_filter = ("status", "dispute_status")
    search_fields = ("number", "stripe_invoice_id", "brand__name", "brand__slug")
    ordering = ("-issued_at", "-id")
    fields = (
        "number",
        "stripe_invoice_id",
        "brand",
        "status",
        "total",
        "amount_paid",
        "currency",
        "issued_at",
        "paid_at",
        "next_attempt_at",
        "amount_returned",
        "returned_at",
        "dispute_status",
        "page",
        "fetched_at",
    )
    readonly_fields = ("page",)

    def get_urls(self) -> list[URLPattern]:
        """The way to its page at Stripe is asked for at the click."""
        page = path(
            "<int:invoice_id>/page/", self.admin_site.admin_view(self.open_page), name="billing_stripeinvoice_page"
        )
        return [page, *super().get_urls()]

    def open_page(self, request: HttpRequest, invoice_id: int) -> HttpResponse:
        """On to Stripe, for whoever sees billing."""
        ensure_may(request, "billing.view")
        invoice = StripeInvoice.objects.filter(pk=invoice_id).first()
        if invoice is None:
            raise Http404
        found = papers.fetch_papers(brand_id=invoice.brand_id, invoice_id=invoice_id)
        return HttpResponseRedirect(found.page_url) if found.page_url else HttpResponse(status=404)

    @admin.display(description=_("page"))
    def page(self, invoice: StripeInvoice) -> str:
        """Link to its page at Stripe."""
        if invoice.status == InvoiceStatus.DRAFT:
            return NOTHING
        address = reverse("platform:billing_stripeinvoice_page", args=[invoice.pk])
        return format_html(
            '<a href="{}" rel="noreferrer" target="_blank">{}</a>', address, pgettext_lazy("link", "open")
        )


@admin.register(BillingAccount, site=platform_site)
class BillingAccountAdmin(PlatformModelAdmin[BillingAccount]):
    view_permission: ClassVar[str] = "billing.view"
    list_display = ("brand", "stripe_customer_id", "created_at")
    list_select_related = ("brand",)
    search_fields = ("brand__name", "brand__slug", "stripe_customer_id")
    ordering = ("-id",)


@admin.register(Reminder, site=platform_site)
class ReminderAdmin(PlatformModelAdmin[Reminder]):
    view_permission: ClassVar[str] = "billing.view"
    list_display = ("sent_at", "brand", "about")
    list_display_links = ("sent_at",)
    list_select_related = ("brand",)
    search_fields = ("brand__name", "brand__slug", "about")
    ordering = ("-id",)
