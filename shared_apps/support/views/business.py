"""The business page: figures, charts, and the same as a file."""

import csv
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from console.dashboard import Kpi, Series, chart
from console.money import format_money
from console.sites import platform_site
from console.views import ConsolePageMixin
from kernel.core import clock
from kernel.files.spreadsheets import escape_cell
from shared_apps.billing.selectors import catalogue
from shared_apps.support.selectors import business
from shared_apps.support.selectors.business import Business, Week

_CHOICES = (12, 26, 52)
_COLOURS = ("primary-700", "primary-500", "primary-300", "base-400", "base-300")


def _weeks_of(request: HttpRequest) -> int:
    wanted = request.GET.get("weeks", "")
    return int(wanted) if wanted in {str(choice) for choice in _CHOICES} else business.WEEKS


class BusinessPage(ConsolePageMixin, TemplateView):
    site = platform_site
    permission = "insights.view"
    title = _("Business")
    template_name = "support/business.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        weeks = _weeks_of(self.request)
        figures = business.get_business(now=clock.now(), weeks=weeks)
        names = catalogue.plan_names()
        return super().get_context_data(
            **kwargs,
            kpis=_kpis(figures),
            mrr_chart=_mrr_chart(figures, names),
            trial_chart=_trial_chart(figures.weeks),
            churn_chart=_churn_chart(figures.weeks),
            plans=[(names.get(plan.code, plan.code), plan) for plan in figures.plans],
            weeks=list(reversed(figures.weeks)),
            choices=_CHOICES,
            chosen=weeks,
        )


def _percent(value: Decimal | None) -> str:
    return "–" if value is None else f"{value}%"


def _kpis(figures: Business) -> list[Kpi]:
    present = figures.weeks[-1]
    before = figures.weeks[-2] if len(figures.weeks) > 1 else None
    change = None
    if before is not None and before.mrr:
        change = ((figures.mrr - before.mrr) * 100 / before.mrr).quantize(Decimal("0.1"))
    said = {"converted": figures.converted, "all": figures.sign_ups}
    return [
        Kpi(_("MRR"), format_money(figures.mrr, places=0), _("since last week"), change, "payments"),
        Kpi(_("ARR"), format_money(figures.arr, places=0), _("twelve months of it"), None, "trending_up"),
        Kpi(_("Paying brands"), str(figures.paying), "", None, "storefront"),
        Kpi(
            _("Conversion"),
            _percent(figures.conversion),
            gettext("%(converted)d of %(all)d") % said,
            None,
            "conversion_path",
        ),
        Kpi(_("Sign-ups this week"), str(present.sign_ups), "", None, "person_add"),
        Kpi(
            _("Logo churn this week"),
            _percent(present.logo_churn),
            gettext("%(lost)d of %(all)d") % {"lost": present.brands_lost, "all": present.paying_before},
            None,
            "person_remove",
        ),
        Kpi(
            _("Revenue churn this week"),
            _percent(present.revenue_churn),
            format_money(present.lost, places=0),
            None,
            "trending_down",
        ),
        Kpi(
            _("Past due"), str(figures.past_due), format_money(figures.past_due_mrr, places=0), None, "credit_card_off"
        ),
    ]


def _labels(weeks: Sequence[Week]) -> list[str]:
    return [date_format(clock.business_date(week.starts_at), "m-d") for week in weeks]


def _mrr_chart(figures: Business, names: dict[str, str]) -> str:
    codes = [code for code in names if any(week.mrr_by_plan.get(code) for week in figures.weeks)]
    colours = dict(zip(codes, _COLOURS, strict=False))
    series = [
        Series(
            names[code],
            [week.mrr_by_plan.get(code, Decimal(0)) for week in figures.weeks],
            colour=colours.get(code, "base-400"),
        )
        for code in codes
    ]
    return chart(_labels(figures.weeks), series)


def _trial_chart(weeks: Sequence[Week]) -> str:
    series = [
        Series(_("became customers"), [week.converted for week in weeks]),
        Series(_("did not (yet)"), [week.sign_ups - week.converted for week in weeks], colour="primary-300"),
    ]
    return chart(_labels(weeks), series)


def _churn_chart(weeks: Sequence[Week]) -> str:
    series = [
        Series(_("New"), [week.new for week in weeks], colour="primary-600"),
        Series(_("Expansion"), [week.expansion for week in weeks], colour="primary-300"),
        Series(_("Contraction"), [-week.contraction for week in weeks], colour="base-300"),
        Series(_("Lost"), [-week.lost for week in weeks], colour="base-500"),
    ]
    return chart(_labels(weeks), series)


class BusinessFile(ConsolePageMixin, View):
    site = platform_site
    permission = "insights.view"
    title = _("Business")

    def get(self, request: HttpRequest) -> HttpResponse:
        figures = business.get_business(now=clock.now(), weeks=_weeks_of(request))
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="business.csv"'
        response.write("\ufeff")  # without it Excel reads Chinese as something else
        csv.writer(response).writerows([escape_cell(cell) for cell in row] for row in _rows(figures))
        return response


def _rows(figures: Business) -> Iterator[list[object]]:
    codes = sorted({code for week in figures.weeks for code in week.mrr_by_plan})
    yield [
        "week",
        "sign_ups",
        "converted",
        "conversion_percent",
        "paying",
        "mrr",
        "arr",
        "new",
        "expansion",
        "contraction",
        "lost",
        "brands_lost",
        "logo_churn_percent",
        "revenue_churn_percent",
        "fell_due",
        *(f"mrr_{code}" for code in codes),
    ]
    for week in figures.weeks:
        yield [
            clock.business_date(week.starts_at).isoformat(),
            week.sign_ups,
            week.converted,
            week.conversion,
            week.paying,
            week.mrr,
            week.arr,
            week.new,
            week.expansion,
            week.contraction,
            week.lost,
            week.brands_lost,
            week.logo_churn,
            week.revenue_churn,
            week.fell_due,
            *(week.mrr_by_plan.get(code, Decimal("0.00")) for code in codes),
        ]
