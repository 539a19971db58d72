"""Download of a console's list as it is filtered, searched and sorted: the columns of the list, for a spreadsheet.

    class PayoutAdmin(ExportsList[Payout], BrandModelAdmin[Payout]): ...

The address is `<list>/export/?<the list's query>&form=xlsx`. Whoever may see the list may export it; a read-only brand
may too, and a visit of support may not: the middleware knows these addresses by their end.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.html import strip_tags
from django.utils.translation import gettext

from console.admin import AnyModel, ServiceModelAdmin
from console.lists import Shown
from kernel.files.tables import Form, write_table
from kernel.http.downloads import send_file

logger = logging.getLogger(__name__)
FORM_FIELD: Final = "form"
FORMS: Final = ("xlsx", "csv")
_BATCH_SIZE: Final = 2_000


class ExportsList(ServiceModelAdmin[AnyModel]):
    """First base of a list that can be exported."""

    list_after_template = "console/list_export.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/", self.admin_site.admin_view(self.export_list), name=name), *super().get_urls()]

    def export_list(self, request: HttpRequest) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        query: QueryDict = request.GET.copy()
        forms = query.pop(FORM_FIELD, ["xlsx"])
        if forms not in ([one] for one in FORMS):
            return _refuse(gettext("A list is exported as xlsx or csv."))
        form: Form = "csv" if forms == ["csv"] else "xlsx"
        request.GET = query  # type: ignore[assignment]  # the list reads its filters from here
        name = f"{self.opts.model_name}"
        logger.info("list exported", extra={"list": name, "export_format": form})
        columns = list(self.get_list_display(request))
        heading = [str(label_for_field(column, self.model, self)) for column in columns]
        try:
            rows = self._rows(request, columns)
        except IncorrectLookupParameters:
            return _refuse(gettext("This list does not know a filter, an order, a column or a page of this address."))
        table = write_table(name=name, form=form, heading=heading, rows=rows)
        return send_file(table.content, name=table.name, content_type=table.content_type)

    def _rows(self, request: HttpRequest, columns: Sequence[Shown]) -> Iterator[list[object]]:
        """Raises IncorrectLookupParameters at once, not with the first row."""
        return self._cells(request, columns, self.get_changelist_instance(request).queryset.iterator(_BATCH_SIZE))

    def _cells(
        self, request: HttpRequest, columns: Sequence[Shown], found: Iterator[AnyModel]
    ) -> Iterator[list[object]]:
        while batch := list(islice(found, _BATCH_SIZE)):
            self.prepare_rows(request, batch)
            for row in batch:
                yield [self._cell(column, row) for column in columns]

    def _cell(self, column: Shown, row: AnyModel) -> object:
        """Return what the list shows, without its markup; amounts stay numbers."""
        plain: Callable[[Any], object] | None = getattr(column, "plain", None)
        if plain is not None:
            return plain(row)
        field, _attribute, value = lookup_field(column, row, self)
        if field is not None and getattr(field, "flatchoices", None):
            value = dict(field.flatchoices).get(value, value)
        if value is None:
            return ""
        if isinstance(value, bool):
            return gettext("Yes") if value else gettext("No")
        if isinstance(value, tuple):  # a state and its word
            return str(value[-1])
        return value if isinstance(value, int | Decimal) or hasattr(value, "tzinfo") else strip_tags(str(value)).strip()


def _refuse(text: str) -> HttpResponse:
    return HttpResponse(text, status=422, content_type="text/plain; charset=utf-8")
