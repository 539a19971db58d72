"""Page of a report: filters by GET, a chart, a table with its sums, and the same as a workbook."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Generic

from django import forms
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.generic.base import ContextMixin, TemplateResponseMixin, View

from console.brand_pages import AnyForm, BrandPage, DressedForm
from kernel.core.errors import Text
from kernel.files.tables import write_table
from kernel.http.downloads import send_file

MAX_SHOWN: Final = 200
_NOT_FILTERS: Final = frozenset({"form"})


@dataclass(frozen=True)
class ReportTable:
    """Result of a report. `total` has no cell for the first column; `chart` is the data of a bar chart, or ""."""

    headings: Sequence[Text]
    rows: Sequence[Sequence[object]]
    total: Sequence[object] = ()
    has_more: bool = False
    chart: str = ""


class ReportForm(DressedForm):
    """Filters of a report over days. What is filled in counts or is refused; whoever inherits it adds `by`."""

    since = forms.DateField(label=_("From"))
    until = forms.DateField(label=_("To (included)"))
    field_order = ("by", "since", "until")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for name in ("since", "until"):
            self.fields[name].widget.attrs["type"] = "date"

    def offer(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        """Let a filter be one of these, or nothing for all of them."""
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", str(pgettext_lazy("orders", "All"))), *choices]

    def clean(self) -> dict[str, object]:
        filled = super().clean() or self.cleaned_data
        unknown = sorted(set(self.data) - set(self.fields) - _NOT_FILTERS)
        if unknown:
            raise forms.ValidationError(_("There is no filter “%(name)s”."), params={"name": unknown[0]})
        since, until = filled.get("since"), filled.get("until")
        if since and until and until < since:
            self.add_error("until", _("The period's end must come after its beginning."))
        return filled


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
