"""Banners on every page of a brand's console about its plan: end of the trial, overdue payment, a limit that is near.

The brand's row is at hand in every request; only the limits cost a query.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from console.access import may
from console.banners import Banner, Meter, Severity
from console.branding import days_left
from kernel.core import clock
from kernel.tenancy.context import current_brand, is_public
from shared_apps.billing.rules import status as rules
from shared_apps.billing.selectors import subscriptions
from shared_apps.billing.views import meters
from shared_apps.billing.views.facts import day
from shared_apps.tenants.states import WRITABLE, BrandState, SuspensionCause, state_at

LAST_DAYS_OF_TRIAL: Final = 7
MAX_METERS: Final = 2


def plan_banners(request: HttpRequest) -> Sequence[Banner]:
    """Everything billing has to say on this page. Links are for those who can do something about it."""
    if is_public():
        return []
    brand = current_brand()
    if not hasattr(brand, "trial_ends_at"):  # a stand-in with a schema's name only
        return []
    state = state_at(brand.state, brand.trial_ends_at, clock.now())
    said = [*_standing(request, brand, state), *_closing(request, brand)]
    # What cannot be written to anyway is near no limit.
    return [*said, *_limits(request)] if state in WRITABLE else said


def _standing(request: HttpRequest, brand: Any, state: BrandState) -> list[Banner]:
    if state is BrandState.TRIALING:
        return _trial(request, brand)
    if state is BrandState.PAST_DUE:
        words = {"day": day(brand.state_since + rules.PAST_DUE)}
        text = gettext("A payment is overdue. From %(day)s on nothing can be changed until it is paid.") % words
        return [_to_plan(request, "warning", text, gettext("Settle the payment"), icon="credit_card_off")]
    if state is BrandState.TRIAL_EXPIRED:
        text = gettext("The trial is over. Everything can be read and exported; choose a plan to go on working.")
        return [_to_plans(request, "danger", text, icon="hourglass_disabled")]
    if state is BrandState.READ_ONLY:
        text = gettext("This brand can only be read, because nothing is paid. A payment opens it at once.")
        return [_to_plan(request, "danger", text, gettext("Settle the payment"), icon="lock")]
    if state is BrandState.SUSPENDED:
        return [_suspended(request, brand)]
    return []


def _trial(request: HttpRequest, brand: Any) -> list[Banner]:
    left = days_left(brand.trial_ends_at, clock.now())
    if left > LAST_DAYS_OF_TRIAL:
        return []
    if subscriptions.get_current(brand.pk) is not None:
        return []  # a plan is chosen; its first payment is told by letter and on the plan's page
    text = ngettext("The trial ends in %(days)d day.", "The trial ends in %(days)d days.", left) % {"days": left}
    return [_to_plans(request, "warning" if left <= 3 else "info", text, icon="hourglass_top")]


def _suspended(request: HttpRequest, brand: Any) -> Banner:
    if brand.suspended_because == SuspensionCause.STAFF:
        text = gettext("Support has suspended this brand. Its owner can read billing and take everything along.")
        return Banner("danger", text, icon="block")
    if brand.suspended_because == SuspensionCause.CLOSING:
        text = gettext("This account is closed. Its owner can still take everything along.")
        return Banner("danger", text, reverse("billing:exports"), gettext("Take everything along"), "block")
    text = gettext("This brand is suspended, because nothing was paid. A payment opens it at once.")
    return _to_plans(request, "danger", text, icon="block")


def _closing(request: HttpRequest, brand: Any) -> list[Banner]:
    if brand.closing_at is None or brand.closing_at <= clock.now():
        return []
    text = gettext("The owner closes this account on %(day)s.") % {"day": day(brand.closing_at)}
    if not may(request, "billing.manage"):
        return [Banner("warning", text, icon="event_busy")]
    return [Banner("warning", text, reverse("billing:close"), gettext("Keep the account"), "event_busy")]


def _limits(request: HttpRequest) -> list[Banner]:
    if not may(request, "billing.view"):
        return []
    banners = []
    for use in meters.list_scarce()[:MAX_METERS]:
        severity: Severity = "danger" if meters.percentage_of(use) >= 100 else "warning"
        meter = Meter(use.used, use.limit or 0)
        link = reverse("billing:plans") if may(request, "billing.manage") else reverse("billing:plan")
        words = gettext("Larger plans") if may(request, "billing.manage") else gettext("See what is used")
        banners.append(Banner(severity, meters.scarce_words(use), link, words, "speed", meter))
    return banners


def _to_plans(request: HttpRequest, severity: Severity, text: str, *, icon: str) -> Banner:
    if not may(request, "billing.manage"):
        return Banner(severity, text, icon=icon)
    return Banner(severity, text, reverse("billing:plans"), gettext("Choose a plan"), icon)


def _to_plan(request: HttpRequest, severity: Severity, text: str, words: str, *, icon: str) -> Banner:
    if not may(request, "billing.view"):
        return Banner(severity, text, icon=icon)
    return Banner(severity, text, reverse("billing:plan"), words, icon)
