"""The list of all brands: columns from what brands pushed, nothing that needs a brand's schema."""

from datetime import datetime
from typing import Any, Final

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from console.admin import PlatformModelAdmin
from console.branding import days_left
from console.display import NOTHING, Tone, state_label
from kernel.china.phones import spell_phone
from kernel.core import clock
from kernel.core.errors import Text
from kernel.privacy.masking import mask_email, mask_phone
from shared_apps.billing.selectors import catalogue
from shared_apps.support.admin.brand_filters import (
    ON_TRIAL,
    LastSeenFilter,
    PlanFilter,
    SchemaVersionFilter,
    TrialLeftFilter,
    TroubleFilter,
)
from shared_apps.support.selectors import brand_list
from shared_apps.tenants.selectors import BrandRecord
from shared_apps.tenants.states import BrandState

STATE_TONES: Final[dict[str, Tone]] = {
    BrandState.TRIALING: "info",
    BrandState.ACTIVE: "success",
    BrandState.TRIAL_EXPIRED: "warning",
    BrandState.PAST_DUE: "warning",
    BrandState.READ_ONLY: "warning",
    BrandState.SUSPENDED: "danger",
}


def owner_contact(brand: BrandRecord) -> str:
    """Return the owner's contact, masked."""
    return mask_email(brand.owner_email) if brand.owner_email else spell_phone(mask_phone(brand.owner_phone or ""))


def trial_left(brand: BrandRecord, now: datetime) -> str:
    """The days a trial has left, in words; empty for a brand that is not on trial."""
    if brand.state not in ON_TRIAL:
        return ""
    days = days_left(brand.trial_ends_at, now)
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


class BrandListAdmin(PlatformModelAdmin[Model]):
    """Columns, filters and the search. The number of statements does not depend on the number of brands."""

    list_display = (
        "named",
        state_label("state", _("State"), STATE_TONES),
        "plan",
        "trial",
        "owner",
        "seen",
        "orders",
        "failed",
        "size",
        "created_on",
    )
    list_filter = (
        "state",
        PlanFilter,
        TrialLeftFilter,
        LastSeenFilter,
        TroubleFilter,
        "provisioning_state",
        SchemaVersionFilter,
    )
    search_fields = ("name",)
    hit_icon = "storefront"
    search_help_text = _("Name, company or domain; or the owner's whole phone number or e-mail address.")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return brand_list.with_figures(super().get_queryset(request))

    def describe_hit(self, subject: Any) -> tuple[Text, Text]:
        return subject.name, f"{subject.slug} · {subject.get_state_display()}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return brand_list.search_brands(queryset, search_term), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Look the plans' names up once for the page."""
        changelist = super().get_changelist_instance(request)
        names = catalogue.plan_names()
        brands: list[Any] = list(changelist.result_list)
        for brand in brands:
            code = brand.entitlements.get("plan", "")
            brand.plan_name = names.get(code, code)
        changelist.result_list = brands
        return changelist

    @admin.display(description=_("brand"), ordering="name")
    def named(self, brand: BrandRecord) -> str:
        return format_html('<span>{} <span class="text-subtle">{}</span></span>', brand.name, brand.slug)

    @admin.display(description=_("plan"))
    def plan(self, brand: BrandRecord) -> str:
        return brand.plan_name or NOTHING

    @admin.display(description=_("trial"), ordering="trial_ends_at")
    def trial(self, brand: BrandRecord) -> str:
        return trial_left(brand, clock.now()) or NOTHING

    @admin.display(description=_("owner"), ordering="owner_name")
    def owner(self, brand: BrandRecord) -> str:
        return f"{brand.owner_name} · {owner_contact(brand)}"

    @admin.display(description=_("last seen"), ordering="last_seen_at")
    def seen(self, brand: BrandRecord) -> str:
        if brand.last_seen_at is None:
            return NOTHING
        return str(_("%(time)s ago") % {"time": timesince(brand.last_seen_at, clock.now(), depth=1)})

    @admin.display(description=_("orders of 30 days"), ordering="orders_30_days")
    def orders(self, brand: BrandRecord) -> int:
        return brand.orders_30_days or 0

    @admin.display(description=_("failed jobs"), ordering="failed_jobs")
    def failed(self, brand: BrandRecord) -> str:
        count = brand.failed_jobs or 0
        return format_html('<span class="bn-down">{}</span>', count) if count else "0"

    @admin.display(description=_("size"), ordering="schema_bytes")
    def size(self, brand: BrandRecord) -> str:
        return filesizeformat(brand.schema_bytes) if brand.schema_bytes else NOTHING

    @admin.display(description=_("since"), ordering="created_at")
    def created_on(self, brand: BrandRecord) -> str:
        return date_format(clock.business_date(brand.created_at), "SHORT_DATE_FORMAT")
