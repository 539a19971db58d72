"""The agents' pages in the console."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from tenant_apps.agents.models import Agent, Level
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.services import sensitive
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.agents.states import AgentState
from tests.factories.lists import act_on

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
ID_NUMBER = "11010519491231002X"


@pytest.fixture
def level() -> Level:
    return create_level(code="GOLD", name="总代", rank=1)


@pytest.fixture
def agent(level: Level) -> Agent:
    agent = enrol_agent(name="王小明", phone="13800000001", level_id=level.pk, now=NOW, code="wang")
    return sensitive.store(agent_id=agent.pk, consented=True, id_number=ID_NUMBER, now=NOW)


def page(agent: Agent, action: str = "change") -> str:
    return f"/console/agents/agent/{agent.pk}/{action}/"


def test_lists_show(console: Client, agent: Agent) -> None:
    for path in ("level/", "agent/", "agent/?status=active", "agent/?q=wang"):
        answer = console.get(f"/console/agents/{path}")
        assert answer.status_code == 200
        assert "总代" in answer.content.decode()
    assert "王小明" not in console.get("/console/agents/agent/?status=expired").content.decode()


def test_the_list_masks_phone_numbers(console: Client, agent: Agent) -> None:
    text = console.get("/console/agents/agent/").content.decode()
    assert "138****0001" in text
    assert "13800000001" not in text


def test_the_page_masks_secrets(console: Client, agent: Agent) -> None:
    text = console.get(page(agent)).content.decode()
    assert "110105********002X" in text
    assert ID_NUMBER not in text


def test_add_leads_to_the_registration(console: Client) -> None:
    answer = console.get("/console/agents/agent/add/")
    assert (answer.status_code, answer["Location"]) == (302, "/console/recruiting/register/")


def test_change(console: Client, agent: Agent) -> None:
    silver = create_level(code="S", name="银", rank=2)
    form = {"name": "王大明", "phone": "+8613800000001", "code": "wang", "valid_until": "2027-12-31"}
    shown = console.get(page(agent, "edit")).content.decode()
    assert "王小明" in shown
    answer = console.post(page(agent, "edit"), form)
    assert answer.status_code == 302, answer.content.decode()
    assert console.post(page(agent, "set_level"), {"level": silver.pk, "reason": ""}).status_code == 200
    assert console.post(page(agent, "set_level"), {"level": silver.pk, "reason": "转岗"}).status_code == 302
    fresh = selectors.get_agent(agent_id=agent.pk)
    assert (fresh.name, fresh.level_id, str(fresh.valid_until)) == ("王大明", silver.pk, "2027-12-31")
    assert fresh.id_number == ID_NUMBER
    assert console.post(page(agent), form).status_code == 405


def test_buttons(console: Client, agent: Agent, level: Level) -> None:
    for action, state in (
        ("suspend", AgentState.SUSPENDED),
        ("resume", AgentState.ACTIVE),
        ("end", AgentState.ENDED),
    ):
        assert console.post(page(agent, action), {}).status_code == 302
        assert Agent.objects.get().state == state


def test_move_in_the_tree(console: Client, agent: Agent, level: Level) -> None:
    below = enrol_agent(name="李", phone="13800000002", level_id=level.pk, now=NOW, sponsor_id=agent.pk)
    looped = console.post(page(agent, "move"), {"sponsor_code": below.code})
    assert looped.status_code == 200
    assert console.post(page(below, "move"), {"sponsor_code": ""}).status_code == 302
    assert console.post(page(agent, "move"), {"sponsor_code": below.code}).status_code == 302
    assert Agent.objects.get(pk=agent.pk).sponsor_id == below.pk


def test_set_secrets(console: Client, agent: Agent) -> None:
    assert (
        console.post(page(agent, "set_secrets"), {"bank_card": "4111 1111 1111 1112", "consented": "on"}).status_code
        == 200
    )
    assert (
        console.post(page(agent, "set_secrets"), {"bank_card": "4111 1111 1111 1111", "consented": "on"}).status_code
        == 302
    )
    fresh = selectors.get_agent(agent_id=agent.pk)
    assert (fresh.id_number, fresh.bank_card) == (ID_NUMBER, "4111111111111111")


def test_bulk_suspend(console: Client, agent: Agent) -> None:
    assert act_on(console, "/console/agents/agent/", "suspend_selected", [agent.pk]).status_code == 302
    assert Agent.objects.get().state == AgentState.SUSPENDED


def test_levels(console: Client, level: Level) -> None:
    form = {"name": "银", "code": "s", "rank": "2"}
    assert console.post("/console/agents/level/add/", form).status_code == 302
    assert Level.objects.filter(code="S").exists()
    taken = console.post(f"/console/agents/level/{level.pk}/change/", form)
    assert taken.status_code == 200


def test_who_may(console_as: Callable[[str], Client], agent: Agent) -> None:
    sales = console_as("sales")
    assert sales.get(page(agent)).status_code == 200
    assert sales.post(page(agent, "suspend"), {}).status_code == 403
    assert sales.get("/console/recruiting/register/").status_code == 403
    assert Agent.objects.get().state == AgentState.ACTIVE
    assert console_as("warehouse").get("/console/agents/agent/").status_code == 403
