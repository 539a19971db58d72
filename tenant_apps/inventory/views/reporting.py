"""Page of the stock report."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.dashboard import Series, chart
from console.report_pages import MAX_SHOWN, ReportForm, ReportPage, ReportTable
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.catalog.selectors.categories import list_categories
from tenant_apps.inventory.selectors import reports
from tenant_apps.inventory.selectors.reports import AGES, StockReport, StockRow
from tenant_apps.inventory.selectors.warehouses import list_warehouses
from tenant_apps.inventory.states import StockBy

DAYS: Final = 30
MAX_BARS: Final = 40


class StockReportForm(ReportForm):
    """Filters of the stock report."""

    by = forms.ChoiceField(label=pgettext_lazy("report", "By"), choices=StockBy.choices)
    warehouse = forms.ChoiceField(label=_("Warehouse"), required=False)
    category = forms.ChoiceField(label=_("Category"), required=False)
    idle_days = forms.IntegerField(label=_("Nothing shipped for (days)"), min_value=1, max_value=3650, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.offer("warehouse", ((str(one.pk), one.name) for one in list_warehouses()))
        self.offer("category", ((str(one.pk), one.name) for one in list_categories()))

    def report(self) -> StockReport:
        filled = self.cleaned_data
        filters: dict[str, int] = {}
        for name, value in (
            ("warehouse_id", filled["warehouse"]),
            ("category_id", filled["category"]),
            ("idle_days", filled["idle_days"]),
        ):
            if value:
                filters[name] = int(value)
        return StockReport(StockBy(filled["by"]), filled["since"], filled["until"] + timedelta(days=1), filters)


class StockReportPage(ReportPage[StockReportForm]):
    """Value, turnover and age of the stock by SKU, category or warehouse; goods that do not move."""

    permission = "catalog.cost"
    title = _("Stock report")
    form_class = StockReportForm
    file_name = "stock"
    chart_title = _("Value")
    note = _(
        "Stock at the end of the last day, at moving-average cost. Turnover: the mean of opening and closing value, "
        "divided by the cost of the goods shipped in a day. Age: first in, first out since the goods arrived; a "
        "transfer counts as an arrival where warehouses are told apart."
    )
    nothing = _("There is no stock like this.")

    def usual(self) -> dict[str, str]:
        today = clock.business_date(clock.now())
        since = (today - timedelta(days=DAYS - 1)).isoformat()
        return {"by": StockBy.SKU.value, "since": since, "until": today.isoformat()}

    def show(self, form: StockReportForm) -> ReportTable:
        report = form.report()
        rows = reports.list_stock_report(report=report, limit=MAX_SHOWN + 1)
        shown = rows[:MAX_SHOWN]
        bars = shown[:MAX_BARS]
        total = reports.get_stock_total(report=report)
        return ReportTable(
            headings=_headings(),
            rows=[_cells(report, row) for row in shown],
            total=_cells(report, total)[1:],
            has_more=len(rows) > MAX_SHOWN,
            chart=chart([_name_of(row) for row in bars], [Series(_("Value"), [row.value for row in bars])])
            if bars
            else "",
        )

    def export(self, form: StockReportForm) -> ReportTable:
        report = form.report()
        rows = reports.list_stock_report(report=report)
        return ReportTable([_("SKU or code"), *_headings()], [[row.code, *_cells(report, row)] for row in rows])


def _headings() -> list[Text]:
    classes: list[Text] = []
    lower = 0
    for upper in AGES:
        classes.append(_("Age %(lower)s–%(upper)s days") % {"lower": lower, "upper": upper})
        lower = upper + 1
    return [
        _("Name"),
        _("On hand"),
        _("Value"),
        _("Opening value"),
        _("Pieces shipped"),
        _("Cost of goods shipped"),
        _("Turnover (days)"),
        _("Last shipped"),
        *classes,
        _("Older than %(days)s days") % {"days": AGES[-1]},
    ]


def _cells(report: StockReport, row: StockRow) -> Sequence[object]:
    turnover = row.turnover_days(report.days)
    return [
        _name_of(row),
        row.pieces,
        row.value,
        row.opening,
        row.sold,
        row.cost,
        "" if turnover is None else turnover,
        date_format(clock.business_date(row.last_shipped_at), "Y-m-d") if row.last_shipped_at else "",
        *row.ages,
    ]


def _name_of(row: StockRow) -> str:
    return row.name or gettext("None named")
