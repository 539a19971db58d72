"""Console page of the ranking of agents or teams by period, with a column each and the leaders' sales over time."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.brand_pages import BrandPage
from console.dashboard import Series, chart
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors import groups
from tenant_apps.ranks.rules import periods
from tenant_apps.ranks.rules.periods import ONE_DAY, Span
from tenant_apps.ranks.selectors import results
from tenant_apps.ranks.selectors.results import Ranked, Step
from tenant_apps.ranks.states import Measure

COLUMNS = 15
LINES = 3
_COLOURS: Final = ("primary-700", "primary-400", "base-400")
PERIODS: Final[tuple[tuple[str, Text], ...]] = (
    ("month", _("This month")),
    ("last_month", _("Last month")),
    ("quarter", _("This quarter")),
    ("days_90", _("90 days")),
    ("days_365", _("365 days")),
)


@dataclass(frozen=True, slots=True)
class Question:
    """Filters of the page; a wrong value falls back to the first choice."""

    period: str
    measure: str
    level_id: int | None
    group_id: int | None

    @classmethod
    def read(cls, asked: QueryDict) -> "Question":
        period = asked.get("period", "")
        return cls(
            period if period in dict(PERIODS) else "month",
            Measure.TEAM if asked.get("measure") == Measure.TEAM else Measure.OWN,
            _number(asked.get("level", "")),
            _number(asked.get("group", "")),
        )

    def span(self, today: date) -> Span:
        """The days meant."""
        if self.period == "last_month":
            return periods.last_complete(today, period="month", rolling_days=None)
        if self.period.startswith("days_"):
            return periods.running(today, period="rolling", rolling_days=int(self.period.removeprefix("days_")))
        return periods.running(today, period=self.period, rolling_days=None)


class RankingPage(BrandPage, TemplateView):
    permission = "agents.view"
    title = _("Ranking")
    template_name = "ranks/console/ranking.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        question = Question.read(self.request.GET)
        span = question.span(clock.business_date(clock.now()))
        ranked = results.list_ranking(
            since=span.since,
            until=span.until,
            measure=question.measure,
            level_id=question.level_id,
            group_id=question.group_id,
        )
        best = ranked[:COLUMNS]
        sales = Series(_("Net sales"), [row.net_sales for row in best])
        return super().get_context_data(
            **kwargs,
            question=question,
            since=span.since,
            last_day=span.until - ONE_DAY,
            ranked=ranked,
            columns=chart([row.name for row in best], [sales]) if ranked else "",
            lines=_lines(ranked, span, question.measure) if ranked else "",
            periods=PERIODS,
            measures=Measure.choices,
            levels=selectors.list_levels(),
            groups=groups.list_groups(),
        )


def _lines(ranked: list[Ranked], span: Span, measure: str) -> str:
    """The leaders over the period: by day within a month, by week beyond."""
    step: Step = "day" if span.until - span.since <= timedelta(days=62) else "week"
    shown = [
        (
            row.name,
            results.get_series(
                agent_id=row.agent_id, since=span.since, until=span.until, step=step, team=measure == Measure.TEAM
            ),
        )
        for row in ranked[:LINES]
    ]
    labels = [date_format(point.since, "SHORT_DATE_FORMAT") for point in shown[0][1]]
    return chart(
        labels,
        [
            Series(name, [point.sales.net for point in points], kind="line", colour=_COLOURS[place])
            for place, (name, points) in enumerate(shown)
        ],
    )


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None
