"""Certificates: issued, drawn, revoked, and what consumers learn by the public check."""

import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from kernel.core import clock
from shared_apps.tenants.models import Brand
from tenant_apps.agents.models import Agent, Certificate
from tenant_apps.agents.selectors import certificates as reads
from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db

NOT_FOUND = "没有查到有效的授权"
NOT_FOUND_EN = "No valid authorisation was found"


@pytest.fixture
def visitor(brand: Brand) -> Client:
    """A consumer, reading English."""
    return Client(headers={"host": f"{brand.slug}.localhost", "accept-language": "en"})


@pytest.fixture
def agent(api: ApiClient) -> dict[str, Any]:
    level = api.post("/api/v1/agent-levels", {"code": "gold", "name": "总代理", "rank": 1}).json()
    body = {"name": "王小明", "phone": "13912345678", "level_id": level["id"]}
    made = api.post("/api/v1/agents", body).json()
    Agent.objects.filter(id=made["id"]).update(wechat_id="wang_xm", region_code="4403", region="广东省深圳市")
    return dict(made)


@pytest.fixture
def certificate(api: ApiClient, agent: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(f"/api/v1/agents/{agent['id']}/certificates")
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def asked(visitor: Client, question: str) -> str:
    answer = visitor.get("/verify/", {"q": question})
    assert answer.status_code == 200
    return answer.content.decode()


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(("name", "status"), [("王䶮", 200), ("李㛃", 200), ("陈𬱟", 200), ("王𪚥", 422)])
def test_a_rare_name_is_drawn_or_its_letter_named(
    api: ApiClient, certificate: dict[str, Any], agent: dict[str, Any], name: str, status: int
) -> None:
    Agent.objects.filter(id=agent["id"]).update(name=name)
    answer = api.get(f"/api/v1/agent-certificates/{certificate['id']}/pdf")
    assert answer.status_code == status
    if status == 422:
        assert "𪚥" in answer.json()["detail"]


def test_the_pdf_names_the_agent_in_both_languages(api: ApiClient, certificate: dict[str, Any]) -> None:
    path = f"/api/v1/agent-certificates/{certificate['id']}/pdf"
    pages = [api.get(f"{path}?language={language}") for language in ("zh-hans", "en")]
    for page in pages:
        assert page["content-type"] == "application/pdf"
        assert page.content.startswith(b"%PDF-")
        assert b"NotoSansSC" in page.content  # the font is inside: no machine needs to have it
    assert code_of(api.get("/api/v1/agent-certificates/999/pdf")) == (404, "certificate_not_found")
    assert api.get(f"{path}?language=fr").status_code == 422


def test_a_consumer_finds_the_agent_by_number_phone_and_wechat(visitor: Client, certificate: dict[str, Any]) -> None:
    number = certificate["number"]
    written = (
        number.lower(),
        number.replace("-", " "),
        number.replace("-", "－"),
        number.replace("-", ""),
        f" {number} ",
    )
    for question in (*written, "139 1234 5678", "+8613912345678", "Wang_XM"):
        page = asked(visitor, question)
        assert "王*明" in page
        assert "总代理" in page
        assert "广东省深圳市" in page
        assert "王小明" not in page
        assert number in page
        assert "bn-card-found" in page
        assert f"{clock.business_date(clock.now()):%Y-%m-%d}" in page
    assert "13912345678" not in asked(visitor, certificate["number"])


@pytest.mark.parametrize(
    "question", ["", "x" * 300, "AC20260101-AAAAAAAAAA", "13800000000", "nobody", "\x00", "' OR 1=1 --", "🌳"]
)
def test_what_is_unknown_gets_one_answer(visitor: Client, certificate: dict[str, Any], question: str) -> None:
    page = asked(visitor, question)
    assert "王" not in page
    assert (NOT_FOUND_EN in page) is bool(question.strip("\x00 ") or question)
    assert ("bn-errors" in page) is (NOT_FOUND_EN in page)  # red: at a glance nobody takes it for a yes


def test_frozen_ended_expired_and_revoked_answer_as_unknown(
    api: ApiClient, visitor: Client, agent: dict[str, Any], certificate: dict[str, Any]
) -> None:
    unknown = asked(visitor, "13800000000").replace("13800000000", "")
    one = Agent.objects.filter(id=agent["id"])
    yesterday = clock.business_date(clock.now()) - timedelta(days=1)
    for change, back in (
        ({"state": "suspended"}, {"state": "active"}),
        ({"valid_until": yesterday}, {"valid_until": None}),
        ({"state": "ended"}, {"state": "active"}),
    ):
        one.update(**change)
        for question in (certificate["number"], "13912345678", "wang_xm"):
            page = visitor.get("/verify/", {"q": question}).content.decode()
            assert NOT_FOUND_EN in page
            assert len(page.replace(question, "")) == len(unknown)
        one.update(**back)
    path = f"/api/v1/agent-certificates/{certificate['id']}/revoke"
    assert code_of(api.post(path, {"reason": " "}))[0] == 422
    assert api.post(path, {"reason": "乱价"}).json()["revoked_because"] == "乱价"
    assert code_of(api.post(path, {"reason": "again"})) == (409, "certificate_revoked")
    for question in (certificate["number"], "13912345678", "wang_xm"):
        assert NOT_FOUND_EN in asked(visitor, question)


def test_a_consumer_who_asks_too_often_waits(visitor: Client) -> None:
    answers = [visitor.get("/verify/", {"q": "somebody"}) for _number in range(22)]
    assert [answer.status_code for answer in answers[:20]] == [200] * 20
    for _attempt in range(4):  # on a busy machine a counter may answer late, and is left alone for five seconds then
        if answers[-1].status_code == 429:
            break
        time.sleep(5.1)
        answers = [visitor.get("/verify/", {"q": "somebody"}) for _number in range(22)]
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) > 0


def test_what_issuing_refuses(
    api: ApiClient, api_as: Callable[[str], ApiClient], agent: dict[str, Any], certificate: dict[str, Any]
) -> None:
    path = f"/api/v1/agents/{agent['id']}/certificates"
    assert code_of(api.post(path)) == (409, "certificate_valid_already")
    assert code_of(api_as("sales").post(path)) == (403, "permission_missing")
    assert code_of(api.post("/api/v1/agents/999/certificates")) == (404, "agent_not_found")
    api.post(f"/api/v1/agent-certificates/{certificate['id']}/revoke", {"reason": "x"})
    api.post(f"/api/v1/agents/{agent['id']}/suspend", {})
    assert code_of(api.post(path)) == (409, "no_certificate_possible")
    assert len(api.get(path).json()["items"]) == 1


def test_another_level_gets_another_certificate(
    api: ApiClient, agent: dict[str, Any], certificate: dict[str, Any]
) -> None:
    level = api.post("/api/v1/agent-levels", {"code": "silver", "name": "区域代理", "rank": 2}).json()
    body = {"level_id": level["id"], "reason": "业绩"}
    assert api.post(f"/api/v1/agents/{agent['id']}/change-level", body).status_code == 200
    first, second = Certificate.objects.order_by("id")
    assert first.revoked_at is not None
    assert (second.level_name, second.revoked_at) == ("区域代理", None)


def test_a_certificate_ends_with_the_contract(agent: dict[str, Any], certificate: dict[str, Any]) -> None:
    Certificate.objects.filter(id=certificate["id"]).update(valid_until=date(2027, 1, 31))
    assert reads.check(question=certificate["number"], as_of=date(2027, 1, 31)) is not None
    assert reads.check(question=certificate["number"], as_of=date(2027, 2, 1)) is None
