"""The fleet page: what lags, waits and failed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.dashboard import Kpi
from console.sites import platform_site
from console.views import ConsolePageMixin
from kernel.core import clock
from kernel.core.errors import Text
from shared_apps.support.models import BrandFigures
from shared_apps.support.selectors import fleet
from shared_apps.support.selectors.fleet import Fleet


class FleetPage(ConsolePageMixin, TemplateView):
    site = platform_site
    permission = "insights.view"
    title = _("Fleet")
    template_name = "support/fleet.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        now = clock.now()
        found = fleet.get_fleet(now=now)
        return super().get_context_data(
            **kwargs,
            fleet=found,
            kpis=_kpis(found, now),
            lists=[
                (_("Schemas that lag"), [(brand, brand.cell) for brand in found.lagging_brands]),
                (
                    _("Deliveries wait longest"),
                    _rows(found.waiting_brands, lambda one: _wait(one.oldest_delivery_seconds)),
                ),
                (_("Most failed jobs"), _rows(found.failing_brands, lambda one: str(one.failed_jobs))),
                (_("Largest schemas"), _rows(found.largest_brands, lambda one: filesizeformat(one.schema_bytes))),
            ],
        )


def _rows(figures: list[BrandFigures], side: Callable[[BrandFigures], str]) -> list[tuple[Any, str]]:
    return [(one.brand, side(one)) for one in figures]


def _wait(seconds: int) -> str:
    if seconds < 120:
        return gettext("%(seconds)d s") % {"seconds": seconds}
    return gettext("%(minutes)d min") % {"minutes": seconds // 60}


def _link(page: str, query: str = "") -> str:
    return f"{reverse(f'platform:{page}')}{query}"


def _kpis(found: Fleet, now: datetime) -> list[Kpi]:
    oldest = found.webhooks.oldest_received_at
    brands = "tenants_brand_changelist"
    return [
        Kpi(_("Brands"), str(found.brands), _being_set_up(found), None, "storefront", _link(brands)),
        Kpi(_("Schemas that lag"), str(found.lagging), "", None, "schema", _link(brands, "?schema=lagging")),
        Kpi(_("Tasks waiting"), _or_unknown(found.queue.waiting), _taken(found), None, "queue"),
        Kpi(_("Deliveries waiting"), str(found.pending_deliveries), _wait(found.longest_wait_seconds), None, "outbox"),
        Kpi(_("Failed jobs"), str(found.failed_jobs), _of_public(found), None, "error", _link(brands, "?failed=yes")),
        Kpi(
            _("Webhook lag"),
            timesince(oldest, now, depth=1) if oldest else gettext("none"),
            gettext("%(count)d waiting, %(failing)d failing")
            % {"count": found.webhooks.waiting, "failing": found.webhooks.failing},
            None,
            "webhook",
            _link("billing_stripeevent_changelist", "?state__exact=received"),
        ),
        Kpi(
            _("Webhooks given up"),
            str(found.webhooks.dead),
            "",
            None,
            "sync_problem",
            _link("billing_stripeevent_changelist", "?state__exact=dead"),
        ),
        Kpi(_("Silent brands"), str(found.stale), _("no figures for 3 hours"), None, "sensors_off"),
        Kpi(
            _("Compared with Stripe"),
            _compared(found),
            _differences(found),
            None,
            "compare_arrows",
            _link("billing_stripecomparison_changelist"),
        ),
    ]


def _or_unknown(value: int | None) -> str:
    return "?" if value is None else str(value)


def _being_set_up(found: Fleet) -> str:
    return gettext("%(count)d not set up") % {"count": found.not_set_up} if found.not_set_up else ""


def _taken(found: Fleet) -> str:
    return gettext("%(count)s being worked on") % {"count": _or_unknown(found.queue.taken)}


def _of_public(found: Fleet) -> str:
    return gettext("%(count)d of the platform's own") % {"count": found.public_dead} if found.public_dead else ""


def _compared(found: Fleet) -> str:
    if found.comparison is None:
        return gettext("never")
    return date_format(found.comparison.started_at.astimezone(clock.brand_zone()), "SHORT_DATE_FORMAT")


def _differences(found: Fleet) -> Text:
    if found.comparison is None:
        return ""
    if found.comparison.last_error:
        return _("failed")
    counts = {"found": len(found.comparison.differences), "repaired": found.comparison.repaired}
    return gettext("%(found)d differed, %(repaired)d repaired") % counts
