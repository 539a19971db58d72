"""The rule editor with its preview, proposals in bulk, compliance and ranking."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from kernel.core import clock
from tenant_apps.agents.models import Agent, Level
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.ranks.models import LevelProposal, LevelRule
from tenant_apps.ranks.services.evaluation import evaluate_levels
from tenant_apps.ranks.services.level_rules import RuleSpec, save_rule
from tenant_apps.ranks.services.results import post_sales
from tenant_apps.ranks.states import ProposalState

pytestmark = pytest.mark.django_db


@pytest.fixture
def gold() -> Level:
    return create_level(code="GOLD", name="金牌", rank=1)


@pytest.fixture
def silver(gold: Level) -> Level:
    return create_level(code="SILVER", name="银牌", rank=2, deposit=Decimal("500.00"))


@pytest.fixture
def sellers(silver: Level) -> list[Agent]:
    """Three on silver; the first two have sold 2,000 and 1,000 today."""
    now = clock.now()
    found = []
    for number in range(1, 4):
        made = enrol_agent(name=f"代理{number}", phone=f"1380000000{number}", level_id=silver.pk, now=now)
        found.append(made)
    for agent, amount in zip(found, ("2000.00", "1000.00"), strict=False):
        post_sales(agent_id=agent.pk, source=f"order:{agent.pk}", day=clock.business_date(now), amount=Decimal(amount))
    return found


def spec(silver: Level, gold: Level, **changes: Any) -> dict[str, Any]:
    return {
        "name": "升金牌",
        "direction": "promote",
        "from_level_id": silver.pk,
        "to_level_id": gold.pk,
        "measure": "own",
        "period": "month",
        "rolling_days": "",
        "threshold": "1500",
        "grace_days": "0",
        "mode": "propose",
        **changes,
    }


def seen_in(answer: Any) -> str:
    return str(answer.content.decode().partition('name="seen" value="')[2].partition('"')[0])


def test_first_the_preview_then_the_rule(console: Client, sellers: list[Agent], silver: Level, gold: Level) -> None:
    form = spec(silver, gold)
    assert console.get("/console/level-rules/new/").status_code == 200
    shown = console.post("/console/level-rules/new/", {**form, "step": "preview"})
    text = shown.content.decode()
    assert sellers[0].name in text
    assert sellers[1].name not in text
    assert "2,000.00" in text
    assert not LevelRule.objects.exists()
    saved = console.post("/console/level-rules/new/", {**form, "step": "save", "seen": seen_in(shown)})
    assert (saved.status_code, saved["Location"]) == (302, "/console/level-rules/")
    assert LevelRule.objects.get().threshold == Decimal("1500.00")
    assert "升金牌" in console.get("/console/level-rules/").content.decode()


def test_what_was_not_previewed_is_not_saved(console: Client, sellers: list[Agent], silver: Level, gold: Level) -> None:
    form = spec(silver, gold)
    seen = seen_in(console.post("/console/level-rules/new/", {**form, "step": "preview"}))
    changed = console.post("/console/level-rules/new/", {**form, "threshold": "900", "step": "save", "seen": seen})
    assert changed.status_code == 200  # the preview of what was changed instead
    assert sellers[1].name in changed.content.decode()
    assert console.post("/console/level-rules/new/", {**form, "step": "save"}).status_code == 200
    assert not LevelRule.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"measure": "heads"},
        {"threshold": "0"},
        {"threshold": "x"},
        {"period": "rolling", "rolling_days": "3"},
        {"grace_days": "5"},
        {"from_level_id": "999999"},
        {"direction": "demote"},
        {"name": ""},
    ],
)
def test_refusals_stand_in_the_form(
    console: Client, sellers: list[Agent], silver: Level, gold: Level, changes: dict[str, str]
) -> None:
    answer = console.post("/console/level-rules/new/", {**spec(silver, gold, **changes), "step": "preview"})
    assert answer.status_code == 200
    assert seen_in(answer) == ""
    assert not LevelRule.objects.exists()


def saved_rule(silver: Level, gold: Level) -> LevelRule:
    asked = RuleSpec("升金牌", "promote", silver.pk, gold.pk, "own", "month", Decimal("900.00"))
    return save_rule(spec=asked, now=clock.now())


def test_a_rule_is_replaced_and_retired(console: Client, sellers: list[Agent], silver: Level, gold: Level) -> None:
    rule = saved_rule(silver, gold)
    page = f"/console/level-rules/{rule.pk}/"
    assert "升金牌" in console.get(page).content.decode()
    form = spec(silver, gold)
    seen = seen_in(console.post(page, {**form, "step": "preview"}))
    assert console.post(page, {**form, "step": "save", "seen": seen}).status_code == 302
    rule.refresh_from_db()
    assert not rule.is_active
    newest = LevelRule.objects.get(is_active=True)
    assert console.get(f"/console/level-rules/{newest.pk}/retire/").status_code == 405
    assert console.post(f"/console/level-rules/{newest.pk}/retire/").status_code == 302
    assert not LevelRule.objects.filter(is_active=True).exists()
    assert console.get("/console/level-rules/999999/").status_code == 404
    assert console.post("/console/level-rules/999999/retire/").status_code == 404


def test_proposals_are_decided_in_bulk(console: Client, sellers: list[Agent], silver: Level, gold: Level) -> None:
    saved_rule(silver, gold)
    evaluate_levels(now=clock.now())
    first, second = LevelProposal.objects.order_by("id")
    page = "/console/level-proposals/"
    text = console.get(page).content.decode()
    assert text.count('name="proposal"') == 2
    console.post(page, {"proposal": [second.pk], "decision": "decline", "reason": ""})  # a reason is needed
    assert LevelProposal.objects.filter(state=ProposalState.OPEN).count() == 2
    console.post(page, {"proposal": [second.pk], "decision": "decline", "reason": "新人,下月再看"})
    answer = console.post(page, {"proposal": [first.pk, second.pk, 999999, "x"], "decision": "apply"}, follow=True)
    assert answer.status_code == 200
    assert set(LevelProposal.objects.values_list("state", flat=True)) == {"applied", "declined"}
    assert Agent.objects.get(pk=first.agent_id).level_id == gold.pk
    assert console.get(page, {"state": "declined"}).content.decode().count("新人") == 1
    assert console.get(page, {"state": "x", "page": "99"}).status_code == 200
    assert console.post(page, {"decision": "apply"}).status_code == 302


def test_compliance_and_ranking_tell_facts(console: Client, sellers: list[Agent], silver: Level) -> None:
    assert "500.00" in console.get("/console/compliance/").content.decode()
    text = console.get("/console/ranking/").content.decode()
    assert text.index(sellers[0].code) < text.index(sellers[1].code)
    assert text.count('class="chart"') == 2
    for query in (
        "?period=last_month",
        "?period=quarter&measure=team",
        f"?period=days_90&level={silver.pk}",
        "?period=days_365&group=1",
        "?period=x&level=y&group=99999999999999999999",
    ):
        assert console.get(f"/console/ranking/{query}").status_code == 200, query


@pytest.mark.parametrize(
    ("role", "sees", "edits"),
    [("manager", 200, 200), ("sales", 200, 403), ("finance", 200, 403), ("warehouse", 403, 403)],
)
def test_who_may(
    console_as: Callable[[str], Client], silver: Level, gold: Level, role: str, sees: int, edits: int
) -> None:
    rule = saved_rule(silver, gold)
    client = console_as(role)
    for page in ("level-rules/", "level-proposals/", "compliance/", "ranking/"):
        assert client.get(f"/console/{page}").status_code == sees, page
    for page in ("level-rules/new/", f"level-rules/{rule.pk}/"):
        assert client.get(f"/console/{page}").status_code == edits, page
    done = 302 if edits == 200 else 403
    assert client.post("/console/level-proposals/", {"decision": "apply"}).status_code == done
    assert client.post(f"/console/level-rules/{rule.pk}/retire/").status_code == done
