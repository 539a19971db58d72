"""Page of the sales report: filters, a chart, a table, and the same as a workbook."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.dashboard import Series, chart
from console.rates import percent_text
from console.report_pages import MAX_SHOWN, ReportForm, ReportPage, ReportTable
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.agents.selectors.lookup import get_ids_by_code
from tenant_apps.catalog.selectors.categories import list_categories
from tenant_apps.catalog.selectors.sellable import get_variants_by_sku
from tenant_apps.insights.selectors import reports
from tenant_apps.insights.selectors.reports import SalesReport, SalesRow
from tenant_apps.insights.states import IN_TIME, SalesBy
from tenant_apps.orders.selectors import lists as order_lists
from tenant_apps.orders.states import OrderKind

DAYS: Final = 30
MAX_BARS: Final = 40


class SalesReportForm(ReportForm):
    """Filters of the sales report."""

    by = forms.ChoiceField(label=pgettext_lazy("report", "By"), choices=SalesBy.choices)
    split_on = forms.DateField(label=_("Compare before and from"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    category = forms.ChoiceField(label=_("Category"), required=False)
    sku = forms.CharField(label=_("SKU"), max_length=64, required=False)
    agent = forms.CharField(label=_("Agent's code"), max_length=40, required=False)
    province = forms.CharField(label=_("Province"), max_length=60, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.offer("kind", ((one.value, str(one.label)) for one in OrderKind))
        self.offer("channel", ((one.code, one.name) for one in order_lists.list_channels()))
        self.offer("category", ((str(one.pk), one.name) for one in list_categories()))
        self.fields["split_on"].widget.attrs["type"] = "date"

    def clean(self) -> dict[str, object]:
        filled = super().clean()
        since, until, split_on = (self.cleaned_data.get(name) for name in ("since", "until", "split_on"))
        if since and until and split_on and not since < split_on <= until:
            self.add_error("split_on", _("This day lies within the period, after its first day."))
        self._find(filled)
        return filled

    def _find(self, filled: dict[str, object]) -> None:
        sku = str(filled.get("sku") or "").upper()
        if sku and sku not in get_variants_by_sku(skus=[sku], now=clock.now()):
            self.add_error("sku", _("There is no SKU %(sku)s") % {"sku": sku})
        code = str(filled.get("agent") or "").upper()
        self.agent_id = get_ids_by_code(codes=[code]).get(code) if code else None
        if code and self.agent_id is None:
            self.add_error("agent", _("There is no agent with this code."))

    def report(self) -> SalesReport:
        filled = self.cleaned_data
        filters: dict[str, int | str] = {name: filled[name] for name in ("kind", "channel", "province") if filled[name]}
        if filled["sku"]:
            filters["sku"] = filled["sku"].upper()
        if filled["category"]:
            filters["category_id"] = int(filled["category"])
        if self.agent_id is not None:
            filters["agent_id"] = self.agent_id
        return SalesReport(
            by=SalesBy(filled["by"]),
            since=filled["since"],
            until=filled["until"] + timedelta(days=1),
            split_on=filled["split_on"],
            filters=filters,
        )


class SalesReportPage(ReportPage[SalesReportForm]):
    """Sales by product, category, region, channel, agent, customer, hour of the week, or step of time."""

    permission = "insights.view"
    title = _("Sales report")
    form_class = SalesReportForm
    file_name = "sales"
    chart_title = _("Sales")
    note = _(
        "Goods money of the orders placed in these days and paid, less discounts and everything refunded since, "
        "without freight."
    )
    nothing = _("Nothing was sold in these days.")

    def usual(self) -> dict[str, str]:
        today = clock.business_date(clock.now())
        return {
            "by": SalesBy.DAY.value,
            "since": (today - timedelta(days=DAYS - 1)).isoformat(),
            "until": today.isoformat(),
        }

    def show(self, form: SalesReportForm) -> ReportTable:
        report = form.report()
        rows = reports.list_sales(report=report, limit=MAX_SHOWN + 1)
        shown = rows[:MAX_SHOWN]
        return ReportTable(
            headings=headings(report),
            rows=[shown_cells(report, row) for row in shown],
            total=shown_cells(report, reports.get_total(report=report))[1:],
            has_more=len(rows) > MAX_SHOWN,
            chart=_chart(report, shown[:MAX_BARS] if report.by not in IN_TIME else shown),
        )

    def export(self, form: SalesReportForm) -> ReportTable:
        report = form.report()
        rows = reports.list_sales(report=report)
        return ReportTable(headings(report), [cells(report, row) for row in rows])


def headings(report: SalesReport) -> list[Text]:
    """Return the heads of the columns."""
    split: list[Text] = []
    if report.split_on is not None:
        split = [_("Sales before"), _("Sales from then on"), _("A day before"), _("A day from then on")]
    return [
        report.by.label,
        _("Orders"),
        _("Pieces"),
        _("Sales"),
        _("Average order"),
        _("Pieces per order"),
        _("Pieces returned"),
        _("Return rate"),
        *split,
    ]


def cells(report: SalesReport, row: SalesRow) -> list[object]:
    """Return a row's values for a workbook."""
    split: Sequence[Decimal] = ()
    if report.split_on is not None:
        before, after = (report.split_on - report.since).days, (report.until - report.split_on).days
        a_day = (row.amount_before / before, row.amount_after / after)
        split = (row.amount_before, row.amount_after, *(value.quantize(Decimal("0.01")) for value in a_day))
    values: Iterable[object] = (
        name_of(report, row),
        row.orders,
        row.units,
        row.amount,
        row.average_order,
        row.units_per_order,
        row.returned,
        row.return_rate,
        *split,
    )
    return ["" if value is None else value for value in values]


def shown_cells(report: SalesReport, row: SalesRow) -> list[object]:
    """Return a row's values for the page."""
    values = cells(report, row)
    if row.return_rate is not None:
        values[7] = percent_text(row.return_rate)
    return values


def name_of(report: SalesReport, row: SalesRow) -> str:
    """Return what a row stands for, in words."""
    if report.by == SalesBy.HOUR and row.key:
        days = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]
        day, hour = divmod(int(row.key), 24)
        return f"{days[day]} {hour:02}:00"
    if report.by in IN_TIME and row.key:
        day_of = date.fromisoformat(row.key)
        if report.by == SalesBy.YEAR:
            return f"{day_of:%Y}"
        return f"{day_of:%Y-%m}" if report.by == SalesBy.MONTH else date_format(day_of, "SHORT_DATE_FORMAT")
    return row.name or gettext("None named")


def _chart(report: SalesReport, rows: Sequence[SalesRow]) -> str:
    if not rows:
        return ""
    names = [name_of(report, row) for row in rows]
    if report.split_on is None or report.by in IN_TIME:
        return chart(names, [Series(_("Sales"), [row.amount for row in rows])])
    before = Series(_("Sales before"), [row.amount_before for row in rows], colour="base-400")
    return chart(names, [before, Series(_("Sales from then on"), [row.amount_after for row in rows])])
