"""Rules of levels: what is refused, previewed and retired, and their faces over HTTP."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenant_apps.agents.models import Agent, Level
from tenant_apps.agents.services.levels import move_to_level
from tenant_apps.agents.services.regions import RegionTaken
from tenant_apps.ranks.models import LevelProposal
from tenant_apps.ranks.services.evaluation import evaluate_levels
from tenant_apps.ranks.services.level_rules import (
    InvalidRule,
    RuleExists,
    RulesContradict,
    preview_rule,
    retire_rule,
    save_rule,
)
from tenant_apps.ranks.services.proposals import (
    apply_proposal,
)
from tests.factories.api_client import ApiClient
from tests.factories.level_rules import at, down, open_proposals, up
from tests.factories.network import grow, sold

pytestmark = pytest.mark.django_db


class TestRules:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"threshold": Decimal(0)}, "threshold"),
            ({"name": "  "}, "name"),
            ({"rolling_days": 30}, "rolling_days"),
            ({"period": "rolling"}, "rolling_days"),
            ({"period": "rolling", "rolling_days": 6}, "rolling_days"),
            ({"period": "year"}, "period"),
            ({"direction": "sideways"}, "direction"),
            ({"direction": "demote"}, "to_level_id"),
            ({"mode": "maybe"}, "mode"),
            ({"grace_days": 10}, "grace_days"),
            ({"from_level_id": 999_999}, "from_level_id"),
        ],
    )
    def test_what_is_no_rule(self, levels: tuple[Level, Level], changes: dict[str, Any], field: str) -> None:
        for ask in (
            lambda: save_rule(spec=up(levels, **changes), now=at(6, 1)),
            lambda: preview_rule(spec=up(levels, **changes), today=date(2026, 6, 1), now=at(6, 1)),
        ):
            with pytest.raises(InvalidRule) as refusal:
                ask()
            assert field in {error.field for error in refusal.value.errors}

    def test_one_each_way_and_no_see_saw(self, levels: tuple[Level, Level]) -> None:
        first = save_rule(spec=up(levels), now=at(6, 1))
        with pytest.raises(RuleExists):
            save_rule(spec=up(levels, threshold=Decimal(5)), now=at(6, 1))
        with pytest.raises(RulesContradict):
            save_rule(spec=down(levels, threshold=Decimal(1001)), now=at(6, 1))
        save_rule(spec=down(levels, threshold=Decimal(1000)), now=at(6, 1))
        second = save_rule(spec=up(levels, threshold=Decimal(2000)), now=at(6, 2), replaces=first.pk)
        first.refresh_from_db()
        assert (first.is_active, first.threshold, second.threshold) == (False, 1000, 2000)

    def test_a_retired_rule_takes_its_proposals_along(self, levels: tuple[Level, Level]) -> None:
        rule = save_rule(spec=up(levels), now=at(6, 1))
        (agent,) = grow([None], levels[1])
        sold(agent, date(2026, 6, 3), 1000)
        evaluate_levels(now=at(6, 4))
        retire_rule(rule_id=rule.pk, now=at(6, 5))
        assert open_proposals() == []
        assert evaluate_levels(now=at(6, 6)).rules == 0

    def test_preview_says_who_and_why_and_writes_nothing(self, levels: tuple[Level, Level]) -> None:
        agents = grow([None] * 4, levels[1])
        for place, agent in enumerate(agents):
            sold(agent, date(2026, 6, 3), 600 * place)
        move_to_level(
            agent_id=agents[3].pk, level_id=levels[1].pk, reason="x", now=at(6, 1), locked_until=date(2027, 1, 1)
        )
        with CaptureQueriesContext(connection) as queries:
            seen = preview_rule(spec=up(levels), today=date(2026, 6, 4), now=at(6, 4))
        assert not [one["sql"] for one in queries if not one["sql"].lstrip().upper().startswith(("SELECT", "WITH"))]
        assert (seen.measured, seen.fixed, seen.changing) == (3, 1, 1)
        assert [(row.agent_id, row.net_sales) for row in seen.rows] == [(agents[2].pk, Decimal(1200))]
        assert not LevelProposal.objects.exists()
        nobody = preview_rule(spec=up(levels, threshold=Decimal(9999)), today=date(2026, 6, 4), now=at(6, 4))
        assert (nobody.measured, nobody.changing, nobody.rows) == (3, 0, [])

    def test_an_exclusive_level_is_never_entered_by_itself(self, levels: tuple[Level, Level]) -> None:
        gold, silver = levels
        Level.objects.filter(pk=gold.pk).update(is_exclusive_in_region=True)
        save_rule(spec=up(levels, mode="apply"), now=at(6, 1))
        agents = grow([None, None], silver)
        Agent.objects.update(region_code="4403")
        for agent in agents:
            sold(agent, date(2026, 6, 3), 1000)
        assert evaluate_levels(now=at(6, 4)).applied == 0
        first, second = open_proposals()
        apply_proposal(proposal_id=first.pk, now=at(6, 5))
        with pytest.raises(RegionTaken):
            apply_proposal(proposal_id=second.pk, now=at(6, 5))


class TestHttp:
    def payload(self, levels: tuple[Level, Level], **changes: object) -> dict[str, object]:
        gold, silver = levels
        plain = {
            "name": "升级",
            "direction": "promote",
            "from_level_id": silver.pk,
            "to_level_id": gold.pk,
            "measure": "own",
            "period": "month",
            "threshold": "1000.00",
        }
        return plain | changes

    def test_from_preview_to_decision(self, api: ApiClient, levels: tuple[Level, Level]) -> None:
        from kernel.core import clock

        today = clock.business_date(clock.now())
        agents = grow([None, None], levels[1])
        for agent in agents:
            sold(agent, today, 1000)
        preview = api.post("/api/v1/agent-level-rule-previews", self.payload(levels)).json()
        assert (preview["changing"], preview["measured"], preview["items"][0]["net_sales"]) == (2, 2, "1000.00")
        made = api.post("/api/v1/agent-level-rules", self.payload(levels))
        assert (made.status_code, made.json()["mode"]) == (201, "propose")
        outlook = api.get(f"/api/v1/agents/{agents[0].pk}/outlook").json()["items"][0]
        assert (outlook["aim"], outlook["missing"]) == ("reach", "0.00")
        assert api.post("/api/v1/agent-level-evaluations").json()["proposed"] == 2
        second, first = api.get("/api/v1/agent-level-proposals?state=open").json()["items"]
        applied = api.post(f"/api/v1/agent-level-proposals/{first['id']}/apply", {})
        assert applied.json()["state"] == "applied"
        unexplained = api.post(f"/api/v1/agent-level-proposals/{second['id']}/decline", {})
        assert (unexplained.status_code, unexplained.json()["code"]) == (422, "reason_missing")
        declined = api.post(f"/api/v1/agent-level-proposals/{second['id']}/decline", {"reason": "not yet"})
        assert (declined.json()["state"], declined.json()["reason"]) == ("declined", "not yet")
        again = api.post(f"/api/v1/agent-level-proposals/{second['id']}/apply", {})
        assert (again.status_code, again.json()["code"]) == (409, "level_proposal_decided")
        changes = api.get(f"/api/v1/agents/{first['agent_id']}/level-changes").json()["items"]
        assert changes[0]["figures"]["net_sales"] == "1000.00"
        replaced = api.put(f"/api/v1/agent-level-rules/{made.json()['id']}", self.payload(levels, threshold="2000.00"))
        assert replaced.status_code == 201
        assert [one["is_active"] for one in api.get("/api/v1/agent-level-rules").json()["items"]] == [True, False]
        assert api.delete(f"/api/v1/agent-level-rules/{replaced.json()['id']}").status_code == 204
        assert api.delete("/api/v1/agent-level-rules/999999").json()["code"] == "level_rule_not_found"
        assert api.post("/api/v1/agent-level-proposals/999999/apply", {}).json()["code"] == "level_proposal_not_found"

    @pytest.mark.parametrize("measure", ["heads", "recruits", "team_size", "entry_fee", "orders", "人头数"])
    def test_head_counts_are_refused_with_the_law(
        self, api: ApiClient, levels: tuple[Level, Level], measure: str
    ) -> None:
        for address in ("/api/v1/agent-level-rules", "/api/v1/agent-level-rule-previews"):
            answer = api.post(address, self.payload(levels, measure=measure))
            assert (answer.status_code, answer.json()["code"]) == (422, "pyramid_rule")
            assert answer.json()["errors"][0]["field"] == "measure"
            assert "禁止传销条例" in answer.content.decode()

    @pytest.mark.parametrize("field", ["recruit_count", "min_members", "entry_fee", "team_size", "head_count"])
    def test_conditions_of_heads_beside_the_measure_too(
        self, api: ApiClient, levels: tuple[Level, Level], field: str
    ) -> None:
        answer = api.post("/api/v1/agent-level-rules", self.payload(levels, **{field: 3}))
        assert (answer.status_code, answer.json()["code"]) == (422, "pyramid_rule")
        assert answer.json()["errors"][0]["field"] == field

    @pytest.mark.parametrize(
        ("changes", "status", "field"),
        [
            ({"threshold": "0"}, 422, "threshold"),
            ({"threshold": 1.5}, 422, "threshold"),
            ({"threshold": "-1"}, 422, "threshold"),
            ({"direction": "demote"}, 422, "to_level_id"),
            ({"direction": "up"}, 422, "direction"),
            ({"period": "year"}, 422, "period"),
            ({"period": "rolling"}, 422, "rolling_days"),
            ({"grace_days": 200}, 422, "grace_days"),
            ({"grace_days": 5}, 422, "grace_days"),
            ({"from_level_id": 999_999}, 422, "from_level_id"),
            ({"surprise": 1}, 422, "surprise"),
        ],
    )
    def test_bad_rules(
        self, api: ApiClient, levels: tuple[Level, Level], changes: dict[str, Any], status: int, field: str
    ) -> None:
        answer = api.post("/api/v1/agent-level-rules", self.payload(levels, **changes))
        assert answer.status_code == status
        assert field in {error["field"] for error in answer.json()["errors"]}

    def test_conflicts(self, api: ApiClient, levels: tuple[Level, Level]) -> None:
        gold, silver = levels
        api.post("/api/v1/agent-level-rules", self.payload(levels))
        twice = api.post("/api/v1/agent-level-rules", self.payload(levels))
        assert (twice.status_code, twice.json()["code"]) == (409, "level_rule_exists")
        see_saw = self.payload(
            levels, direction="demote", from_level_id=gold.pk, to_level_id=silver.pk, threshold="1000.01"
        )
        answer = api.post("/api/v1/agent-level-rules", see_saw)
        assert (answer.status_code, answer.json()["code"]) == (409, "level_rules_contradict")

    def test_grace_is_kept(self, api: ApiClient, levels: tuple[Level, Level]) -> None:
        gold, silver = levels
        grow([None], gold)
        spec = self.payload(levels, direction="demote", from_level_id=gold.pk, to_level_id=silver.pk, grace_days=10)
        api.post("/api/v1/agent-level-rules", spec)
        api.post("/api/v1/agent-level-evaluations")
        (proposal,) = api.get("/api/v1/agent-level-proposals").json()["items"]
        answer = api.post(f"/api/v1/agent-level-proposals/{proposal['id']}/apply", {})
        assert (answer.status_code, answer.json()["code"]) == (409, "grace_running")

    def test_who_may(self, api_as: Callable[[str], ApiClient], levels: tuple[Level, Level]) -> None:
        sales = api_as("sales")
        assert sales.post("/api/v1/agent-level-rules", self.payload(levels)).status_code == 403
        assert sales.post("/api/v1/agent-level-evaluations").status_code == 403
        assert sales.get("/api/v1/agent-level-rules").status_code == 200
