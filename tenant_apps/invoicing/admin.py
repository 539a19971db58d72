"""Invoices in the brand's console: documents are read, issued and taken back, never edited."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, list_action, object_action
from console.admin import BrandModelAdmin, ReadOnlyInline
from console.display import money, state_label
from console.exports import ExportsList
from console.money import format_money
from console.sites import brand_site
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.invoicing import selectors
from tenant_apps.invoicing.models import Invoice, InvoiceLine, SellerProfile
from tenant_apps.invoicing.services import documents, seller
from tenant_apps.invoicing.states import BuyerKind, InvoiceKind
from tenant_apps.orders.selectors import documents as order_documents


class IssueForm(DialogForm):
    order_number = forms.CharField(label=_("Order number"), max_length=64)
    buyer_kind = forms.ChoiceField(label=_("Buyer"), choices=BuyerKind.choices)
    buyer_name = forms.CharField(label=_("Buyer's name"), max_length=100)
    buyer_tax_id = forms.CharField(label=_("Buyer's tax number"), max_length=24, required=False)


class ReverseForm(DialogForm):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class InvoiceLineInline(ReadOnlyInline[InvoiceLine, Invoice]):
    model = InvoiceLine
    fields = (
        "line_no",
        "sku",
        "name",
        "quantity",
        "unit_price",
        "tax_rate",
        "net_amount",
        "tax_amount",
        "gross_amount",
    )
    ordering = ("line_no",)


class RedLetterFilter(admin.SimpleListFilter):
    title = _("red letter")
    parameter_name = "red"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Invoice]) -> list[tuple[str, str]]:
        return [("due", gettext("Due: the order was refunded since"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> QuerySet[Invoice]:
        return queryset.filter(selectors.NEEDS_RED_LETTER) if self.value() == "due" else queryset


@admin.register(Invoice, site=brand_site)
class InvoiceAdmin(ExportsList[Invoice], BrandModelAdmin[Invoice]):
    view_permission = "invoicing.view"
    list_display = (
        "number",
        state_label("kind", _("Kind"), {InvoiceKind.BLUE: "info", InvoiceKind.RED: "danger"}),
        "issued_at",
        "order_number",
        "buyer_name",
        money("net_amount", _("Without tax")),
        money("tax_amount", _("Tax")),
        money("gross_amount", _("Total")),
        "refunded_since",
    )
    list_filter = ("kind", RedLetterFilter, "issued_at")
    list_select_related = ("order",)
    search_fields = ("number", "order_number", "buyer_name", "buyer_tax_id")
    search_help_text = _("Invoice or order number, buyer, tax number")
    hit_icon = "description"
    ordering = ("-id",)
    inlines = (InvoiceLineInline,)
    fields = (
        "number",
        "kind",
        "order_number",
        "issued_at",
        "issued_by",
        "original",
        "replaces",
        "reason",
        "buyer_kind",
        "buyer_name",
        "buyer_tax_id",
        "seller_name",
        "seller_tax_id",
        "seller_address",
        "seller_phone",
        "seller_bank",
        "net_amount",
        "tax_amount",
        "gross_amount",
        "refunded_since",
        "printable",
    )
    readonly_fields = ("refunded_since", "printable")
    actions_list = ("issue",)
    actions_detail = ("reverse",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        return super().get_queryset(request).prefetch_related("red_letters")

    @admin.display(description=_("Refunded since"))
    def refunded_since(self, invoice: Invoice) -> Text:
        amount = selectors.get_billed_too_much(invoice=invoice)
        if not amount:
            return "–"
        return _("%(amount)s: issue a red letter, then a new invoice") % {"amount": format_money(amount)}

    @admin.display(description=_("Print"))
    def printable(self, invoice: Invoice) -> SafeString:
        address = reverse("brand:invoicing_invoice_print", args=[invoice.pk])
        return format_html('<a href="{}" target="_blank" rel="noopener">{}</a>', address, _("Printable page"))

    def get_urls(self) -> list[Any]:
        print_page = self.admin_site.admin_view(self.print_view)
        return [path("<int:invoice_id>/print/", print_page, name="invoicing_invoice_print"), *super().get_urls()]

    def print_view(self, request: HttpRequest, invoice_id: int) -> HttpResponse:
        """Show one document for printing, without the console around it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        invoice = get_object_or_404(Invoice.objects.prefetch_related("lines"), pk=invoice_id)
        return render(request, "invoicing/print.html", {"invoice": invoice})

    def describe_hit(self, invoice: Invoice) -> tuple[Text, Text]:
        return invoice.number, f"{gettext('Invoice')} · {invoice.order_number} · {invoice.buyer_name}"

    @list_action(_("Issue invoice"), permission="invoicing.issue", form=IssueForm, icon="note_add")
    def issue(self, request: HttpRequest, form: IssueForm) -> Text:
        data = form.cleaned_data
        order_id = order_documents.get_order_id(number=data["order_number"])
        buyer = documents.Buyer(BuyerKind(data["buyer_kind"]), data["buyer_name"], data["buyer_tax_id"])
        invoice = documents.issue_invoice(order_id=order_id, buyer=buyer, now=clock.now())
        return _("Invoice %(number)s was issued.") % {"number": invoice.number}

    @object_action(
        _("Issue a red-letter invoice"),
        permission="invoicing.issue",
        form=ReverseForm,
        icon="undo",
        offered=lambda invoice: invoice.kind == InvoiceKind.BLUE and not invoice.red_letters.exists(),
    )
    def reverse(self, request: HttpRequest, invoice: Invoice, form: ReverseForm) -> Text:
        red = documents.reverse_invoice(invoice_id=invoice.pk, reason=form.cleaned_data["reason"], now=clock.now())
        return _("Red letter %(number)s was issued.") % {"number": red.number}


@admin.register(SellerProfile, site=brand_site)
class SellerProfileAdmin(BrandModelAdmin[SellerProfile]):
    view_permission = "invoicing.view"
    edit_permission = "invoicing.issue"
    list_display = ("legal_name", "tax_id", "phone")
    fields = ("legal_name", "tax_id", "address", "phone", "bank_name", "bank_account")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and not SellerProfile.objects.exists()

    def save_by_service(self, request: HttpRequest, form: Any, existing: SellerProfile | None) -> SellerProfile:
        return seller.put_seller_profile(seller=seller.NewSeller(**form.cleaned_data))
