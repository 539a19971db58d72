"""Everything about a brand on one page: panels, each with the acts that belong to it, and the timeline."""

from typing import Any

from django.http import HttpRequest

from console.object_page import ObjectPageAdmin
from console.panels import Panel
from kernel.core import clock
from shared_apps.billing.selectors import catalogue
from shared_apps.support.admin import panels_care, panels_money, panels_system
from shared_apps.support.admin.brand_list import STATE_TONES, BrandListAdmin, owner_contact, trial_left
from shared_apps.support.admin.fact_words import Words
from shared_apps.support.admin.timeline import entry_of
from shared_apps.support.selectors import figures as figures_selectors
from shared_apps.support.selectors import timeline
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.selectors import BrandRecord


class BrandPageAdmin(BrandListAdmin, ObjectPageAdmin[BrandRecord]):
    """The page of a brand: nothing of it is edited by form."""

    page = "support.brand"
    page_template = "support/brand.html"

    def list_panels(self, request: HttpRequest, subject: BrandRecord) -> list[Panel]:
        now = clock.now()
        figures = figures_selectors.get_figures(brand_id=subject.pk)
        return [
            panels_system.account(subject, figures),
            panels_money.subscription(subject),
            panels_money.given_and_paid(subject, now),
            panels_money.usage(subject, figures),
            panels_money.invoices(subject),
            panels_system.domains(subject),
            panels_care.staff(subject, figures),
            panels_system.errors(subject, figures),
            panels_care.adviser(subject),
            panels_care.notes(subject),
            panels_care.tickets(subject),
            panels_care.support_sessions(subject, now),
            panels_system.copies(subject),
        ]

    def describe(self, request: HttpRequest, subject: BrandRecord) -> dict[str, Any]:
        code = subject.entitlements.get("plan", "")
        page = timeline.get_timeline(brand_id=subject.pk, mark=request.GET.get("timeline", ""))
        words = Words.of(subject)
        return {
            "brand": subject,
            "figures": figures_selectors.get_figures(brand_id=subject.pk),
            "home": tenants.home_of(subject.slug, public_url=request.build_absolute_uri("/")),
            "plan": catalogue.plan_names().get(code, code),
            "state_tone": STATE_TONES.get(subject.state, ""),
            "trial": trial_left(subject, clock.now()),
            "owner_contact": owner_contact(subject),
            "entries": [entry_of(happening, words) for happening in page.happenings],
            "zone": words.zone,
            "next_mark": page.next_mark,
            "is_later_page": bool(request.GET.get("timeline")),
        }
