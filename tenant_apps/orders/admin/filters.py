"""Filters of the list of orders."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.tenancy.actors import current_actor
from tenant_apps.orders.models import Order
from tenant_apps.orders.selectors.lists import WAITS_FOR, placer_of


class PlacedByFilter(admin.SimpleListFilter):
    """Orders by who entered them: a clerk finds his own."""

    title = _("placed by")
    parameter_name = "placed_by"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [
            ("me", gettext("Me")),
            ("user", gettext("People")),
            ("api_key", gettext("Programs")),
            ("import", gettext("Imports")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        value = self.value()
        if value == "me":
            return queryset.filter(placed_by=placer_of(current_actor()))
        return queryset.filter(placed_by__startswith=f"{value}:") if value else queryset


class WaitsForFilter(admin.SimpleListFilter):
    """Orders by what has to happen to them next; the navigation's tabs and the first page lead here."""

    title = _("to do")
    parameter_name = "waits_for"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("payment", _("To be paid")),
            ("shipment", _("To be shipped")),
            ("delivery", _("On their way")),
            ("nothing", _("Refunded")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        condition = WAITS_FOR.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)
