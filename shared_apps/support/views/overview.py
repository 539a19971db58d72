"""Fill the platform console's dashboard: open work, brands by state, trials that end soon, own follow-ups."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from console.branding import days_left
from console.dashboard import Kpi
from console.panels import Panel, Row, written
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


def _follow_ups(request: HttpRequest) -> Panel:
    today = clock.business_date(clock.now())
    mine = advice.list_follow_ups(today=today, staff_id=request.user.pk)
    rows = [
        Row(
            title=one.text,
            note=one.brand.name,
            side=written(one.due_on),
            label=_("Overdue") if one.due_on < today else "",
            tone="danger",
            link=reverse("platform:tenants_brand_change", args=[one.brand_id]),
        )
        for one in mine[:MAX_FOLLOW_UPS]
    ]
    return Panel("follow_ups", _("Your follow-ups"), "task_alt", rows=rows, empty=_("No follow-up is due."))


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


def _trials() -> Panel:
    now = clock.now()
    rows = []
    for brand in tenants.list_trials_ending(now=now):
        domain = f"{brand.slug}.{settings.BASE_DOMAIN}"
        left = days_left(brand.trial_ends_at, now)
        rows.append(
            Row(
                title=brand.name,
                note=f"{domain} · {brand.owner_name}" if brand.owner_name else domain,
                side=written(brand.trial_ends_at),
                label=ngettext("%(counter)s day left", "%(counter)s days left", left) % {"counter": left},
                tone="warning" if left <= 3 else "info",
                link=reverse("platform:tenants_brand_change", args=[brand.pk]),
            )
        )
    empty = _("No trial ends in the next days.")
    return Panel("trials_ending", _("Trials ending soon"), "hourglass_bottom", rows=rows, empty=empty)
