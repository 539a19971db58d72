"""Back from the pay page. The payer does not wait for a webhook: the page asks Stripe itself what became of it."""

from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView, View

from kernel.core import clock
from kernel.core.errors import DomainError, Unavailable
from shared_apps.billing.models import Subscription
from shared_apps.billing.selectors.subscriptions import CHOSEN
from shared_apps.billing.services import checkout
from shared_apps.billing.states import SubscriptionStatus
from shared_apps.billing.views.facts import day
from shared_apps.billing.views.pages import BillingMixin, words_of

# Some payments take a while at the bank. The page looks again for a minute; then the webhook will bring the news.
MAX_LOOKS: Final = 12
SECONDS_BETWEEN_LOOKS: Final = 5


@method_decorator(never_cache, name="dispatch")
class Paid(BillingMixin, TemplateView):
    """Page after a payment at Stripe."""

    permission = "billing.manage"
    title = _("Payment")
    template_name = "billing/returned.html"

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """On to the plan once the payment is there; else a page that looks again by itself."""
        session_id = request.GET.get("session_id", "")
        try:
            subscription = checkout.finish_checkout(brand_id=self.brand_id, session_id=session_id, now=clock.now())
        except Unavailable as refusal:
            return self._wait(session_id, words_of(refusal))
        except DomainError as refusal:
            messages.error(request, words_of(refusal))
            return redirect("billing:plan")
        if subscription is None or subscription.status not in CHOSEN:
            return self._wait(session_id, "")
        messages.success(request, _thanks(subscription))
        return redirect("billing:plan")

    def _wait(self, session_id: str, problem: str) -> HttpResponse:
        looks = self._looks() + 1
        waiting = looks <= MAX_LOOKS
        explanation = (
            gettext("Stripe has not confirmed the payment yet. This page looks again by itself.")
            if waiting
            else gettext(
                "Stripe has not confirmed the payment yet. As soon as it does, your plan begins; you need not wait."
            )
        )
        address = f"{reverse('billing:paid')}?{urlencode({'session_id': session_id, 'look': looks})}"
        context = {
            "headline": gettext("The payment is on its way"),
            "explanation": f"{problem} {explanation}".strip(),
            "look_again": f"{SECONDS_BETWEEN_LOOKS};url={address}" if waiting else "",
        }
        return self.render_to_response(self.get_context_data(**context))

    def _looks(self) -> int:
        given = self.request.GET.get("look", "0")
        return int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0


def _thanks(subscription: Subscription) -> str:
    plan = subscription.plan_version.plan.name
    if subscription.status == SubscriptionStatus.TRIALING:
        words = {"plan": plan, "day": day(subscription.current_period_end)}
        return (
            gettext("%(plan)s is yours. The first payment is taken on %(day)s, when your free days are over.") % words
        )
    return gettext("Thank you. %(plan)s is active.") % {"plan": plan}


class NotPaid(BillingMixin, View):
    """Page after the pay page was left."""

    permission = "billing.manage"
    title = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Back to the plans; nothing happened."""
        messages.info(request, gettext("Nothing was paid, and nothing has changed."))
        return redirect("billing:plans")
