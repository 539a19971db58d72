"""Read invoices."""

from decimal import Decimal

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from kernel.core.money import ZERO
from tenant_apps.invoicing import rules
from tenant_apps.invoicing.models import Invoice, SellerProfile
from tenant_apps.invoicing.states import InvoiceKind

NEEDS_RED_LETTER = Q(
    kind=InvoiceKind.BLUE, red_letters=None, gross_amount__gt=F("order__total") - F("order__refunded_amount")
)
"""Live invoices that bill more than is left of their order's money."""


class InvoiceNotFound(NotFound):
    code = "invoice_not_found"
    title = _("No such invoice")


def get_seller_profile() -> SellerProfile | None:
    return SellerProfile.objects.filter(pk=SellerProfile.ONLY_ID).first()


def seller_block(seller: SellerProfile) -> dict[str, str]:
    return {
        "seller_name": seller.legal_name,
        "seller_tax_id": seller.tax_id,
        "seller_address": seller.address,
        "seller_phone": seller.phone,
        "seller_bank": f"{seller.bank_name} {seller.bank_account}".strip(),
    }


def get_invoice(*, invoice_id: int) -> Invoice:
    invoice = (
        Invoice.objects.filter(pk=invoice_id).select_related("order").prefetch_related("lines", "red_letters").first()
    )
    if invoice is None:
        raise InvoiceNotFound
    return invoice


def get_billed_too_much(*, invoice: Invoice) -> Decimal:
    """Return the money refunded since a live invoice was issued; zero for red letters and what one took back."""
    if invoice.kind != InvoiceKind.BLUE or invoice.red_letters.all():
        return ZERO
    order = invoice.order
    return rules.billed_too_much(billed=invoice.gross_amount, total=order.total, refunded=order.refunded_amount)


def get_last_document(*, order_id: int) -> Invoice | None:
    """Return the newest document of an order: a blue letter is live, a red letter closed the one before it."""
    return Invoice.objects.filter(order_id=order_id).order_by("-id").first()


def list_invoices(
    *, order_id: int | None = None, kind: str | None = None, needs_red_letter: bool = False
) -> QuerySet[Invoice]:
    invoices = Invoice.objects.select_related("order").prefetch_related("lines", "red_letters").order_by("-id")
    if needs_red_letter:
        invoices = invoices.filter(NEEDS_RED_LETTER)
    if order_id is not None:
        invoices = invoices.filter(order_id=order_id)
    return invoices if kind is None else invoices.filter(kind=kind)
