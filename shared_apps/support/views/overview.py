"""Fill the platform console's dashboard: open work, brands by state, trials that end soon, own follow-ups."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from console.branding import days_left
from console.dashboard import Kpi
from kernel.core import clock
from shared_apps.support.selectors import advice, waiting
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.states import BrandState

MAX_FOLLOW_UPS: Final = 8
_ICONS: Final = {
    BrandState.TRIALING: "hourglass_top",
    BrandState.ACTIVE: "check_circle",
    BrandState.TRIAL_EXPIRED: "hourglass_disabled",
    BrandState.PAST_DUE: "credit_card_off",
    BrandState.READ_ONLY: "lock",
    BrandState.SUSPENDED: "block",
    BrandState.ARCHIVED: "inventory_2",
}


@dataclass(frozen=True)
class TrialEnding:
    """A brand whose trial ends in the next days."""

    name: str
    domain: str
    ends_at: datetime
    days_left: int
    owner: str = ""
    link: str = ""


@dataclass(frozen=True)
class DueFollowUp:
    """A follow-up about a brand that the person at the screen has taken on."""

    text: str
    brand: str
    due_on: date
    is_late: bool
    link: str = ""


def dashboard_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the cards the signed-in person may see; the others cost no statement."""
    if request.user.has_perm("support.view"):
        context["work"] = _work()
    if request.user.has_perm("support.advise"):
        context["follow_ups"] = _follow_ups(request)
    if request.user.has_perm("tenants.view"):
        context["brand_states"] = _states()
        context["trials_ending"] = _trials()
    return context


def _list(model: str, query: str = "") -> str:
    return f"{reverse(f'platform:{model}_changelist')}{query}"


def _work() -> list[Kpi]:
    found = waiting.count_waiting(today=clock.business_date(clock.now()))
    awaiting = _list("billing_offlinepayment", "?state__exact=awaiting")
    emergencies = _list("support_accessgrant", "?kind__exact=break_glass")
    late = _list("support_followup", "?done_at__isempty=1")
    return [
        Kpi(
            _("Open tickets"),
            str(found.tickets),
            "",
            None,
            "contact_support",
            _list("support_ticket", "?state__exact=open"),
        ),
        Kpi(_("Transfers to approve"), str(found.transfers), "", None, "account_balance", awaiting),
        Kpi(_("Emergencies to approve"), str(found.emergencies), "", None, "emergency", emergencies),
        Kpi(_("Late follow-ups"), str(found.late_promises), "", None, "alarm", late),
    ]


def _follow_ups(request: HttpRequest) -> list[DueFollowUp]:
    today = clock.business_date(clock.now())
    mine = advice.list_follow_ups(today=today, staff_id=request.user.pk)
    return [
        DueFollowUp(
            text=one.text,
            brand=one.brand.name,
            due_on=one.due_on,
            is_late=one.due_on < today,
            link=reverse("platform:tenants_brand_change", args=[one.brand_id]),
        )
        for one in mine[:MAX_FOLLOW_UPS]
    ]


def _states() -> list[Kpi]:
    return [
        Kpi(
            title=state.label,
            value=str(count),
            icon=_ICONS[state],
            link=_list("tenants_brand", f"?state__exact={state}"),
        )
        for state, count in tenants.count_brands_by_state().items()
    ]


def _trials() -> list[TrialEnding]:
    now = clock.now()
    return [
        TrialEnding(
            name=brand.name,
            domain=f"{brand.slug}.{settings.BASE_DOMAIN}",
            ends_at=brand.trial_ends_at,
            days_left=days_left(brand.trial_ends_at, now),
            owner=brand.owner_name,
            link=reverse("platform:tenants_brand_change", args=[brand.pk]),
        )
        for brand in tenants.list_trials_ending(now=now)
    ]
