"""Read invoices."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from tenant_apps.invoicing.models import Invoice, SellerProfile


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
    invoice = Invoice.objects.filter(pk=invoice_id).prefetch_related("lines", "red_letters").first()
    if invoice is None:
        raise InvoiceNotFound
    return invoice


def get_last_document(*, order_id: int) -> Invoice | None:
    """Return the newest document of an order: a blue letter is live, a red letter closed the one before it."""
    return Invoice.objects.filter(order_id=order_id).order_by("-id").first()


def list_invoices(*, order_id: int | None = None, kind: str | None = None) -> QuerySet[Invoice]:
    invoices = Invoice.objects.prefetch_related("lines", "red_letters").order_by("-id")
    if order_id is not None:
        invoices = invoices.filter(order_id=order_id)
    return invoices if kind is None else invoices.filter(kind=kind)
