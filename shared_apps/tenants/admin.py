"""Brands in the platform's console: seen here, changed by services."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from console.actions import DialogForm, object_action
from console.admin import PlatformModelAdmin, ReadOnlyInline
from console.branding import days_left
from console.display import state_label
from console.sites import platform_site
from kernel import clock
from kernel.errors import Text
from kernel.masking import mask_email, mask_phone
from shared_apps.tenants import selectors
from shared_apps.tenants.models import Brand, Domain
from shared_apps.tenants.services import lifecycle, provisioning, versions
from shared_apps.tenants.states import BrandState, ProvisioningState

_ON_TRIAL = frozenset({BrandState.TRIALING, BrandState.TRIAL_EXPIRED})


class ExtendTrialForm(DialogForm):
    days = forms.IntegerField(
        label=_("Days"), min_value=1, max_value=lifecycle.LONGEST_EXTENSION_DAYS, initial=settings.TRIAL_DAYS
    )
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class SuspendForm(DialogForm):
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class DomainInline(ReadOnlyInline[Domain, Brand]):
    model = Domain
    fields = ("domain", "is_primary")


class SchemaVersionFilter(admin.SimpleListFilter):
    """Brands whose schema lags behind the code."""

    title = _("schema version")
    parameter_name = "schema"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("current", _("Current")), ("lagging", _("Lagging"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Brand]) -> QuerySet[Brand]:
        expected = versions.expected_fingerprint()
        if self.value() == "current":
            return queryset.filter(schema_fingerprint=expected)
        return queryset.exclude(schema_fingerprint=expected) if self.value() == "lagging" else queryset


@admin.register(Brand, site=platform_site)
class BrandAdmin(PlatformModelAdmin[Brand]):
    list_display = (
        "name",
        "slug",
        state_label(
            "state",
            _("State"),
            {
                BrandState.TRIALING: "info",
                BrandState.ACTIVE: "success",
                BrandState.TRIAL_EXPIRED: "warning",
                BrandState.PAST_DUE: "warning",
                BrandState.READ_ONLY: "warning",
                BrandState.SUSPENDED: "danger",
            },
        ),
        "trial_left",
        "owner",
        "size",
        "created_on",
    )
    list_filter = ("state", "provisioning_state", SchemaVersionFilter)
    search_fields = ("name", "slug", "owner_name", "=owner_email", "=owner_phone")
    inlines = (DomainInline,)
    fields = (
        "name", "slug", "state", "trial_ends_at", "owner_name", "owner_contact", "language", "currency", "time_zone",
        "schema_name", "cell", "provisioning_state", "provisioning_error", "schema_state", "size", "created_at",
    )  # fmt: skip
    readonly_fields = ("owner_contact", "schema_state", "size")
    actions_detail = ("extend", "suspend", "resume", "set_up")

    # --- columns ---

    @admin.display(description=_("trial"), ordering="trial_ends_at")
    def trial_left(self, brand: Brand) -> str:
        if brand.state not in _ON_TRIAL:
            return "–"
        days = days_left(brand.trial_ends_at, clock.now())
        return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}

    @admin.display(description=_("owner"), ordering="owner_name")
    def owner(self, brand: Brand) -> str:
        return f"{brand.owner_name} · {self.owner_contact(brand)}"

    @admin.display(description=_("owner's address"))
    def owner_contact(self, brand: Brand) -> str:
        return mask_email(brand.owner_email) if brand.owner_email else mask_phone(brand.owner_phone or "")

    @admin.display(description=_("size"))
    def size(self, brand: Brand) -> str:
        """Of the schema on disk; asked once for all brands of the page."""
        sizes: dict[str, int] | None = getattr(brand, "page_sizes", None)
        if sizes is None:
            sizes = selectors.get_schema_sizes([brand.schema_name])
        return filesizeformat(sizes.get(brand.schema_name, 0))

    @admin.display(description=_("since"), ordering="created_at")
    def created_on(self, brand: Brand) -> str:
        moment: datetime = brand.created_at
        return date_format(clock.business_date(moment), "SHORT_DATE_FORMAT")

    @admin.display(description=_("schema version"))
    def schema_state(self, brand: Brand) -> Text:
        return _("Current") if brand.schema_fingerprint == versions.expected_fingerprint() else _("Lagging")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Measure the brands of this page, and only these, in one statement."""
        changelist = super().get_changelist_instance(request)
        brands = list(changelist.result_list)
        sizes = selectors.get_schema_sizes([brand.schema_name for brand in brands])
        for brand in brands:
            brand.page_sizes = sizes
        changelist.result_list = brands
        return changelist

    # --- actions ---

    @object_action(
        _("Extend trial"),
        permission="tenants.extend",
        form=ExtendTrialForm,
        icon="more_time",
        offered=lambda brand: brand.state in _ON_TRIAL,
    )
    def extend(self, request: HttpRequest, brand: Brand, form: ExtendTrialForm) -> Text:
        extended = lifecycle.extend_trial(
            brand_id=brand.pk, days=form.cleaned_data["days"], reason=form.cleaned_data["reason"], now=clock.now()
        )
        return _("The trial now ends on %(day)s.") % {"day": date_format(clock.business_date(extended.trial_ends_at))}

    @object_action(
        _("Suspend"),
        permission="tenants.suspend",
        form=SuspendForm,
        icon="block",
        explanation=_("The brand can read and export everything, and change nothing, until it is resumed."),
        offered=lambda brand: brand.state not in {BrandState.SUSPENDED, BrandState.ARCHIVED},
    )
    def suspend(self, request: HttpRequest, brand: Brand, form: SuspendForm) -> None:
        lifecycle.suspend_brand(brand_id=brand.pk, reason=form.cleaned_data["reason"], now=clock.now())

    @object_action(
        _("Resume"),
        permission="tenants.suspend",
        form=SuspendForm,
        icon="play_arrow",
        offered=lambda brand: brand.state == BrandState.SUSPENDED,
    )
    def resume(self, request: HttpRequest, brand: Brand, form: SuspendForm) -> None:
        lifecycle.resume_brand(brand_id=brand.pk, reason=form.cleaned_data["reason"], now=clock.now())

    @object_action(
        _("Set up again"),
        permission="tenants.suspend",
        icon="build",
        offered=lambda brand: brand.provisioning_state in {ProvisioningState.REQUESTED, ProvisioningState.FAILED},
    )
    def set_up(self, request: HttpRequest, brand: Brand, form: DialogForm) -> None:
        provisioning.provision_requested_brand(brand_id=brand.pk)


@admin.register(Domain, site=platform_site)
class DomainAdmin(PlatformModelAdmin[Domain]):
    list_display = ("domain", "tenant", "is_primary")
    list_select_related = ("tenant",)
    search_fields = ("domain", "tenant__name", "tenant__slug")
