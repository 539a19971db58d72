"""Test compliance with 禁止传销条例 art. 7, and the codes of refusals."""

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from kernel.core import clock
from tenant_apps.agents.services.compliance import PaidTiersNotAllowed, PyramidRule, refuse_unlawful_terms
from tenant_apps.agents.services.lifecycle import end_agent
from tenant_apps.commissions.services.plans import PlanRates, set_plan
from tenant_apps.ranks.selectors.compliance import Weight, get_compliance
from tests.factories.api_client import ApiClient
from tests.factories.network import grow, rung

pytestmark = pytest.mark.django_db


def weights() -> dict[str, Weight]:
    return {finding.code: finding.weight for finding in get_compliance().findings}


def test_a_small_brand_stands_well(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    grow([None, 0])
    with django_assert_max_num_queries(4):
        found = get_compliance()
    assert (found.persons, found.largest_tree, found.deepest_tree, found.marked_trees) == (2, 2, 2, 0)
    assert found.paid_tiers is not None
    assert (found.paid_tiers.tiers, found.allowed_paid_tiers) == (0, 2)
    assert set(weights().values()) == {Weight.GOOD}


@pytest.mark.parametrize(("persons", "tiers", "marked"), [(30, 3, 1), (29, 3, 0), (30, 2, 0)])
def test_thirty_persons_in_three_tiers(persons: int, tiers: int, marked: int) -> None:
    chain = list(range(tiers - 1))
    grow([None, *chain, *[0] * (persons - tiers)])
    grow([None, 0])
    found = get_compliance()
    assert (found.marked_trees, found.deepest_tree, found.largest_tree) == (marked, tiers, persons)
    assert weights()["persons_and_tiers"] == (Weight.NOTICE if marked else Weight.GOOD)


def test_who_has_left_is_no_person_of_the_tree() -> None:
    agents = grow([None, 0, 1])
    end_agent(agent_id=agents[2].pk)
    assert (get_compliance().persons, get_compliance().deepest_tree) == (2, 2)


def test_conditions_of_joining_are_warned_of() -> None:
    rung("A", 1, deposit=Decimal(5000))
    rung("B", 2, first_order_minimum=Decimal(3000))
    found = get_compliance()
    assert [(one.level_name, one.deposit, one.first_order_minimum) for one in found.entry_conditions] == [
        ("A", Decimal(5000), Decimal(0)),
        ("B", Decimal(0), Decimal(3000)),
    ]
    assert (weights()["entry_fee"], weights()["entry_purchase"]) == (Weight.WARNING, Weight.WARNING)
    assert all("禁止传销条例" in str(one.text) for one in found.findings if one.weight == Weight.WARNING)


def test_two_paid_tiers_are_noticed() -> None:
    level = rung("A", 1)
    set_plan(level_id=level.pk, rates=PlanRates(Decimal("0.10"), Decimal("0.05"), 7), now=clock.now())
    paid = get_compliance().paid_tiers
    assert paid is not None
    assert (paid.tiers, paid.highest_rates) == (2, (Decimal("0.10"), Decimal("0.05")))
    assert weights()["paid_tiers"] == Weight.NOTICE


@pytest.mark.parametrize("names", [{"tier3_rate": "0.01"}, {"tier_4": 1}, {"tiers": 3}, {"paid_tiers": [1, 2, 3]}])
def test_a_third_tier_needs_permission(names: dict[str, Any]) -> None:
    with pytest.raises(PaidTiersNotAllowed):
        refuse_unlawful_terms(names, known={})


@pytest.mark.parametrize("names", [{"tier1_rate": "0.1"}, {"tiers": 2}, {"tier2": 1}, {}, [], "text", {"tiers": "x"}])
def test_two_tiers_and_nonsense_are_not_its_business(names: Any) -> None:
    refuse_unlawful_terms(names, known={})


def test_pay_for_recruiting_is_refused() -> None:
    with pytest.raises(PyramidRule) as refusal:
        refuse_unlawful_terms({"recruit_bonus": 1}, known={})
    assert refusal.value.errors[0].field == "recruit_bonus"


class TestHttp:
    def test_the_page_reads(self, api: ApiClient, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        rung("A", 1, deposit=Decimal(5000))
        found = api.get("/api/v1/agent-compliance").json()
        assert found["allowed_paid_tiers"] == 2
        assert found["entry_conditions"][0]["deposit"] == "5000.00"
        assert {one["code"] for one in found["findings"]} >= {"paid_tiers", "measures", "entry_fee"}

    def test_a_third_tier_and_pay_for_recruiting_in_a_plan(self, api: ApiClient) -> None:
        level = rung("A", 1)
        plan = {"tier1_rate": "0.10", "tier2_rate": "0.05"}
        third = api.put(f"/api/v1/commission-plans/{level.pk}", plan | {"tier3_rate": "0.01"})
        assert (third.status_code, third.json()["code"]) == (403, "paid_tiers_not_allowed")
        assert third.json()["errors"][0]["field"] == "tier3_rate"
        assert "禁止传销条例" in third.content.decode()
        heads = api.put(f"/api/v1/commission-plans/{level.pk}", plan | {"recruit_bonus": "100.00"})
        assert (heads.status_code, heads.json()["code"]) == (422, "pyramid_rule")
        assert api.put(f"/api/v1/commission-plans/{level.pk}", plan).status_code == 200
