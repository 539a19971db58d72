"""Choosing a plan: the comparison, paying for the first one, changing to another after seeing what it costs."""

from datetime import datetime
from typing import Final

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from kernel.core import clock
from kernel.core.errors import DomainError
from shared_apps.billing.selectors import plans, subscriptions
from shared_apps.billing.services import checkout, plan_changes
from shared_apps.billing.states import Interval
from shared_apps.billing.views import changes, facts, offers, transfers
from shared_apps.billing.views.pages import Act, BillingPage, SeeOther, words_of

_SALT: Final = "billing.preview"


class PlansPage(BillingPage):
    title = _("Plans")
    template_name = "billing/plans.html"
    leads_to_stripe = True

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """Cards and the comparison, for the interval asked for (or else the one that is paid)."""
        brand = facts.fresh_brand(self.brand_id)
        now = clock.now()
        subscription = subscriptions.get_current(self.brand_id)
        versions = plans.list_offered_versions()
        usual = subscription.interval if subscription else Interval.YEAR
        interval = offers.interval_of(self.request.GET.get("interval", usual))
        current = facts.current_version(brand, now)
        return super().get_context_data(
            **{
                **kwargs,
                "interval": interval,
                "saving": offers.saving(versions),
                "offers": offers.brand_offers(versions, interval, subscription, current),
                "comparison": offers.comparison(versions),
                "kept_version": facts.kept_version(subscription, versions),
                "planned": facts.planned_for(subscription),
                "note": facts.note_before_choosing(brand, now),
                "transfer": transfers.how_to_transfer(brand),
            }
        )


class StartCheckout(Act):
    """To the pay page, for a brand without a subscription."""

    next_page = "billing:plans"

    def perform(self, **kwargs: object) -> HttpResponse:
        """303 to Stripe. Raises PlanNotFound, and what the checkout refuses."""
        wanted = self.request.POST
        interval = wanted.get("interval", "")
        if interval not in Interval.values:
            raise plans.PlanNotFound
        address = checkout.start_checkout(
            brand_id=self.brand_id,
            plan_code=wanted.get("plan", ""),
            interval=interval,
            # Stripe puts the session's id in the place of the braces, which must not be escaped.
            success_url=f"{self.address(reverse('billing:paid'))}?session_id={{CHECKOUT_SESSION_ID}}",
            cancel_url=self.address(reverse("billing:not_paid")),
            now=clock.now(),
        )
        return SeeOther(address)


class OpenPortal(Act):
    """To Stripe's own page for cards and invoices."""

    def perform(self, **kwargs: object) -> HttpResponse:
        """303 to Stripe."""
        back = self.address(reverse("billing:plan"))
        return SeeOther(checkout.open_portal(brand_id=self.brand_id, return_url=back))


@method_decorator(never_cache, name="dispatch")
class PreviewPage(BillingPage):
    """Preview of a change's cost and beginning, before the click; the click sends back exactly what was shown."""

    permission = "billing.manage"
    title = _("Change plan")
    template_name = "billing/preview.html"
    leads_to_stripe = True

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """The preview, or back to the plans with the reason why there is none."""
        if kwargs["interval"] not in Interval.values:
            raise Http404
        try:
            return super().get(request, *args, **kwargs)
        except DomainError as refusal:
            messages.error(request, words_of(refusal))
            return redirect("billing:plans")

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """The change in words, and the same signed for the way back. Raises what `preview_change` raises."""
        code = self.kwargs["code"]
        interval = self.kwargs["interval"]
        now = clock.now()
        preview = plan_changes.preview_change(brand_id=self.brand_id, plan_code=code, interval=interval, now=now)
        brand = facts.fresh_brand(self.brand_id)
        shown = changes.describe(preview, brand=brand, interval=interval, now=now)
        return super().get_context_data(
            **{**kwargs, "change": shown, "signed_offer": self._sign(code, interval, preview.proration_at)}
        )

    def post(self, request: HttpRequest, code: str, interval: str) -> HttpResponse:
        """Make the change that was shown. A refusal is shown above a fresh preview."""
        if interval not in Interval.values:
            raise Http404
        try:
            shown_at = self._read(request.POST.get("offer", ""), code, interval)
            made = plan_changes.change_plan(
                brand_id=self.brand_id, plan_code=code, interval=interval, proration_at=shown_at, now=clock.now()
            )
        except plan_changes.PreviewTooOld as refusal:
            messages.warning(request, words_of(refusal))
            return redirect(request.path)
        except DomainError as refusal:
            return self._show_again(request, words_of(refusal))
        if made.confirm_url:
            messages.info(request, gettext("Your bank wants this payment confirmed. The plan changes once it is."))
            return SeeOther(made.confirm_url)
        messages.success(request, gettext("Your plan is changed."))
        return redirect("billing:plan")

    def _show_again(self, request: HttpRequest, refusal: str) -> HttpResponse:
        try:
            context = self.get_context_data(refusal=refusal)
        except DomainError:  # nothing to preview any more: the refusal says why
            messages.error(request, refusal)
            return redirect("billing:plans")
        return self.render_to_response(context, status=409)

    def _sign(self, code: str, interval: str, shown_at: datetime) -> str:
        return signing.dumps([self.brand_id, code, interval, shown_at.isoformat()], salt=_SALT)

    def _read(self, signed: str, code: str, interval: str) -> datetime:
        """The moment the preview was made for: a moment of one's own choice would change the price."""
        try:
            *about, moment = signing.loads(signed, salt=_SALT, max_age=plan_changes.PREVIEW_LASTS)
        except signing.BadSignature:
            raise plan_changes.PreviewTooOld from None
        if about != [self.brand_id, code, interval]:
            raise plan_changes.PreviewTooOld
        return datetime.fromisoformat(moment)


class Resume(Act):
    """Go on after a pause."""

    def perform(self, **kwargs: object) -> str:
        """Pay a period that begins now. Refuses what is not paused, and a card that is declined."""
        plan_changes.resume(brand_id=self.brand_id, now=clock.now())
        return gettext("Your plan goes on.")


class UndoChange(Act):
    """Stay with the present plan instead of changing down."""

    def perform(self, **kwargs: object) -> str:
        """Undo a change that waits for the period's end."""
        plan_changes.undo_pending_change(brand_id=self.brand_id, now=clock.now())
        return gettext("You stay with your present plan.")
