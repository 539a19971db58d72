"""The tree and results over the wire."""

from datetime import date
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

from kernel.http.schemas import DayIn, MomentIn, MoneyText, PageFilters, Period, QueryId
from tenant_apps.agents.states import AgentState
from tenant_apps.ranks.selectors.results import Point, Ranked, Sales
from tenant_apps.ranks.selectors.team import TeamRow
from tenant_apps.ranks.states import Measure


class AgentResultOut(Schema):
    """Goods money without freight: `net` is paid less refunded."""

    paid: MoneyText
    refunded: MoneyText
    net: MoneyText
    orders: int


class PeriodFilters(Period):
    """Days since ≤ day < until; the running month where nothing is said. `as_of` takes the team of that moment."""

    since: DayIn | None = None
    until: DayIn | None = None
    as_of: MomentIn | None = None


class TreeFilters(PeriodFilters, PageFilters):
    """Without `parent_id` the roots."""

    parent_id: QueryId | None = None


class TeamRowOut(Schema):
    """An agent in the tree with the sales of the period; `team` includes the agent's own."""

    id: int
    code: str
    name: str
    state: AgentState
    level_id: int
    level_name: str
    child_count: int
    team_size: int
    own: AgentResultOut
    team: AgentResultOut


class AgentPerformanceOut(Schema):
    """Own results and those with everybody below."""

    since: date
    until: date
    own: AgentResultOut
    team: AgentResultOut


class SeriesFilters(PeriodFilters):
    """The width of a column, and whether the team counts too."""

    step: Literal["day", "week", "month"] = "day"
    team: bool = False


class AgentPointOut(Schema):
    """Sales of the day, week (from Monday) or month that begins on `since`."""

    since: date
    paid: MoneyText
    refunded: MoneyText
    net: MoneyText
    orders: int


class AgentSeriesOut(Schema):
    """In order of time; steps without sales are there with zeros."""

    items: list[AgentPointOut]


class RankingFilters(Period):
    """The first `limit` by net sales in the period."""

    since: DayIn | None = None
    until: DayIn | None = None
    measure: Measure = Measure.OWN
    level_id: QueryId | None = None
    group_id: QueryId | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class RankedOut(Schema):
    """A place in the ranking; equal results share one."""

    place: int
    agent_id: int
    code: str
    name: str
    level_id: int
    level_name: str
    net_sales: MoneyText


class RankingOut(Schema):
    """The best first."""

    since: date
    until: date
    items: list[RankedOut]


def sales_row(sales: Sales) -> dict[str, Any]:
    return {"paid": sales.paid, "refunded": sales.refunded, "net": sales.net, "orders": sales.orders}


def team_row(row: TeamRow) -> dict[str, Any]:
    agent = row.agent
    return {
        "id": agent.pk,
        "code": agent.code,
        "name": agent.name,
        "state": agent.state,
        "level_id": agent.level_id,
        "level_name": agent.level.name,
        "child_count": row.child_count,
        "team_size": row.team_size,
        "own": sales_row(row.own),
        "team": sales_row(row.team),
    }


def point_row(point: Point) -> dict[str, Any]:
    return {"since": point.since, **sales_row(point.sales)}


def ranked_row(ranked: Ranked) -> dict[str, Any]:
    names = ("place", "agent_id", "code", "name", "level_id", "level_name", "net_sales")
    return {name: getattr(ranked, name) for name in names}
