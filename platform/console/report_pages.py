"""Page of a report: filters by GET, a chart, a table with its sums, and the same as a workbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Generic

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.views.generic.base import ContextMixin, TemplateResponseMixin, View

from console.brand_pages import AnyForm, BrandPage
from kernel.core.errors import Text
from kernel.files.tables import write_table
from kernel.http.downloads import send_file

MAX_SHOWN: Final = 200


@dataclass(frozen=True)
class ReportTable:
    """Result of a report. `total` has no cell for the first column; `chart` is the data of a bar chart, or ""."""

    headings: Sequence[Text]
    rows: Sequence[Sequence[object]]
    total: Sequence[object] = ()
    has_more: bool = False
    chart: str = ""


class ReportPage(BrandPage, TemplateResponseMixin, ContextMixin, View, Generic[AnyForm]):
    """Show a report. What is filled in counts or is refused: see `form_class`."""

    template_name = "console/report.html"
    form_class: type[AnyForm]
    file_name: ClassVar[str]
    chart_title: ClassVar[Text]
    note: ClassVar[Text]
    """The meaning of the figures."""
    nothing: ClassVar[Text]
    """Words in place of an empty table."""

    def usual(self) -> Mapping[str, str]:
        """Return the filters of a page that is opened without any."""
        raise NotImplementedError

    def show(self, form: AnyForm) -> ReportTable:
        """Return at most MAX_SHOWN rows in words, with their sums."""
        raise NotImplementedError

    def export(self, form: AnyForm) -> ReportTable:
        """Return all rows as values."""
        raise NotImplementedError

    def get(self, request: HttpRequest) -> HttpResponseBase:
        query = request.GET.copy() if request.GET else self._usual_query()
        form = self.form_class(query)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        if query.get("form") == "xlsx":
            found = self.export(form)
            table = write_table(
                name=self.file_name, form="xlsx", heading=map(str, found.headings), rows=map(list, found.rows)
            )
            return send_file(table.content, name=table.name, content_type=table.content_type)
        query["form"] = "xlsx"
        return self.render_to_response(
            self.get_context_data(form=form, table=self.show(form), workbook=f"?{query.urlencode()}")
        )

    def _usual_query(self) -> QueryDict:
        query = QueryDict(mutable=True)
        query.update(dict(self.usual()))
        return query
