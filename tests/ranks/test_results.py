"""Results: what orders post, once each, and what is summed from it, for the team of today or of then."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from kernel.core.errors import PeriodInvalid
from shared_apps.tenants.models import Brand
from tenant_apps.agents.models import Agent, Level
from tenant_apps.agents.selectors.tree import get_ancestors, list_children
from tenant_apps.agents.services import lifecycle
from tenant_apps.agents.services.tree import change_sponsor
from tenant_apps.orders.services.pay_order import pay_order
from tenant_apps.orders.services.refund_order import RefundRequest, refund_everything, refund_order
from tenant_apps.ranks.models import AgentSales, LevelProposal, SalesPosting
from tenant_apps.ranks.selectors import results
from tenant_apps.ranks.selectors.team import list_team
from tenant_apps.ranks.services.evaluation import evaluate_levels
from tenant_apps.ranks.services.level_rules import RuleSpec, save_rule
from tenant_apps.ranks.services.results import NewSales, SalesPostedDifferently, post_many_sales, post_sales
from tests.factories.api_client import ApiClient
from tests.factories.network import grow, rung, sold
from tests.factories.trade import open_shop, sell

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SINCE = date(2026, 11, 1)
UNTIL = date(2026, 12, 1)

pytestmark = pytest.mark.django_db


def team_sales(agent: Agent, since: date, until: date, as_of: datetime | None = None) -> Decimal:
    return results.get_sales(agent_id=agent.pk, since=since, until=until, team=True, as_of=as_of).net


class TestPosting:
    def test_orders_post_goods_money_paid_and_refunded_once(self) -> None:
        shop = open_shop()
        order = sell(("G-01", 3), ("G-02", 1), agent_code="LING", discount="5.00", freight="8.00")
        for _again in range(2):
            pay_order(order_id=order.pk, method="bank", reference="b-1", now=NOW)
        day = AgentSales.objects.get(agent=shop.ling)
        assert (day.day, day.paid, day.refunded, day.order_count) == (date(2026, 11, 21), Decimal("45.00"), 0, 1)
        refund_order(order_id=order.pk, lines=[RefundRequest(2, 1)], reference="r", now=NOW + timedelta(days=2))
        refund_order(order_id=order.pk, lines=[RefundRequest(2, 1)], reference="r", now=NOW + timedelta(days=2))
        refunded = AgentSales.objects.get(agent=shop.ling, day=date(2026, 11, 23)).refunded
        assert 0 < refunded < 20
        refund_everything(order_id=order.pk, now=NOW + timedelta(days=3))
        assert results.get_sales(agent_id=shop.ling.pk, since=SINCE, until=UNTIL).net == 0
        assert team_sales(shop.hua, SINCE, date(2026, 11, 22)) == Decimal("45.00")

    def test_an_order_nobody_brought_posts_nothing(self) -> None:
        open_shop()
        order = sell(("G-01", 1))
        pay_order(order_id=order.pk, method="bank", reference="b-1", now=NOW)
        assert not SalesPosting.objects.exists()

    def test_the_same_source_counts_once_and_never_differently(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        agent, other = grow([None, None])
        given: dict[str, Any] = {"agent_id": agent.pk, "source": "order:1", "day": SINCE, "amount": Decimal(10)}
        post_sales(**given)
        with django_assert_num_queries(4):  # one statement and a look at what was posted, in a savepoint
            post_sales(**given)
        for other_content in ({"amount": Decimal(11)}, {"agent_id": other.pk}):
            with pytest.raises(SalesPostedDifferently):
                post_sales(**(given | other_content))
        post_sales(agent_id=agent.pk, source="order:2", day=SINCE, amount=Decimal(0))
        assert AgentSales.objects.get().paid == 10

    def test_a_file_is_posted_in_few_statements(self) -> None:
        agents = grow([None, 0])
        sales = [
            NewSales(agents[place % 2].pk, f"import:{place}", SINCE + timedelta(days=place % 3), Decimal(place % 5 - 1))
            for place in range(6_000)
        ]
        with CaptureQueriesContext(connection_of()) as queries:
            new = post_many_sales(sales=sales)
        assert len(queries) <= 4
        assert new == sum(1 for one in sales if one.amount)
        assert post_many_sales(sales=sales) == 0
        net = sum((one.amount for one in sales), Decimal(0))
        assert team_sales(agents[0], SINCE, UNTIL) == net


def connection_of() -> Any:
    from django.db import connection

    return connection


class TestSums:
    def test_last_months_team_is_still_last_months(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        top, middle, leaf, other = grow([None, 0, 1, None])
        sold(leaf, date(2026, 10, 5), 100)
        sold(leaf, date(2026, 11, 5), 7)
        change_sponsor(agent_id=middle.pk, sponsor_id=other.pk, now=NOW)
        october = (date(2026, 10, 1), date(2026, 11, 1))
        before = NOW - timedelta(days=1)
        after = NOW
        with django_assert_num_queries(1):
            assert team_sales(top, *october, as_of=before) == 100
        assert team_sales(top, *october, as_of=after) == 0
        assert team_sales(top, *october) == 0
        assert team_sales(other, *october) == 100
        with django_assert_num_queries(1):
            assert [one.agent_id for one in get_ancestors(agent_id=leaf.pk, as_of=before)] == [middle.pk, top.pk]
        assert [one.agent_id for one in get_ancestors(agent_id=leaf.pk)] == [middle.pk, other.pk]
        for sponsor, moment in ((top, before), (other, after)):
            assert list(list_children(agent_id=sponsor.pk, as_of=moment)) == [middle]

    def test_the_tree_page_takes_two_statements(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        agents = grow([None, 0, 0, 0, 1, 4])
        for place, agent in enumerate(agents):
            sold(agent, SINCE, 10**place)
        sold(agents[5], SINCE + timedelta(days=1), -50_000)
        with django_assert_num_queries(2):
            page, cursor = list_team(agent_id=agents[0].pk, since=SINCE, until=UNTIL, limit=2)
        assert [(row.agent.pk, row.child_count, row.team_size) for row in page] == [
            (agents[1].pk, 1, 2),
            (agents[2].pk, 0, 0),
        ]
        assert (page[0].own.net, page[0].team.net, page[0].team.refunded) == (
            Decimal(10),
            Decimal(60_010),
            Decimal(50_000),
        )
        rest, end = list_team(agent_id=agents[0].pk, since=SINCE, until=UNTIL, limit=2, cursor=cursor)
        assert ([row.agent.pk for row in rest], end) == ([agents[3].pk], None)
        roots, _end = list_team(agent_id=None, since=SINCE, until=UNTIL)
        assert [(row.agent.pk, row.team_size, row.team.net) for row in roots] == [(agents[0].pk, 5, Decimal(61_111))]
        change_sponsor(agent_id=agents[1].pk, sponsor_id=None, now=NOW)
        then, _end = list_team(agent_id=agents[0].pk, since=SINCE, until=UNTIL, as_of=NOW - timedelta(seconds=1))
        assert len(then) == 3

    def test_series_fill_the_gaps_and_add_up(self) -> None:
        top, below = grow([None, 0])
        sold(top, date(2026, 11, 3), 10)
        sold(below, date(2026, 11, 9), 5)
        sold(below, date(2026, 11, 30), -2)
        month: dict[str, Any] = {"agent_id": top.pk, "since": SINCE, "until": UNTIL}
        days = results.get_series(**month)
        assert (len(days), days[2].sales.net, days[8].sales.net) == (30, Decimal(10), Decimal(0))
        weeks = results.get_series(**month, step="week", team=True)
        assert [point.since.day for point in weeks] == [26, 2, 9, 16, 23, 30]
        assert [int(point.sales.net) for point in weeks] == [0, 10, 5, 0, 0, -2]
        year = results.get_series(
            agent_id=top.pk, since=date(2026, 1, 15), until=date(2027, 1, 1), step="month", team=True
        )
        assert (len(year), year[10].sales.net) == (12, Decimal(13))
        with pytest.raises(PeriodInvalid):
            results.get_series(agent_id=top.pk, since=date(2020, 1, 1), until=UNTIL)

    def test_ranking_by_own_and_by_team(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        top, low, other, _idle = grow([None, 0, None, None])
        for agent, amount in ((top, 1), (low, 50), (other, 50)):
            sold(agent, SINCE, amount)
        with django_assert_num_queries(1):
            own = results.list_ranking(since=SINCE, until=UNTIL)
        assert [(one.place, one.agent_id) for one in own] == [(1, low.pk), (1, other.pk), (3, top.pk)]
        team = results.list_ranking(since=SINCE, until=UNTIL, measure="team", limit=2)
        assert [(one.place, one.agent_id, one.net_sales) for one in team] == [
            (1, top.pk, Decimal(51)),
            (2, low.pk, Decimal(50)),
        ]
        assert results.list_ranking(since=SINCE, until=UNTIL, level_id=999) == []


class TestHttp:
    def test_everything_is_read(self, api: ApiClient) -> None:
        top, low = grow([None, 0])
        sold(low, SINCE, 30)
        period = "since=2026-11-01&until=2026-12-01"
        tree = api.get(f"/api/v1/agent-tree?{period}").json()["items"]
        assert (tree[0]["id"], tree[0]["child_count"], tree[0]["team"]["net"]) == (top.pk, 1, "30.00")
        assert api.get(f"/api/v1/agent-tree?parent_id={top.pk}&{period}").json()["items"][0]["own"]["orders"] == 1
        figures = api.get(f"/api/v1/agents/{top.pk}/performance?{period}").json()
        assert (figures["own"]["net"], figures["team"]["net"]) == ("0.00", "30.00")
        series = api.get(f"/api/v1/agents/{top.pk}/sales-series?{period}&step=month&team=true").json()["items"]
        assert [(point["since"], point["net"]) for point in series] == [("2026-11-01", "30.00")]
        ranking = api.get(f"/api/v1/agent-ranking?{period}&measure=team").json()["items"]
        assert [one["agent_id"] for one in ranking] == [top.pk, low.pk]
        upline = api.get(f"/api/v1/agents/{low.pk}/upline?tiers=12").json()["items"]
        assert [one["agent_id"] for one in upline] == [top.pk]

    @pytest.mark.parametrize(
        ("address", "status", "field"),
        [
            ("/api/v1/agent-tree?parent_id=999999", 404, None),
            ("/api/v1/agent-tree?cursor=nonsense", 422, "cursor"),
            ("/api/v1/agent-tree?limit=101", 422, "limit"),
            ("/api/v1/agent-tree?since=2026-11-02&until=2026-11-02", 422, "until"),
            ("/api/v1/agent-ranking?measure=heads", 422, "measure"),
            ("/api/v1/agent-ranking?limit=101", 422, "limit"),
            ("/api/v1/agents/999999/performance", 404, None),
            ("/api/v1/agents/999999/sales-series", 404, None),
            ("/api/v1/agents/{id}/performance?since=2026-12-01&until=2026-11-01", 422, "until"),
            ("/api/v1/agents/{id}/sales-series?since=2020-01-01&until=2026-11-01", 422, "until"),
            ("/api/v1/agents/{id}/sales-series?step=hour", 422, "step"),
            ("/api/v1/agents/{id}/upline?as_of=yesterday", 422, "as_of"),
        ],
    )
    def test_bad_questions(self, api: ApiClient, address: str, status: int, field: str | None) -> None:
        (agent,) = grow([None])
        answer = api.get(address.format(id=agent.pk))
        assert answer.status_code == status
        if field:
            assert answer.json()["errors"][0]["field"].endswith(field)

    def test_who_may(self, api_as: Callable[[str], ApiClient], anonymous: Any) -> None:
        for address in ("/api/v1/agent-tree", "/api/v1/agent-ranking", "/api/v1/agent-compliance"):
            assert anonymous.get(address).status_code == 401
            assert api_as("warehouse").get(address).status_code == 403


class TestWhoMayNotSell:
    """Nothing counts for whom may not sell when it is paid; each of the line is judged alone, as commission judges."""

    @pytest.mark.parametrize(
        "change",
        [{"state": "suspended"}, {"state": "ended"}, {"valid_until": NOW.date() - timedelta(days=2)}],
        ids=["suspended", "ended", "expired"],
    )
    @pytest.mark.parametrize(
        ("who", "own", "teams"),
        [
            ("LING", 0, {"LING": 0, "MEI": 10, "HUA": 10}),
            ("MEI", 10, {"LING": 10, "MEI": 0, "HUA": 10}),
            ("HUA", 10, {"LING": 10, "MEI": 10, "HUA": 0}),  # above the tiers that earn
        ],
    )
    def test_a_sale_counts_for_the_others(
        self, change: dict[str, object], who: str, own: int, teams: dict[str, int]
    ) -> None:
        shop = open_shop()
        order = sell(("G-01", 1), agent_code="LING")
        Agent.objects.filter(code=who).update(**change)
        pay_order(order_id=order.pk, method="bank", reference="b-1", now=NOW)
        agents = {"LING": shop.ling, "MEI": shop.mei, "HUA": shop.hua}
        assert results.get_sales(agent_id=shop.ling.pk, since=SINCE, until=UNTIL).net == own
        assert {code: team_sales(agent, SINCE, UNTIL) for code, agent in agents.items()} == teams
        ranked = {one.code: one.net_sales for one in results.list_ranking(since=SINCE, until=UNTIL, measure="team")}
        assert {code: ranked.get(code, 0) for code in teams} == teams
        assert AgentSales.objects.get().paid == 10  # whose sale it is stays as posted
        # Given back once he may sell again, it takes nothing off what never counted.
        Agent.objects.filter(code=who).update(state="active", valid_until=None)
        refund_everything(order_id=order.pk, now=NOW + timedelta(days=1))
        assert {code: team_sales(agent, SINCE, UNTIL) for code, agent in agents.items()} == dict.fromkeys(teams, 0)
        assert results.get_sales(agent_id=shop.ling.pk, since=SINCE, until=UNTIL).net == 0

    def test_nobody_is_promoted_by_it_once_he_may_sell_again(self) -> None:
        shop = open_shop()
        Level.objects.filter(pk=shop.ling.level_id).update(rank=2)
        platinum = rung("PLATINUM", 1)
        save_rule(
            spec=RuleSpec("up", "promote", shop.ling.level_id, platinum.pk, "team", "month", Decimal(20)),
            now=NOW - timedelta(days=30),
        )
        before, meanwhile = sell(("G-01", 1), agent_code="LING"), sell(("G-02", 1), agent_code="LING")
        pay_order(order_id=before.pk, method="bank", reference="b-1", now=NOW)
        lifecycle.suspend_agent(agent_id=shop.ling.pk)
        pay_order(order_id=meanwhile.pk, method="bank", reference="b-2", now=NOW)
        lifecycle.resume_agent(agent_id=shop.ling.pk)
        evaluate_levels(now=NOW + timedelta(hours=1))
        found = LevelProposal.objects.filter(state="open").values_list("agent__code", flat=True)
        assert sorted(found) == ["HUA", "MEI"]  # their teams sold 30.00; of LING 10.00 count


def test_the_sum_of_all_roots_is_the_sum_of_all(brand: Brand) -> None:
    """However the tree stands, nobody's sales are lost or counted twice."""
    agents = grow([None, 0, 1, 2, 0, None, 5, 5, 7])
    for place, agent in enumerate(agents):
        sold(agent, SINCE, place + 1)
    roots, _end = list_team(agent_id=None, since=SINCE, until=UNTIL)
    assert sum(row.team.net for row in roots) == sum(range(1, 10))
    assert sum(row.team_size + 1 for row in roots) == Agent.objects.count()
