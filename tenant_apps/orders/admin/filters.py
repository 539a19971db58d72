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
from tenant_apps.orders.selectors.promises import list_waiting_order_ids


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


class GoodsToComeFilter(admin.SimpleListFilter):
    """Orders with goods that were sold beyond stock and have not come."""

    title = _("goods to come")
    parameter_name = "to_come"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", str(_("Goods still to come"))), ("no", str(_("All goods are here")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if self.value() == "yes":
            return queryset.filter(pk__in=list_waiting_order_ids())
        return queryset.exclude(pk__in=list_waiting_order_ids()) if self.value() == "no" else queryset
