"""The team page of the console: level by level, by search, with moves by dialog."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kernel.core import clock
from shared_apps.tenants.models import Brand
from tenant_apps.agents.models import Agent, Level
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.ranks.services.results import post_sales

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@pytest.fixture
def level() -> Level:
    return create_level(code="GOLD", name="总代", rank=1)


def member(level: Level, number: int, sponsor: Agent | None = None) -> Agent:
    return enrol_agent(
        name=f"成员{number}",
        phone=f"1380000{number:04d}",
        level_id=level.pk,
        now=NOW,
        code=f"M{number:03d}",
        sponsor_id=sponsor.pk if sponsor else None,
    )


def test_roots_then_a_branch(console: Client, level: Level) -> None:
    top = member(level, 1)
    below = member(level, 2, top)
    member(level, 3, below)
    post_sales(agent_id=below.pk, source="order:1", day=clock.business_date(clock.now()), amount=Decimal("1234.50"))
    text = console.get("/console/team/").content.decode()
    assert "成员1" in text
    assert "成员2" not in text
    assert "1,234.50" in text  # the team's sales; the member's own are 0.00
    rows = console.get(f"/console/team/{top.pk}/").content.decode()
    assert "成员2" in rows
    assert "成员3" not in rows
    assert "<html" not in rows


def test_fifty_at_a_time(console: Client, level: Level, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    top = member(level, 1)
    for number in range(2, 63):
        member(level, number, top)
    first = console.get(f"/console/team/{top.pk}/").content.decode()
    assert first.count('class="bn-node"') == 50
    address = first.partition('data-tree-more="')[2].partition('"')[0]
    second = console.get(address.replace("&amp;", "&")).content.decode()
    assert second.count('class="bn-node"') == 11
    assert "data-tree-more" not in second


def test_search_jumps_and_opens_the_way(console: Client, level: Level) -> None:
    top = member(level, 1)
    side = member(level, 2, top)
    below = member(level, 3, top)
    deep = member(level, 4, below)
    found = console.get("/console/team/", {"q": "m004"})
    assert (found.status_code, found["Location"]) == (302, f"/console/team/?focus={deep.pk}")
    text = console.get(found["Location"]).content.decode()
    for agent in (top, below, deep):
        assert agent.name in text
    assert side.name not in text  # one click away
    assert f'data-tree-all="/console/team/{top.pk}/"' in text
    several = console.get("/console/team/", {"q": "成员"}).content.decode()
    assert several.count("?focus=") >= 4
    nobody = console.get("/console/team/", {"q": "zzz"})
    assert nobody.status_code == 200


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/console/team/?focus=999999", 404),
        ("/console/team/?focus=x", 200),
        ("/console/team/?focus=99999999999999999999", 200),
        ("/console/team/?q=%00", 200),
        ("/console/team/999999/", 404),
        ("/console/team/roots/?cursor=broken", 422),
    ],
)
def test_odd_addresses(console: Client, level: Level, address: str, status: int) -> None:
    assert console.get(address).status_code == status


def test_a_move_leads_back_to_the_tree_and_refuses_circles(console: Client, level: Level) -> None:
    top = member(level, 1)
    below = member(level, 2, top)
    refused = console.post(f"/console/agents/agent/{top.pk}/move/", {"sponsor_code": below.code})
    assert refused.status_code == 200
    assert Agent.objects.get(pk=top.pk).sponsor_id is None
    unknown = console.post(f"/console/agents/agent/{below.pk}/move/", {"sponsor_code": "nobody"})
    assert unknown.status_code == 200
    moved = console.post(f"/console/agents/agent/{below.pk}/move/", {"sponsor_code": ""})
    assert (moved.status_code, moved["Location"]) == (302, f"/console/team/?focus={below.pk}")
    assert Agent.objects.get(pk=below.pk).sponsor_id is None


def test_the_number_of_statements_does_not_grow(
    console: Client, level: Level, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    tops = [member(level, number) for number in range(1, 11)]
    for place, top in enumerate(tops):
        member(level, 20 + place, top)
    console.get("/console/team/")
    with django_assert_max_num_queries(14):
        console.get("/console/team/")


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("manager", 200), ("sales", 200), ("finance", 200), ("warehouse", 403)]
)
def test_who_sees_it(console_as: Callable[[str], Client], level: Level, role: str, status: int) -> None:
    agent = member(level, 1)
    client = console_as(role)
    assert client.get("/console/team/").status_code == status
    assert client.get(f"/console/team/{agent.pk}/").status_code == status


def test_who_is_not_signed_in(brand: Brand) -> None:
    answer = Client(headers={"host": f"{brand.slug}.localhost"}).get("/console/team/")
    assert answer.status_code == 302
    assert "/login/" in answer["Location"]
