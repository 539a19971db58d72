"""The ways to narrow the list of brands."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from shared_apps.billing.selectors import catalogue
from shared_apps.tenants.services import versions
from shared_apps.tenants.states import BrandState

ON_TRIAL: Final = frozenset({BrandState.TRIALING, BrandState.TRIAL_EXPIRED})
NONE: Final = "-"


class PlanFilter(admin.SimpleListFilter):
    title = _("plan")
    parameter_name = "plan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [*catalogue.plan_names().items(), (NONE, _("None"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(entitlements__plan="" if self.value() == NONE else self.value())


class TrialLeftFilter(admin.SimpleListFilter):
    title = _("trial days left")
    parameter_name = "left"
    DAYS: Final = {"1": 1, "3": 3, "7": 7}

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [
            ("over", _("Over")),
            ("1", _("1 day")),
            ("3", _("up to 3 days")),
            ("7", _("up to 7 days")),
            ("more", _("more than 7 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        now = clock.now()
        if wanted == "over":
            return queryset.filter(state__in=ON_TRIAL, trial_ends_at__lte=now)
        if wanted == "more":
            return queryset.filter(state__in=ON_TRIAL, trial_ends_at__gt=now + timedelta(days=7))
        if wanted in self.DAYS:
            until = now + timedelta(days=self.DAYS[wanted])
            return queryset.filter(state__in=ON_TRIAL, trial_ends_at__gt=now, trial_ends_at__lte=until)
        return queryset


class LastSeenFilter(admin.SimpleListFilter):
    title = _("last seen")
    parameter_name = "seen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [
            ("1", _("in the last 24 hours")),
            ("7", _("in the last 7 days")),
            ("30", _("in the last 30 days")),
            ("longer", _("longer ago")),
            ("never", _("never")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        now = clock.now()
        if wanted in {"1", "7", "30"}:
            return queryset.filter(last_seen_at__gte=now - timedelta(days=int(wanted)))
        if wanted == "longer":
            return queryset.filter(last_seen_at__lt=now - timedelta(days=30))
        return queryset.filter(last_seen_at__isnull=True) if wanted == "never" else queryset


class TroubleFilter(admin.SimpleListFilter):
    title = _("failed jobs")
    parameter_name = "failed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("yes", _("Some")), ("no", _("None"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.filter(failed_jobs__gt=0)
        return queryset.filter(Q(failed_jobs=0) | Q(failed_jobs__isnull=True)) if self.value() == "no" else queryset


class SchemaVersionFilter(admin.SimpleListFilter):
    title = _("schema version")
    parameter_name = "schema"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("current", _("Current")), ("lagging", _("Lagging"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        expected = versions.expected_fingerprint()
        if self.value() == "current":
            return queryset.filter(schema_fingerprint=expected)
        return queryset.exclude(schema_fingerprint=expected) if self.value() == "lagging" else queryset
