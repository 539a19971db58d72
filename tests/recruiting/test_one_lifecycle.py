"""Agents begin in one way: by the page or by the staff, with the same term, deposit and login."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from kernel.core import clock
from shared_apps.entitlements.models import Quota
from tenant_apps.agents.models import Agent, AgentTerm, Level, LevelChange, SponsorHistory
from tenant_apps.agents.rules.people import last_day
from tenant_apps.agents.services.levels import create_level
from tenant_apps.agents.services.lifecycle import end_agent
from tenant_apps.recruiting.models import Application
from tenant_apps.recruiting.services import applications, registration
from tenant_apps.recruiting.services.applications import Decision, NewApplication
from tenant_apps.recruiting.services.registration import NewRegistration
from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db

ORIGIN = "https://x.example"


@pytest.fixture
def level() -> Level:
    return create_level(code="GOLD", name="金牌", rank=1, contract_months=12, deposit=Decimal("1000.00"))


def today() -> date:
    return clock.business_date(clock.now())


def by_the_page(level: Level, phone: str) -> int:
    new = NewApplication(name="王小明", phone=phone, consent_version=1, wanted_level_id=level.pk)
    application, _secret = applications.submit_application(new=new, now=clock.now())
    return applications.approve_application(
        application_id=application.pk, decision=Decision(), origin=ORIGIN, now=clock.now()
    ).agent_id


def by_the_staff(level: Level, phone: str) -> int:
    new = NewRegistration(name="王小明", phone=phone, level_id=level.pk)
    return registration.register_agent(new=new, origin=ORIGIN, now=clock.now()).agent_id


def facts_of(agent_id: int) -> dict[str, object]:
    agent = Agent.objects.get(pk=agent_id)
    term = AgentTerm.objects.get(agent=agent)
    return {
        "state": agent.state,
        "valid_until": agent.valid_until,
        "term": (term.starts_on, term.ends_on, term.deposit, term.deposit_paid_at),
        "has_login": agent.user_id is not None,
        "levels": list(LevelChange.objects.filter(agent=agent).values_list("cause", "to_level_id")),
        "sponsors": list(SponsorHistory.objects.filter(agent=agent).values_list("sponsor_id", "valid_to")),
        "application": Application.objects.get(agent_id=agent_id).state,
    }


def test_both_doors_make_the_same_agent(level: Level) -> None:
    page = facts_of(by_the_page(level, "13900000001"))
    staff = facts_of(by_the_staff(level, "13900000002"))
    assert page == staff
    assert page == {
        "state": "active",
        "valid_until": last_day(today(), 12),
        "term": (today(), last_day(today(), 12), Decimal("1000.00"), None),
        "has_login": True,
        "levels": [("joined", level.pk)],
        "sponsors": [(None, None)],
        "application": "approved",
    }


def test_a_registration_is_an_application_without_a_consent_of_the_page(level: Level, api: ApiClient) -> None:
    agent_id = by_the_staff(level, "13900000001")
    (row,) = api.get("/api/v1/agent-applications").json()["items"]
    detail = api.get(f"/api/v1/agent-applications/{row['id']}").json()
    assert (detail["source"], detail["consent_version"], detail["agent_id"]) == ("staff", None, agent_id)
    with pytest.raises(IntegrityError, match="recruiting_application_source"), transaction.atomic():
        Application.objects.update(source="page")


def test_over_http_the_agent_is_active_at_once(level: Level, api: ApiClient) -> None:
    body = {"name": "李", "phone": "13900000001", "level_id": level.pk, "code": "vip"}
    made = api.post("/api/v1/agents", body)
    assert made.status_code == 201, made.content
    agent = made.json()
    assert (agent["state"], agent["code"], agent["valid_until"]) == ("active", "VIP", str(last_day(today(), 12)))
    assert "token=" in agent["message"]
    (term,) = api.get(f"/api/v1/agents/{agent['id']}/terms").json()["items"]
    assert (term["deposit"], term["deposit_paid_at"]) == ("1000.00", None)
    assert "message" not in api.get(f"/api/v1/agents/{agent['id']}").json()
    for step in ("approve", "reject", "reconsider"):
        assert api.post(f"/api/v1/agents/{agent['id']}/{step}").status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"phone": "12"}, 422, None, "phone"),
        ({"code": "a b"}, 422, "invalid_agent", "code"),
        ({"level_id": 999_999}, 422, "unknown_level", "level_id"),
        ({"sponsor_id": 999_999}, 422, "unknown_sponsor", "sponsor_id"),
        ({"valid_until": "2020-01-01"}, 422, "invalid_agent", "valid_until"),
        ({"phone": "13900000009"}, 409, "duplicate_agent", "phone"),
        ({"code": "TAKEN"}, 409, "duplicate_agent", "code"),
        ({"email": "no mail"}, 422, None, "email"),
    ],
)
def test_what_is_refused_leaves_nothing(
    level: Level, api: ApiClient, change: dict[str, object], status: int, code: str | None, field: str
) -> None:
    first = {"name": "李", "phone": "13900000009", "level_id": level.pk, "code": "TAKEN"}
    assert api.post("/api/v1/agents", first).status_code == 201
    used = Quota.objects.get(name="agents").used
    answer = api.post("/api/v1/agents", {"name": "王", "phone": "13900000001", "level_id": level.pk, **change})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field), answer.content
    assert code is None or answer.json()["code"] == code
    assert (Agent.objects.count(), Application.objects.count()) == (1, 1)
    assert Quota.objects.get(name="agents").used == used


def test_a_last_day_of_their_own_bounds_the_first_term(level: Level) -> None:
    last = today() + timedelta(days=30)
    new = NewRegistration(name="王", phone="13900000001", level_id=level.pk, valid_until=last)
    made = registration.register_agent(new=new, origin=ORIGIN, now=clock.now())
    assert AgentTerm.objects.get(agent_id=made.agent_id).ends_on == last
    assert Agent.objects.get(pk=made.agent_id).valid_until == last


def test_who_ended_comes_back_by_both_doors(level: Level) -> None:
    for door in (by_the_page, by_the_staff):
        phone = "13900000001" if door is by_the_page else "13900000002"
        first = by_the_staff(level, phone)
        end_agent(agent_id=first)
        assert door(level, phone) == first
        agent = Agent.objects.get(pk=first)
        assert (agent.state, agent.valid_until) == ("active", last_day(today(), 12))


def test_registering_in_the_console(console: Client, level: Level) -> None:
    path = "/console/recruiting/register/"
    assert console.get(path).status_code == 200
    form = {
        "name": "李",
        "phone": "138 0000 0002",
        "level": level.pk,
        "sponsor_code": "",
        "code": "",
        "valid_until": "",
    }
    refused = console.post(path, {**form, "name": "", "phone": "123"})
    assert set(refused.context["form"].errors) == {"name", "phone"}
    shown = console.post(path, form)
    assert shown.status_code == 200
    assert "token=" in shown.content.decode()
    agent = Agent.objects.get()
    assert (agent.phone, agent.state) == ("+8613800000002", "active")
    assert console.post(path, form).status_code == 200
    by_mail = console.post(path, {**form, "phone": "13800000003", "sponsor_code": agent.code, "email": "li@x.example"})
    assert by_mail.status_code == 302
    assert Agent.objects.count() == 2


def test_who_may_register(
    console_as: Callable[[str], Client], api_as: Callable[[str], ApiClient], level: Level
) -> None:
    body = {"name": "李", "phone": "13900000001", "level_id": level.pk}
    assert api_as("sales").post("/api/v1/agents", body).status_code == 403
    assert console_as("sales").get("/console/recruiting/register/").status_code == 403
    assert api_as("manager").post("/api/v1/agents", body).status_code == 201
