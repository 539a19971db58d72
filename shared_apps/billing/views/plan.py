"""The brand's plan on one page, and the way to each act about it."""

from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from shared_apps.billing.views import facts, meters, transfers
from shared_apps.billing.views.pages import BillingPage


class PlanPage(BillingPage):
    """Billing status, usage, payments, and what comes next."""

    title = _("Plan and billing")
    template_name = "billing/plan.html"
    leads_to_stripe = True

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """Everything the page shows; each part reads its own selector once."""
        brand = facts.fresh_brand(self.brand_id)
        now = clock.now()
        plan = facts.plan_of(brand, now)
        return super().get_context_data(
            **{
                **kwargs,
                "plan": plan,
                "meters": meters.meter_rows(),
                "features_missing": meters.features_missing(brand.entitlements.get("features", ())),
                "invoices": facts.invoice_rows(self.brand_id),
                "transfer": transfers.how_to_transfer(brand),
            }
        )
