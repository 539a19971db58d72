"""Console page of the compliance report."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.brand_pages import BrandPage
from tenant_apps.ranks.rules.compliance import CRIMINAL_PERSONS, CRIMINAL_TIERS
from tenant_apps.ranks.selectors import compliance
from tenant_apps.ranks.selectors.compliance import PaidTiers, Weight

_ICONS = {Weight.GOOD: "check_circle", Weight.NOTICE: "info", Weight.WARNING: "warning"}
_ORDER = (Weight.WARNING, Weight.NOTICE, Weight.GOOD)


class CompliancePage(BrandPage, TemplateView):
    permission = "agents.view"
    title = _("Compliance")
    template_name = "ranks/console/compliance.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        found = compliance.get_compliance()
        findings = sorted(found.findings, key=lambda finding: _ORDER.index(finding.weight))
        return super().get_context_data(
            **kwargs,
            found=found,
            findings=[(finding, _ICONS[finding.weight]) for finding in findings],
            tiers=_tiers(found.paid_tiers),
            marks={"persons": CRIMINAL_PERSONS, "tiers": CRIMINAL_TIERS},
        )


def _tiers(paid: PaidTiers | None) -> list[tuple[int, Decimal, Decimal]]:
    """Tier, the highest rate in use and the cap, both in per cent."""
    if paid is None:
        return []
    pairs = zip(paid.highest_rates, paid.caps, strict=False)
    return [(tier, rate * 100, cap * 100) for tier, (rate, cap) in enumerate(pairs, start=1)]
