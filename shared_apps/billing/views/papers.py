"""To an invoice's page and PDF at Stripe, whose addresses are asked for at the click."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.generic import View

from kernel.core.errors import DomainError, NotFound
from shared_apps.billing.services import papers
from shared_apps.billing.services.papers import Papers
from shared_apps.billing.views.pages import BillingMixin, SeeOther, words_of


@method_decorator(never_cache, name="dispatch")
class InvoicePage(BillingMixin, View):
    """Send the reader to an invoice's page at Stripe, fetched at this click."""

    title = ""

    def get(self, request: HttpRequest, invoice_id: int) -> HttpResponse:
        """303 to Stripe; 404 for an invoice that this brand does not have."""
        try:
            found = papers.fetch_papers(brand_id=self.brand_id, invoice_id=invoice_id)
        except NotFound:
            raise
        except DomainError as refusal:
            messages.error(request, words_of(refusal))
            return redirect("billing:plan")
        address = self.address_of(found)
        if not address.startswith(("https://", "http://")):
            messages.error(request, gettext("Stripe has no such page for this invoice."))
            return redirect("billing:plan")
        return SeeOther(address)

    def address_of(self, found: Papers) -> str:
        return found.page_url


class InvoicePdf(InvoicePage):
    def address_of(self, found: Papers) -> str:
        return found.pdf_url
