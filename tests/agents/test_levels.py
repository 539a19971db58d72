"""Levels: their rights are kept, changes by hand are explained, one agent per region holds for any number at once."""

import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from kernel.core.errors import ReasonMissing
from kernel.models import AuditRecord
from shared_apps.tenants.models import Brand
from tenant_apps.agents.models import Agent, Level, LevelChange
from tenant_apps.agents.selectors.agents import get_agent
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import InvalidLevel, change_level, create_level, move_to_level
from tenant_apps.agents.services.lifecycle import suspend_agent
from tenant_apps.agents.services.regions import RegionTaken
from tenant_apps.agents.services.tree import (
    CyclicSponsor,
    SponsorMayNotRecruit,
    SponsorNotActive,
    change_sponsor,
    hand_over_team,
)
from tenant_apps.ranks.models import LevelProposal
from tests.factories.api_client import ApiClient
from tests.factories.network import grow, rung
from tests.factories.parallel import AtOnce

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def enrol(level: Level, phone: str, region: str = "") -> Agent:
    return enrol_agent(name="林", phone=phone, level_id=level.pk, now=NOW, region_code=region, region=region)


@pytest.mark.django_db
class TestRights:
    def test_who_may_not_recruit_gets_no_team(self) -> None:
        boss = rung("BOSS", 1)
        plain = rung("PLAIN", 2, may_recruit=False)
        (top,) = grow([None], boss)
        (low,) = grow([None], plain)
        with pytest.raises(SponsorMayNotRecruit):
            enrol_agent(name="林", phone="13900000001", level_id=plain.pk, sponsor_id=low.pk, now=NOW)
        with pytest.raises(SponsorMayNotRecruit):
            change_sponsor(agent_id=top.pk, sponsor_id=low.pk, now=NOW)
        change_sponsor(agent_id=low.pk, sponsor_id=top.pk, now=NOW)
        assert get_agent(agent_id=low.pk).sponsor_id == top.pk

    def test_a_team_stays_when_the_right_goes(self) -> None:
        top, _low = grow([None, 0])
        change_level(level_id=top.level_id, may_recruit=False)
        with pytest.raises(SponsorMayNotRecruit):
            enrol_agent(name="林", phone="13900000001", level_id=top.level_id, sponsor_id=top.pk, now=NOW)
        assert Agent.objects.filter(sponsor=top).count() == 1

    @pytest.mark.parametrize(
        "rights", [{"contract_months": 0}, {"contract_months": 121}, {"deposit": Decimal(-1)}, {"rank": 0}]
    )
    def test_levels_outside_their_bounds(self, rights: dict[str, Any]) -> None:
        with pytest.raises(InvalidLevel):
            create_level(**{"code": "X", "name": "X", "rank": 1, **rights})


@pytest.mark.django_db
class TestByHand:
    def test_history_lock_and_audit(self) -> None:
        gold = rung("GOLD", 1)
        silver = rung("SILVER", 2)
        (agent,) = grow([None], silver)
        moved = move_to_level(
            agent_id=agent.pk, level_id=gold.pk, reason="promised", now=NOW, locked_until=date(2027, 1, 31)
        )
        assert (moved.level_id, moved.level_locked_until, moved.level_since) == (gold.pk, date(2027, 1, 31), NOW)
        latest, first = LevelChange.objects.filter(agent=agent).order_by("-id")
        assert (latest.cause, latest.reason, latest.from_level_id) == ("manual", "promised", silver.pk)
        assert (first.cause, first.from_level_id, first.to_level_id) == ("joined", None, silver.pk)
        audited = AuditRecord.objects.filter(action="agents.level").latest("id")
        assert (audited.after or {})["reason"] == "promised"
        freed = move_to_level(agent_id=agent.pk, level_id=gold.pk, reason="free again", now=NOW)
        assert freed.level_locked_until is None
        assert LevelChange.objects.filter(agent=agent).count() == 2

    def test_needs_a_reason(self) -> None:
        (agent,) = grow([None])
        with pytest.raises(ReasonMissing):
            move_to_level(agent_id=agent.pk, level_id=agent.level_id, reason="  ", now=NOW)


@pytest.mark.django_db
class TestRegions:
    @pytest.mark.parametrize(("held", "wanted"), [("4403", "4403"), ("44", "4403"), ("440305", "44")])
    def test_one_agent_per_region_and_what_lies_in_it(self, held: str, wanted: str) -> None:
        city = rung("CITY", 1, is_exclusive_in_region=True)
        enrol(city, "13900000001", held)
        with pytest.raises(RegionTaken):
            enrol(city, "13900000002", wanted)

    def test_neighbours_other_levels_and_no_region_are_free(self) -> None:
        city = rung("CITY", 1, is_exclusive_in_region=True)
        plain = rung("PLAIN", 2)
        for place, (level, region) in enumerate(
            [(city, "4403"), (city, "4401"), (city, "31"), (city, ""), (city, ""), (plain, "4403")]
        ):
            enrol(level, f"139000000{place:02}", region)
        (other,) = Agent.objects.filter(level=plain)
        with pytest.raises(RegionTaken):
            move_to_level(agent_id=other.pk, level_id=city.pk, reason="promised", now=NOW)
        # Refused in a transaction of its own, the move left no trace.
        assert get_agent(agent_id=other.pk).level_id == plain.pk

    def test_a_level_becomes_exclusive_only_while_nobody_shares(self) -> None:
        level = rung("CITY", 1)
        agents = [enrol(level, f"1390000000{place}", "4403") for place in range(2)]
        with pytest.raises(RegionTaken):
            change_level(level_id=level.pk, is_exclusive_in_region=True)
        suspend_agent(agent_id=agents[0].pk)
        with pytest.raises(RegionTaken):  # who is suspended keeps the region
            change_level(level_id=level.pk, is_exclusive_in_region=True)


@pytest.mark.django_db(transaction=True)
def test_two_approved_at_once_do_not_share_a_region(live_brand: Brand, at_once: AtOnce) -> None:
    city = rung("CITY", 1, is_exclusive_in_region=True)
    for round_no in range(8):
        ready = threading.Barrier(2, timeout=60)

        def try_to_enrol(phone: str, region: str, ready: threading.Barrier) -> bool:
            ready.wait()
            try:
                enrol(city, phone, region)
            except RegionTaken:
                return False
            return True

        phones = [f"1390000{round_no:02}{place:02}" for place in range(2)]
        region = f"{11 + round_no}01"
        done = at_once(*[partial(try_to_enrol, phone, region, ready) for phone in phones])
        assert sorted(done) == [False, True]


@pytest.mark.django_db
class TestHandOver:
    def test_the_whole_team_goes_in_few_statements(self, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        agents = grow([None, *[0] * 20, 1, None])
        successor = agents[-1]
        with django_assert_max_num_queries(14):
            assert hand_over_team(agent_id=agents[0].pk, successor_id=successor.pk, now=NOW) == 20
        assert Agent.objects.filter(sponsor=successor).count() == 20
        assert Agent.objects.get(pk=agents[21].pk).sponsor_id == agents[1].pk

    def test_a_successor_from_the_team_takes_the_place(self) -> None:
        top, agent, child, grandchild, other = grow([None, 0, 1, 2, 1])
        hand_over_team(agent_id=agent.pk, successor_id=grandchild.pk, now=NOW)
        parents = dict(Agent.objects.values_list("id", "sponsor_id"))
        assert parents == {
            top.pk: None,
            agent.pk: top.pk,
            grandchild.pk: top.pk,
            child.pk: grandchild.pk,
            other.pk: grandchild.pk,
        }

    def test_refusals(self) -> None:
        agent, other = grow([None, None])
        with pytest.raises(CyclicSponsor):
            hand_over_team(agent_id=agent.pk, successor_id=agent.pk, now=NOW)
        suspend_agent(agent_id=other.pk)
        with pytest.raises(SponsorNotActive):
            hand_over_team(agent_id=agent.pk, successor_id=other.pk, now=NOW)


@pytest.mark.django_db
class TestHttp:
    def test_rights_are_set_and_read(self, api: ApiClient) -> None:
        rights = {
            "may_recruit": False,
            "has_early_access": True,
            "sees_team": False,
            "deposit": "1000.00",
            "contract_months": 12,
            "first_order_minimum": "3000.00",
            "is_exclusive_in_region": True,
        }
        made = api.post("/api/v1/agent-levels", {"code": "city", "name": "城市合伙人", "rank": 1, **rights})
        assert made.status_code == 201
        assert {name: made.json()[name] for name in rights} == rights
        patched = api.patch(f"/api/v1/agent-levels/{made.json()['id']}", {"contract_months": None})
        assert patched.json()["contract_months"] is None
        assert patched.json()["deposit"] == "1000.00"
        assert api.get("/api/v1/agent-levels").json()["items"][0]["has_early_access"] is True

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"contract_months": 0}, "contract_months"),
            ({"deposit": "-1.00"}, "deposit"),
            ({"deposit": 1.5}, "deposit"),
            ({"first_order_minimum": "1.001"}, "first_order_minimum"),
        ],
    )
    def test_bad_rights(self, api: ApiClient, change: dict[str, Any], field: str) -> None:
        answer = api.post("/api/v1/agent-levels", {"code": "x", "name": "x", "rank": 1, **change})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field

    @pytest.mark.parametrize("field", ["recruit_bonus", "entry_fee", "head_count", "入门费", "team_size"])
    def test_pay_for_recruiting_is_refused_with_the_law(self, api: ApiClient, field: str) -> None:
        answer = api.post("/api/v1/agent-levels", {"code": "x", "name": "x", "rank": 1, field: "100.00"})
        assert (answer.status_code, answer.json()["code"]) == (422, "pyramid_rule")
        assert "禁止传销条例" in answer.content.decode()
        assert not Level.objects.exists()

    def test_a_sponsor_without_the_right(self, api: ApiClient) -> None:
        agent, other = grow([None, None])
        change_level(level_id=agent.level_id, may_recruit=False)
        answer = api.post(f"/api/v1/agents/{other.pk}/change-sponsor", {"sponsor_id": agent.pk})
        assert (answer.status_code, answer.json()["code"]) == (409, "sponsor_may_not_recruit")
        circle = api.post(f"/api/v1/agents/{other.pk}/change-sponsor", {"sponsor_id": other.pk})
        assert (circle.status_code, circle.json()["code"]) == (409, "cyclic_sponsor")

    def test_a_region_that_is_taken(self, api: ApiClient) -> None:
        city = rung("CITY", 1, is_exclusive_in_region=True)
        enrol(city, "13900000001", "4403")
        other = enrol(city, "13900000002", "4404")
        answer = api.patch(f"/api/v1/agents/{other.pk}/file", {"region_code": "4403"})
        assert (answer.status_code, answer.json()["code"]) == (409, "region_taken")

    def test_change_by_hand(self, api: ApiClient) -> None:
        gold = rung("GOLD", 1)
        (agent,) = grow([None], rung("SILVER", 2))
        address = f"/api/v1/agents/{agent.pk}/change-level"
        for bad, field in (
            ({"level_id": gold.pk}, "reason"),
            ({"level_id": gold.pk, "reason": " "}, "reason"),
            ({"level_id": gold.pk, "reason": "x", "locked_until": "soon"}, "locked_until"),
            ({"level_id": 999_999, "reason": "x"}, "level_id"),
        ):
            answer = api.post(address, bad)
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
        assert api.post(address, {"level_id": gold.pk, "reason": "x", "locked_until": "2027-01-01"}).status_code == 200
        changes = api.get(f"/api/v1/agents/{agent.pk}/level-changes").json()["items"]
        assert [(one["cause"], one["to_level_name"]) for one in changes] == [("manual", "GOLD"), ("joined", "SILVER")]
        assert not LevelProposal.objects.exists()
