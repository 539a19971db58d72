"""Lists that follow their address to the letter: each part has its effect, or the list is refused.

Django shows the whole list, or a part of it in its own order, for a page, an order or a filter's value that it does not
know, and drops what belongs to a filter that it hides for having one choice only.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import prepare_lookup_value
from django.contrib.admin.views.main import (
    ALL_VAR,
    ERROR_FLAG,
    ORDER_VAR,
    PAGE_VAR,
    SEARCH_VAR,
    ChangeList,
)
from django.db.models import Model, QuerySet
from django.db.models.expressions import Combinable, OrderBy
from django.http import HttpRequest, QueryDict

from console.display import Column

COLUMNS_VAR: Final = "columns"
Shown = str | Column
_PAGE: Final = re.compile(r"[1-9][0-9]{0,8}")
_PLACE: Final = re.compile(r"-?[0-9]{1,3}")
_SINGLE: Final = (ALL_VAR, ERROR_FLAG, ORDER_VAR, PAGE_VAR, SEARCH_VAR, COLUMNS_VAR)


class StrictChangeList(ChangeList):
    """First base of every list of the consoles. `is_refused` tells that Django came back without the address."""

    is_refused = False

    def get_filters_params(self, params: dict[str, object] | None = None) -> dict[str, object]:
        found = super().get_filters_params(params)
        found.pop(COLUMNS_VAR, None)
        return found

    def get_filters(self, request: HttpRequest) -> Any:
        """Apply as plain lookups what a hidden filter took out of the address.

        A value that is no lookup of the model's is refused by Django then.
        """
        shown, has_filters, rest, may_repeat, has_active = super().get_filters(request)
        lookups: dict[str, object] = dict(rest)
        applied = {name for one in shown for name in one.expected_parameters() if name is not None}
        for name, values in self.get_filters_params().items():
            if name not in rest and name not in applied:
                lookups[name] = prepare_lookup_value(name, values)
                may_repeat = True
                has_active = True
        return shown, has_filters, lookups, may_repeat, has_active

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Model]:
        self.is_refused = ERROR_FLAG in request.GET
        if not self.is_refused:
            _ensure_known(request.GET)
        found = super().get_queryset(request, exclude_parameters)
        chosen = [one for one in self.filter_specs if isinstance(one, admin.SimpleListFilter) and one.value()]
        offered = all(one.value() in {str(value) for value, _label in one.lookup_choices} for one in chosen)
        once = all(len(request.GET.getlist(str(one.parameter_name))) == 1 for one in chosen)
        # Django comes back with the flag, and without any filter, where a value was none of its field's kind.
        return found if offered and once and not self.is_refused else found.none()

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Model]) -> list[OrderBy | Combinable | str]:
        """Refuse a place that no column has, that does not sort, or that is named twice."""
        places = [one.removeprefix("-") for one in _places(request.GET)]
        sorts = [int(one) < len(self.list_display) and self._sorts(self.list_display[int(one)]) for one in places]
        if not all(sorts) or len(set(places)) < len(places):
            raise IncorrectLookupParameters(ORDER_VAR)
        return list(super().get_ordering(request, queryset))

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if self.page_num > self.paginator.num_pages or (self.show_all and not self.can_show_all):
            raise IncorrectLookupParameters(PAGE_VAR)

    def _sorts(self, column: Shown) -> bool:
        return bool(self.get_ordering_field(column))


def _ensure_known(query: QueryDict) -> None:
    """Raise IncorrectLookupParameters for a part of the address that would be ignored."""
    page = query.get(PAGE_VAR, "1")
    repeated = any(len(query.getlist(name)) > 1 for name in _SINGLE)
    blank = COLUMNS_VAR in query and not query[COLUMNS_VAR]
    if repeated or blank or not _PAGE.fullmatch(page) or not all(_PLACE.fullmatch(one) for one in _places(query)):
        raise IncorrectLookupParameters(query.urlencode())


def _places(query: QueryDict) -> list[str]:
    """Return the places of the columns that the address sorts by; a blank order is the list's own."""
    order = query.get(ORDER_VAR, "")
    return order.split(".") if order else []


def name_of(column: Shown) -> str:
    """Return the name that a list's address knows a column by."""
    return column if isinstance(column, str) else str(getattr(column, "__name__", ""))


def chosen_columns(request: HttpRequest) -> list[str]:
    """Return the names of the columns that the address asks for; none means all."""
    chosen = request.GET.get(COLUMNS_VAR, "")
    return chosen.split(",") if chosen else []


def keep_columns(columns: Sequence[Shown], names: Sequence[str], *, always: Iterable[str] = ()) -> list[Shown]:
    """Return the columns of these names in their own order; those that lead to a row's page stay."""
    kept = {*names, *always}
    return [one for one in columns if not names or name_of(one) in kept]


def order_by_names(query: QueryDict, columns: Sequence[Shown]) -> list[str]:
    """Return what the address sorts by as names of columns, "-" before those that descend."""
    found = []
    for place in _places(query):
        at = int(place.removeprefix("-"))
        if at < len(columns):
            found.append(("-" if place.startswith("-") else "") + name_of(columns[at]))
    return found


def places_of(order: Sequence[str], columns: Sequence[Shown]) -> str:
    """Return the address's word for an order by names; columns that are not shown do not sort."""
    places = {name_of(one): at for at, one in enumerate(columns)}
    known = [(one.startswith("-"), places.get(one.removeprefix("-"))) for one in order]
    return ".".join(f"{'-' if descends else ''}{at}" for descends, at in known if at is not None)
