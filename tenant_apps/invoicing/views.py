"""The invoices panel on the page of an order."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from console.access import may_read
from console.money import format_money
from console.panels import Panel, Row
from tenant_apps.invoicing import selectors


def invoices_of_order(request: HttpRequest, order_id: int) -> Panel | None:
    """Return the order's documents, and which of them needs a red letter; nothing without permission."""
    if not may_read(request, "invoicing.view"):
        return None
    rows = [
        Row(
            title=invoice.number,
            note=invoice.get_kind_display(),
            side=format_money(invoice.gross_amount),
            label=_("Red letter due") if selectors.get_billed_too_much(invoice=invoice) else "",
            tone="danger",
            link=reverse("brand:invoicing_invoice_change", args=[invoice.pk]),
        )
        for invoice in selectors.list_invoices(order_id=order_id)
    ]
    return Panel(key="invoices", title=_("Invoices"), icon="receipt", rows=rows, empty=_("No invoice yet."))
