"""Results of agents and teams: the tree with its sales, series, rankings."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kernel.core import clock
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.ranks.rules import periods
from tenant_apps.ranks.schemas import results as shapes
from tenant_apps.ranks.selectors import results
from tenant_apps.ranks.selectors import team as reads

router = Router(tags=["agents"])


@router.get("/agent-tree", response=Page[shapes.TeamRowOut], summary="List an agent's direct team")
@requires("agents.view")
def list_team(request: HttpRequest, filters: Query[shapes.TreeFilters]) -> HttpResponse:
    """Those directly below an agent, or the roots, each with own and team sales of the period and counts below."""
    since, until = _period(filters.since, filters.until)
    rows, next_cursor = reads.list_team(
        agent_id=filters.parent_id,
        since=since,
        until=until,
        cursor=filters.cursor,
        limit=filters.limit,
        as_of=filters.as_of,
    )
    return FastJson({"items": [shapes.team_row(row) for row in rows], "next_cursor": next_cursor})


@router.get("/agents/{agent_id}/performance", response=shapes.AgentPerformanceOut, summary="Get an agent's results")
@requires("agents.view")
def get_performance(request: HttpRequest, agent_id: int, filters: Query[shapes.PeriodFilters]) -> HttpResponse:
    """Of the period; with `as_of`, of the team that stood below then."""
    selectors.get_agent(agent_id=agent_id)
    since, until = _period(filters.since, filters.until)
    own = results.get_sales(agent_id=agent_id, since=since, until=until)
    team = results.get_sales(agent_id=agent_id, since=since, until=until, team=True, as_of=filters.as_of)
    figures = {"own": shapes.sales_row(own), "team": shapes.sales_row(team)}
    return FastJson({"since": since, "until": until, **figures})


@router.get("/agents/{agent_id}/sales-series", response=shapes.AgentSeriesOut, summary="Get an agent's sales over time")
@requires("agents.view")
def get_series(request: HttpRequest, agent_id: int, filters: Query[shapes.SeriesFilters]) -> HttpResponse:
    """For charts: by day, week or month, at most 400 points."""
    selectors.get_agent(agent_id=agent_id)
    since, until = _period(filters.since, filters.until)
    points = results.get_series(
        agent_id=agent_id, since=since, until=until, step=filters.step, team=filters.team, as_of=filters.as_of
    )
    return FastJson({"items": [shapes.point_row(point) for point in points]})


@router.get("/agent-ranking", response=shapes.RankingOut, summary="Get the sales ranking")
@requires("agents.view")
def list_ranking(request: HttpRequest, filters: Query[shapes.RankingFilters]) -> HttpResponse:
    """By own results or with the team, on one level or in one group, if wanted."""
    since, until = _period(filters.since, filters.until)
    ranked = results.list_ranking(
        since=since,
        until=until,
        measure=filters.measure,
        level_id=filters.level_id,
        group_id=filters.group_id,
        limit=filters.limit,
    )
    return FastJson({"since": since, "until": until, "items": [shapes.ranked_row(one) for one in ranked]})


def _period(since: date | None, until: date | None) -> tuple[date, date]:
    """The running month where nothing is said; a beginning alone runs up to today, an end alone from its month's."""
    today = clock.business_date(clock.now())
    until = until or today + periods.ONE_DAY
    return since or periods.start_of(until - periods.ONE_DAY, period="month"), until
