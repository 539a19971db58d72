"""The platform console's first page: what waits, where brands stand, which trials end soon, what one promised."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from console.branding import days_left
from console.dashboard import Kpi, Promise, TrialEnding
from kernel.core import clock
from shared_apps.support.selectors import advice, waiting
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.states import BrandState

PROMISES: Final = 8
_ICONS: Final = {
    BrandState.TRIALING: "hourglass_top",
    BrandState.ACTIVE: "check_circle",
    BrandState.TRIAL_EXPIRED: "hourglass_disabled",
    BrandState.PAST_DUE: "credit_card_off",
    BrandState.READ_ONLY: "lock",
    BrandState.SUSPENDED: "block",
    BrandState.ARCHIVED: "inventory_2",
}


def dashboard_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill what the signed-in person may see; what they may not costs no statement."""
    if request.user.has_perm("support.view"):
        context["work"] = _work()
    if request.user.has_perm("support.advise"):
        context["promises"] = _promises(request)
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


def _promises(request: HttpRequest) -> list[Promise]:
    today = clock.business_date(clock.now())
    mine = advice.list_follow_ups(today=today, staff_id=request.user.pk)
    return [
        Promise(
            text=promise.text,
            brand=promise.brand.name,
            due_on=promise.due_on,
            is_late=promise.due_on < today,
            link=reverse("platform:tenants_brand_change", args=[promise.brand_id]),
        )
        for promise in mine[:PROMISES]
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
