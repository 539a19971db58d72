"""The console's page of contracts that end soon."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kernel.core import clock
from tenant_apps.agents.models import Agent, Level
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level

pytestmark = pytest.mark.django_db

PAGE = "/console/team/ending/"


@pytest.fixture
def level() -> Level:
    return create_level(code="GOLD", name="总代", rank=1)


def member(level: Level, number: int, days: int | None) -> Agent:
    """An active agent whose contract ends in so many days."""
    now = clock.now()
    agent = enrol_agent(name=f"成员{number:03d}", phone=f"1380000{number:04d}", level_id=level.pk, now=now)
    ends_on = None if days is None else clock.business_date(now) + timedelta(days=days)
    Agent.objects.filter(pk=agent.pk).update(valid_until=ends_on)
    return agent


def names(client: Client, **query: str) -> list[str]:
    answer = client.get(PAGE, query)
    assert answer.status_code == 200
    return [agent.name for agent, _status in answer.context["rows"]]


def test_the_earliest_first_and_those_that_ended(console: Client, level: Level) -> None:
    for number, days in enumerate((29, -3, 45, None, 200, 0)):
        member(level, number, days)
    assert names(console) == ["成员001", "成员005", "成员000"]
    assert names(console, days="60") == ["成员001", "成员005", "成员000", "成员002"]
    for odd in ("x", "-1", "99999999999999999999", "\x00"):
        assert names(console, days=odd) == ["成员001", "成员005", "成员000"]


def test_renewed_is_gone_from_it(console: Client, level: Level) -> None:
    agent = member(level, 1, 5)
    address = f"/console/agents/agent/{agent.pk}/renew/"
    assert address in console.get(PAGE).content.decode()
    ends_on = clock.business_date(clock.now()) + timedelta(days=400)
    assert console.post(address, {"ends_on": ends_on.isoformat()}).status_code == 302
    assert names(console) == []


def test_fifty_at_a_time(console: Client, level: Level, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(55):
        member(level, number, 70)
    console.get(PAGE)
    with django_assert_max_num_queries(12):
        assert len(names(console, days="90")) == 50
    assert "?days=90&amp;page=2" in console.get(PAGE, {"days": "90"}).content.decode()
    assert len(names(console, days="90", page="2")) == 5


@pytest.mark.parametrize(
    ("role", "status", "renews"),
    [("owner", 200, True), ("manager", 200, True), ("sales", 200, False), ("warehouse", 403, False)],
)
def test_who_sees_it(console_as: Callable[[str], Client], level: Level, role: str, status: int, renews: bool) -> None:
    member(level, 1, 5)
    answer = console_as(role).get(PAGE)
    assert answer.status_code == status
    assert ("/renew/" in answer.content.decode()) == renews
