"""Addresses of an invoice's page and PDF at Stripe: they hold for some days, so they are fetched at the click."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import NotFound
from shared_apps.billing.selectors import invoices
from shared_apps.billing.services import gateway


class InvoiceNotFound(NotFound):
    code = "invoice_not_found"
    title = _("There is no such invoice")


@dataclass(frozen=True)
class Papers:
    """Addresses of an invoice's page, on which it is paid while open, and of its PDF. Not to be kept: they expire."""

    page_url: str
    pdf_url: str


def fetch_papers(*, brand_id: int, invoice_id: int) -> Papers:
    """Ask Stripe for the addresses of an invoice of the brand. Raises InvoiceNotFound and the gateway's errors."""
    row = invoices.find_invoice(brand_id=brand_id, invoice_id=invoice_id)
    if row is None:
        raise InvoiceNotFound
    found = gateway.get_invoice(row.stripe_invoice_id)
    return Papers(found.page_url, found.pdf_url)
