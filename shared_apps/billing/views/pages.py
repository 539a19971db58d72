"""Shared parts of billing's pages in a brand's console."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.generic import TemplateView, View

from console.access import may
from console.sites import brand_site
from console.views import ConsolePageMixin
from kernel.core.errors import DomainError, NotFound
from kernel.tenancy.context import current_brand

STRIPE_PAGES: Final = ("https://checkout.stripe.com", "https://billing.stripe.com", "https://invoice.stripe.com")


def pay_page_origins() -> list[str]:
    """Return origins a form of ours may end up at: Stripe's hosts, domains of ours there, and a stand-in that runs."""
    stand_in = urlsplit(settings.STRIPE_API_BASE)
    return [
        *STRIPE_PAGES,
        *settings.STRIPE_PAGE_ORIGINS,
        *([f"{stand_in.scheme}://{stand_in.netloc}"] if stand_in.netloc else []),
    ]


class SeeOther(HttpResponseRedirect):
    """A browser that sent a form goes on with GET, also to another host."""

    status_code = 303


class BillingMixin(ConsolePageMixin):
    """A page about the present brand's plan, for whoever may see it."""

    site = brand_site
    permission = "billing.view"
    # A form view would take PUT for POST.
    http_method_names: Sequence[str] = ("get", "head", "options", "post")

    @property
    def brand_id(self) -> int:
        """Id of the host's brand, never a parameter."""
        return int(current_brand().pk)

    def address(self, path: str) -> str:
        """An address on this host, as Stripe needs it."""
        return self.request.build_absolute_uri(path)


class BillingPage(BillingMixin, TemplateView):
    """A page to read. `leads_to_stripe` lets its forms be answered by a redirect to a pay page."""

    leads_to_stripe = False

    def security_needs(self) -> Mapping[str, Sequence[str]]:
        """A browser checks `form-action` again when the answer to a form redirects."""
        return {"form-action": pay_page_origins()} if self.leads_to_stripe else {}

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(**{"may_manage": may(self.request, "billing.manage"), **kwargs})


class Act(BillingMixin, View):
    http_method_names: Sequence[str] = ("post",)
    permission = "billing.manage"
    title = ""
    next_page = "billing:plan"

    def perform(self, **kwargs: object) -> HttpResponse | str:
        """Act, and return a sentence for the next page, or an answer of its own. Refuses by raising."""
        raise NotImplementedError

    def post(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        """Do it; a refusal is shown, and nothing else happened."""
        try:
            done = self.perform(**kwargs)
        except DomainError as refusal:
            if isinstance(refusal, NotFound) and kwargs:  # the address itself names what is missing
                raise
            messages.error(request, words_of(refusal))
            return redirect(self.next_page)
        if isinstance(done, HttpResponse):
            return done
        messages.success(request, done)
        return redirect(self.next_page)


def words_of(refusal: DomainError) -> str:
    """Return a refusal in words: its first sentence in detail, else its title."""
    return str(refusal.errors[0].detail if refusal.errors else refusal)
