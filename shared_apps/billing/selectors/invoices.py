"""Reading the mirror of Stripe's invoices."""

from kernel.tenancy.context import public_schema
from shared_apps.billing.models import StripeInvoice
from shared_apps.billing.states import InvoiceStatus

MAX_INVOICES = 200  # sixteen years of monthly invoices


def list_invoices(brand_id: int, *, limit: int = MAX_INVOICES) -> list[StripeInvoice]:
    """The brand's invoices, the newest first; drafts are nobody's business yet."""
    with public_schema():
        rows = StripeInvoice.objects.filter(brand_id=brand_id).exclude(status=InvoiceStatus.DRAFT)
        return list(rows.order_by("-issued_at", "-id")[:limit])


def find_invoice(*, brand_id: int, invoice_id: int) -> StripeInvoice | None:
    """One invoice of the brand; None for a draft and for another brand's."""
    with public_schema():
        rows = StripeInvoice.objects.filter(brand_id=brand_id, pk=invoice_id)
        return rows.exclude(status=InvoiceStatus.DRAFT).first()


def get_open_invoice(brand_id: int) -> StripeInvoice | None:
    """The oldest invoice that waits for its money: its page is where it can be paid."""
    with public_schema():
        rows = StripeInvoice.objects.filter(brand_id=brand_id, status=InvoiceStatus.OPEN)
        return rows.order_by("issued_at", "id").first()
