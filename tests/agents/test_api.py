"""Agents over HTTP: every operation, every refusal."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenant_apps.agents.models import Agent
from tenant_apps.agents.schemas import agents as schemas
from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db

ID_NUMBER = "11010519491231002X"
BANK_CARD = "4111111111111111"


@pytest.fixture
def level_id(api: ApiClient) -> int:
    answer = api.post("/api/v1/agent-levels", {"code": "gold", "name": "总代", "rank": 1})
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


@pytest.fixture
def hire(api: ApiClient, level_id: int) -> Callable[..., dict[str, Any]]:
    count = 0

    def make(**fields: Any) -> dict[str, Any]:
        nonlocal count
        count += 1
        numbers: dict[str, Any] = {}
        for name in ("id_number", "bank_card"):
            if name in fields:
                numbers[name] = fields.pop(name)
        body: dict[str, Any] = {"name": f"代理 {count} 🌳", "phone": f"1380000{count:04d}", "level_id": level_id}
        body.update(fields)
        answer = api.post("/api/v1/agents", body)
        assert answer.status_code == 201, answer.content
        if numbers:
            stored = api.post(f"/api/v1/agents/{answer.json()['id']}/sensitive", {**numbers, "consented": True})
            assert stored.status_code == 200, stored.content
            return dict(stored.json())
        return dict(answer.json())

    return make


Hire = Callable[..., dict[str, Any]]


def field_of(answer: Any) -> str:
    return str(answer.json()["errors"][0]["field"])


def test_secrets_never_come_back_whole(api: ApiClient, hire: Hire) -> None:
    agent = hire(id_number=ID_NUMBER.lower(), bank_card="4111 1111 1111 1111")
    assert (agent["id_number"], agent["bank_card"]) == ("110105********002X", "411111******1111")
    assert agent["phone"] == "+8613800000001"
    (row,) = api.get("/api/v1/agents").json()["items"]
    assert row["phone"] == "+86138****0001"
    assert set(row) == set(schemas.AgentRow.model_fields)
    everything = api.get("/api/v1/agents").content + api.get(f"/api/v1/agents/{agent['id']}").content
    assert ID_NUMBER.encode() not in everything
    assert BANK_CARD.encode() not in everything


def test_a_list_decrypts_nothing_and_its_statements_do_not_grow(api: ApiClient, hire: Hire) -> None:
    top = hire(id_number=ID_NUMBER)
    with CaptureQueriesContext(connection) as one:
        api.get("/api/v1/agents")
    for _number in range(5):
        hire(id_number=ID_NUMBER, sponsor_id=top["id"])
    with CaptureQueriesContext(connection) as many:
        assert len(api.get("/api/v1/agents").json()["items"]) == 6
    assert len(many) <= len(one)
    assert not [query for query in many if "id_number" in query["sql"]]


def test_the_life_of_an_agent(api: ApiClient, level_id: int) -> None:
    agent = api.post("/api/v1/agents", {"name": "王", "phone": "13900000001", "level_id": level_id}).json()
    path = f"/api/v1/agents/{agent['id']}"
    steps = [
        ("suspend", {}, "suspended"),
        ("resume", {}, "active"),
        ("end", {"reason": "x"}, "ended"),
    ]
    for step, body, state in steps:
        answer = api.post(f"{path}/{step}", body)
        assert (answer.status_code, answer.json()["state"]) == (200, state), step
    refused = api.post(f"{path}/resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")


def test_expired_shows_and_filters(api: ApiClient, hire: Hire) -> None:
    hire()
    old = hire()
    assert api.patch(f"/api/v1/agents/{old['id']}", {"valid_until": "2020-01-01"}).json()["state"] == "expired"
    assert [row["id"] for row in api.get("/api/v1/agents?state=expired").json()["items"]] == [old["id"]]
    assert len(api.get("/api/v1/agents?state=active").json()["items"]) == 1
    renewed = api.patch(f"/api/v1/agents/{old['id']}", {"valid_until": None}).json()
    assert (renewed["state"], renewed["valid_until"]) == ("active", None)


def test_filters_and_search(api: ApiClient, hire: Hire, level_id: int) -> None:
    top = hire(code="wang")
    low = hire(sponsor_id=top["id"])

    def ids(query: str) -> list[int]:
        return [row["id"] for row in api.get(f"/api/v1/agents?{query}").json()["items"]]

    assert ids(f"level_id={level_id}") == [low["id"], top["id"]]
    assert ids(f"sponsor_id={top['id']}") == [low["id"]]
    for query in ("search=WANG", "search=wan", f"search={top['referral_code']}", "search=0000001", "search=代理 1"):
        assert ids(query) == [top["id"]], query


def test_tree(api: ApiClient, hire: Hire) -> None:
    top = hire()
    middle = hire(sponsor_id=top["id"])
    low = hire(sponsor_id=middle["id"])
    upline = api.get(f"/api/v1/agents/{low['id']}/upline").json()["items"]
    assert [(member["tier"], member["agent_id"]) for member in upline] == [(1, middle["id"]), (2, top["id"])]
    looped = api.post(f"/api/v1/agents/{top['id']}/change-sponsor", {"sponsor_id": low["id"]})
    assert (looped.status_code, looped.json()["code"], field_of(looped)) == (409, "cyclic_sponsor", "sponsor_id")
    moved = api.post(f"/api/v1/agents/{low['id']}/change-sponsor", {"sponsor_id": top["id"]})
    assert moved.json()["sponsor_code"] == top["code"]
    history = api.get(f"/api/v1/agents/{low['id']}/sponsor-history").json()["items"]
    assert [row["sponsor_id"] for row in history] == [top["id"], middle["id"]]
    assert history[1]["valid_to"] == history[0]["valid_from"]
    root = api.post(f"/api/v1/agents/{low['id']}/change-sponsor", {"sponsor_id": None})
    assert root.json()["sponsor_id"] is None
    missing = api.post(f"/api/v1/agents/{low['id']}/change-sponsor", {})
    assert (missing.status_code, field_of(missing)) == (422, "sponsor_id")


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"name": ""}, 422, "name"),
        ({"name": "a\x00b"}, 422, "name"),
        ({"name": "x" * 101}, 422, "name"),
        ({"phone": "12"}, 422, "phone"),
        ({"phone": 13800000001}, 422, "phone"),
        ({"phone": "+86 138 0000 0001"}, 409, "phone"),
        ({"code": "WANG"}, 409, "code"),
        ({"code": "a b"}, 422, "code"),
        ({"code": ""}, 422, "code"),
        ({"valid_until": "soon"}, 422, "valid_until"),
        ({"id_number": "110105194912310021"}, 422, "id_number"),
        ({"bank_card": "4111111111111112"}, 422, "bank_card"),
        ({"commission": "10"}, 422, "commission"),
    ],
)
def test_bad_agents_are_refused(
    api: ApiClient, hire: Hire, level_id: int, change: dict[str, Any], status: int, field: str
) -> None:
    hire(code="wang")
    mine = hire()
    new = {"name": "x", "phone": "13900000001", "level_id": level_id, **change}
    for answer in (api.post("/api/v1/agents", new), api.patch(f"/api/v1/agents/{mine['id']}", change)):
        assert (answer.status_code, field_of(answer)) == (status, field), answer.content
    assert Agent.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [({"level_id": 999_999}, "level_id"), ({"sponsor_id": 999_999}, "sponsor_id"), ({"level_id": None}, "level_id")],
)
def test_unknown_places_are_refused(api: ApiClient, level_id: int, change: dict[str, Any], field: str) -> None:
    answer = api.post("/api/v1/agents", {"name": "x", "phone": "13900000001", "level_id": level_id, **change})
    assert (answer.status_code, field_of(answer)) == (422, field)


def test_levels(api: ApiClient, level_id: int, hire: Hire) -> None:
    silver = api.post("/api/v1/agent-levels", {"code": "S", "name": "银", "rank": 2}).json()
    page = api.get("/api/v1/agent-levels").json()
    assert [row["code"] for row in page["items"]] == ["GOLD", "S"]
    taken = api.patch(f"/api/v1/agent-levels/{silver['id']}", {"rank": 1})
    assert (taken.status_code, field_of(taken)) == (409, "rank")
    for bad in ({"rank": 0}, {"rank": "1"}, {"rank": 40_000}):
        assert field_of(api.patch(f"/api/v1/agent-levels/{silver['id']}", bad)) == "rank"
    agent = hire()
    unexplained = api.post(f"/api/v1/agents/{agent['id']}/change-level", {"level_id": silver["id"]})
    assert (unexplained.status_code, field_of(unexplained)) == (422, "reason")
    moved = api.post(f"/api/v1/agents/{agent['id']}/change-level", {"level_id": silver["id"], "reason": "good work"})
    assert moved.json()["level_name"] == "银"
    assert api.delete(f"/api/v1/agent-levels/{silver['id']}").json()["code"] == "level_in_use"
    assert api.delete(f"/api/v1/agent-levels/{level_id}").json()["code"] == "level_in_use"  # it is in a history
    unused = api.post("/api/v1/agent-levels", {"code": "B", "name": "铜", "rank": 3}).json()
    assert api.delete(f"/api/v1/agent-levels/{unused['id']}").status_code == 204


def test_unknown_agent(api: ApiClient) -> None:
    for answer in (
        api.get("/api/v1/agents/999999"),
        api.get("/api/v1/agents/999999/upline"),
        api.post("/api/v1/agents/999999/suspend"),
        api.post("/api/v1/agents/999999/change-sponsor", {"sponsor_id": None}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "agent_not_found")


def test_who_may(api_as: Callable[[str], ApiClient], anonymous: Any, hire: Hire) -> None:
    agent = hire()
    sales = api_as("sales")
    assert sales.get("/api/v1/agents").status_code == 200
    assert sales.post(f"/api/v1/agents/{agent['id']}/suspend").status_code == 403
    assert api_as("warehouse").get("/api/v1/agents").status_code == 403
    assert anonymous.get("/api/v1/agents").status_code == 401
