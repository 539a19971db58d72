"""Becoming an agent: the public page, the applicant's link, the review, and every refusal of them."""

import io
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.events import outbox
from shared_apps.accounts import selectors as accounts
from shared_apps.tenants.models import Brand
from tenant_apps.agents.models import Agent, AgentTerm, LevelChange, SponsorHistory
from tenant_apps.agents.states import AgentState
from tenant_apps.recruiting.models import Application, ApplicationProof
from tenant_apps.recruiting.services import applications
from tenant_apps.recruiting.services.applications import NewApplication
from tests.factories.api_client import ApiClient
from tests.factories.parallel import AtOnce

pytestmark = pytest.mark.django_db

ID_NUMBER = "11010519491231002X"
PHONE = "13912345678"


@pytest.fixture
def visitor(brand: Brand) -> Client:
    """Somebody with a phone and no account."""
    return Client(headers={"host": f"{brand.slug}.localhost"})


@pytest.fixture
def level_id(api: ApiClient) -> int:
    body = {"code": "gold", "name": "总代", "rank": 1, "contract_months": 12, "deposit": "500.00"}
    answer = api.post("/api/v1/agent-levels", body)
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def picture(form: str = "PNG") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, form)
    return SimpleUploadedFile(f"店铺.{form.lower()}", out.getvalue(), content_type=f"image/{form.lower()}")


def send(visitor: Client, path: str = "/join/", **fields: Any) -> Any:
    return visitor.post(path, {"name": "王小明", "phone": PHONE, "consent": "on", "consent_version": 1, **fields})


def send_well(visitor: Client, **fields: Any) -> tuple[Application, str]:
    answer = send(visitor, **fields)
    assert answer.status_code == 302, answer.content.decode()
    return Application.objects.get(number=answer["location"].split("/")[3]), str(answer["location"])


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_from_the_public_page_to_a_signed_in_agent(api: ApiClient, visitor: Client, level_id: int) -> None:
    page = visitor.get("/join/")
    assert page.status_code == 200
    assert "身份证号码和银行账户属于敏感个人信息" in page.content.decode()
    application, link = send_well(
        visitor,
        wechat_id="WangXM_88",
        region_code="4403",
        channel="微信私域",
        experience="三年 🌳",
        id_number=ID_NUMBER.lower(),
        sensitive_consent="on",
        proofs=[picture(), picture("JPEG")],
    )
    assert application.consent is not None
    assert (application.consent.version, application.wechat_id) == (1, "wangxm_88")
    assert (application.region, application.proofs.count()) == ("广东省深圳市", 2)
    mine = visitor.get(link)
    assert mine.status_code == 200
    assert application.number in mine.content.decode()
    shown = api.get(f"/api/v1/agent-applications/{application.pk}").json()
    assert (shown["id_number"], shown["duplicates"]) == ("110105********002X", [])
    proof = api.get(f"/api/v1/agent-applications/{application.pk}/proofs/{shown['proofs'][0]['id']}")
    assert proof.content.startswith(b"\x89PNG")
    done = api.post(f"/api/v1/agent-applications/{application.pk}/approve", {"level_id": level_id, "note": "欢迎"})
    assert done.status_code == 200, done.content
    agent = Agent.objects.get(id=done.json()["agent_id"])
    assert (agent.state, agent.region, agent.id_number) == (AgentState.ACTIVE, "广东省深圳市", ID_NUMBER)
    term = AgentTerm.objects.get(agent=agent)
    assert (term.ends_on, str(term.deposit)) == (agent.valid_until, "500.00")
    assert SponsorHistory.objects.filter(agent=agent).count() == 1
    assert LevelChange.objects.filter(agent=agent).count() == 1
    address = re.search(r"https?://[^/]+(/console/password/reset/\?token=\S+)", done.json()["message"])
    assert address is not None
    visitor.get(address[1])
    visitor.post("/console/password/reset/", {"password": "qing-he-2026-xm", "again": "qing-he-2026-xm"})
    landed = visitor.post("/console/login/", {"username": PHONE, "password": "qing-he-2026-xm"}, follow=True)
    assert landed.status_code == 200
    assert accounts.is_agent(accounts.get_user_by_sign_in_name(PHONE))
    assert visitor.get("/console/agents/agent/").status_code in {302, 403}
    assert accounts.count_staff() == 1  # the owner: an agent takes nobody's place


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"phone": "12"}, "phone"),
        ({"wechat_id": "微 信"}, "wechat_id"),
        ({"region_code": "99"}, "region_code"),
        ({"id_number": "110105194912310021", "sensitive_consent": "on"}, "id_number"),
        ({"id_number": ID_NUMBER}, "sensitive_consent"),
        ({"consent": ""}, "consent"),
        ({"experience": "字" * 2_001}, "experience"),
        ({"website": "http://spam.example"}, "website"),
        ({"proofs": [SimpleUploadedFile("a.png", b"no picture", content_type="image/png")]}, "proofs"),
        ({"proofs": [picture() for _number in range(7)]}, "proofs"),
    ],
)
def test_what_the_page_refuses(visitor: Client, fields: dict[str, Any], field: str) -> None:
    answer = send(visitor, **fields)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Application.objects.exists()
    assert not ApplicationProof.objects.exists()


def test_the_text_must_be_the_one_in_force(api: ApiClient, visitor: Client) -> None:
    published = api.post("/api/v1/recruiting-page/consents", {"text_zh": "新文本", "text_en": "New text"})
    assert (published.status_code, published.json()["version"]) == (201, 2)
    answer = send(visitor)
    assert (answer.status_code, "consent" in answer.context["form"].errors) == (409, True)
    application, _link = send_well(visitor, consent_version=2)
    assert application.consent is not None
    assert application.consent.text_zh == "新文本"


def test_a_closed_page_and_what_the_page_asks_for(api: ApiClient, visitor: Client) -> None:
    assert api.patch("/api/v1/recruiting-page", {"asks_proof": True, "asks_id_number": True}).status_code == 200
    answer = send(visitor)
    assert set(answer.context["form"].errors) == {"proofs", "id_number"}
    api.patch("/api/v1/recruiting-page", {"is_open": False, "asks_proof": False, "asks_id_number": False})
    assert send(visitor).status_code == 410
    assert code_of(api.patch("/api/v1/recruiting-page", {"wait_days_after_rejection": 400}))[0] == 422
    assert code_of(api.patch("/api/v1/recruiting-page", {"default_level_id": 9_999}))[1] == "unknown_level"


def test_a_referring_agent_becomes_the_sponsor(api: ApiClient, visitor: Client, level_id: int) -> None:
    body = {"name": "李推荐", "phone": "13800000001", "level_id": level_id}
    sponsor = api.post("/api/v1/agents", body).json()
    api.post(f"/api/v1/agents/{sponsor['id']}/approve")
    path = f"/join/{sponsor['referral_code'].lower()}/"
    assert "李*荐" in visitor.get(path).content.decode()
    assert visitor.get("/join/NOBODY77/")["location"] == "/join/"
    answer = send(visitor, path)
    application = Application.objects.get(number=answer["location"].split("/")[3])
    done = api.post(f"/api/v1/agent-applications/{application.pk}/approve", {"level_id": level_id})
    assert Agent.objects.get(id=done.json()["agent_id"]).sponsor_id == sponsor["id"]


def test_withdrawing_and_completing_by_the_own_link(visitor: Client) -> None:
    application, link = send_well(visitor)
    assert visitor.get(link[:-3] + "xx/").status_code == 404
    assert visitor.get("/join/status/AP20260101-000001/abc/").status_code == 404
    assert visitor.post(link, {"experience": "更多", "proofs": [picture()]}).status_code == 302
    application.refresh_from_db()
    assert (application.experience, application.proofs.count()) == ("更多", 1)
    proof_id = application.proofs.get().pk
    shown = visitor.get(f"{link}proofs/{proof_id}/")
    assert shown.content.startswith(b"\x89PNG")
    assert visitor.get(f"{link}proofs/{proof_id + 1}/").status_code == 404
    assert visitor.post(link, {"withdraw": "1"}).status_code == 302
    application.refresh_from_db()
    assert application.state == "withdrawn"
    assert visitor.post(link, {"withdraw": "1"}).status_code == 409
    assert visitor.post(link, {"experience": "zu spät"}).status_code == 409


def test_rejection_is_shown_and_bars_for_the_days_the_page_says(api: ApiClient, visitor: Client) -> None:
    application, link = send_well(visitor)
    path = f"/api/v1/agent-applications/{application.pk}/reject"
    assert code_of(api.post(path, {"reason": "boring"}))[0] == 422
    assert code_of(api.post(path, {"reason": "other"})) == (422, "invalid_application")
    assert api.post(path, {"reason": "incomplete", "note": "请补充执照"}).json()["state"] == "rejected"
    assert "请补充执照" in visitor.get(link).content.decode()
    assert code_of(api.post(path, {"reason": "incomplete"})) == (409, "already_decided")
    assert send(visitor).status_code == 409
    new = NewApplication(name="王", phone=PHONE, consent_version=1)
    later = clock.now() + timedelta(days=31)
    again, _secret = applications.submit_application(new=new, now=later)
    assert again.state == "applied"


def test_duplicates_are_refused_where_certain_and_shown_where_likely(
    api: ApiClient, visitor: Client, level_id: int
) -> None:
    first, _link = send_well(visitor, wechat_id="same_one", id_number=ID_NUMBER, sensitive_consent="on")
    assert send(visitor).status_code == 409  # being reviewed already
    second, _link = send_well(
        visitor, phone="13912345679", wechat_id="SAME_ONE", id_number=ID_NUMBER, sensitive_consent="on"
    )
    (duplicate,) = api.get(f"/api/v1/agent-applications/{second.pk}").json()["duplicates"]
    assert (duplicate["label"], duplicate["by"]) == (first.number, ["wechat_id", "id_number"])
    assert ID_NUMBER not in (first.identity_digest, second.identity_digest)
    done = api.post(f"/api/v1/agent-applications/{first.pk}/approve", {"level_id": level_id})
    kinds = [row["kind"] for row in api.get(f"/api/v1/agent-applications/{second.pk}").json()["duplicates"]]
    assert kinds == ["agent", "application"]
    assert send(visitor).status_code == 409  # an agent already
    agent = done.json()["agent_id"]
    assert api.post(f"/api/v1/agents/{agent}/end", {"reason": "离开"}).status_code == 200
    again, _link = send_well(visitor, name="王小明二")
    back = api.post(f"/api/v1/agent-applications/{again.pk}/approve", {"level_id": level_id})
    assert back.status_code == 200, back.content
    assert back.json()["agent_id"] == agent  # who comes back is the same agent


def test_what_the_review_refuses(
    api: ApiClient, api_as: Callable[[str], ApiClient], visitor: Client, level_id: int
) -> None:
    application, _link = send_well(visitor)
    path = f"/api/v1/agent-applications/{application.pk}/approve"
    assert code_of(api_as("sales").post(path, {})) == (403, "permission_missing")
    assert code_of(api.post(path, {})) == (422, "unknown_level")
    assert code_of(api.post(path, {"level_id": 99_999})) == (422, "unknown_level")
    assert code_of(api.post(path, {"level_id": level_id, "sponsor_id": 99_999})) == (422, "unknown_sponsor")
    assert code_of(api.post(path, {"level_id": level_id, "email": "nonsense"}))[0] == 422
    assert code_of(api.post("/api/v1/agent-applications/999/approve", {})) == (404, "application_not_found")
    assert not Agent.objects.exists()  # nothing of a refused approval stays
    application.refresh_from_db()
    assert application.state == "applied"


def test_staff_do_not_become_agents_by_the_same_number(api: ApiClient, visitor: Client, level_id: int) -> None:
    from shared_apps.accounts.services import users

    users.create_user(name="店员", role="sales", phone=PHONE)
    application, _link = send_well(visitor)
    answer = api.post(f"/api/v1/agent-applications/{application.pk}/approve", {"level_id": level_id})
    assert code_of(answer) == (409, "phone_taken")
    assert not Agent.objects.exists()


def test_one_agent_per_region_where_the_level_says_so(api: ApiClient, visitor: Client, level_id: int) -> None:
    api.patch(f"/api/v1/agent-levels/{level_id}", {"is_exclusive_in_region": True})
    first, _link = send_well(visitor, region_code="4403")
    second, _link = send_well(visitor, phone="13912345670", region_code="4403")
    assert api.post(f"/api/v1/agent-applications/{first.pk}/approve", {"level_id": level_id}).status_code == 200
    answer = api.post(f"/api/v1/agent-applications/{second.pk}/approve", {"level_id": level_id})
    assert code_of(answer) == (409, "region_taken")


@pytest.mark.usefixtures("level_id")
def test_the_link_goes_by_mail_where_there_is_an_address(api: ApiClient, visitor: Client, level_id: int) -> None:
    application, _link = send_well(visitor)
    body = {"level_id": level_id, "email": "xm@agents.example"}
    done = api.post(f"/api/v1/agent-applications/{application.pk}/approve", body).json()
    assert done["message"] == ""
    outbox.deliver_pending(limit=50)
    (letter,) = mail.outbox
    assert letter.to == ["xm@agents.example"]
    assert "/console/password/reset/?token=" in letter.body
    assert "token=" in api.post(f"/api/v1/agents/{done['agent_id']}/welcome").json()["message"]


def test_too_many_applications_from_one_address(visitor: Client) -> None:
    answers = [send(visitor).status_code for _number in range(12)]
    assert answers[0] == 302
    for _attempt in range(4):  # on a busy machine a counter may answer late, and is left alone for five seconds then
        if 429 in answers:
            break
        time.sleep(5.1)
        answers = [send(visitor).status_code for _number in range(12)]
    assert 429 in answers


def test_lists_mask_and_find(api: ApiClient, visitor: Client) -> None:
    application, _link = send_well(visitor, wechat_id="finder_1")
    for search in ("王小", "5678", "FINDER_1", application.number):
        (row,) = api.get(f"/api/v1/agent-applications?search={search}&state=applied").json()["items"]
        assert row["phone"] == "+86139****5678"
    assert api.get("/api/v1/agent-applications?state=rejected").json()["items"] == []


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_one_wins(live_brand: Brand, at_once: AtOnce) -> None:
    from tenant_apps.agents.services.levels import create_level

    level = create_level(code="GOLD", name="金牌", rank=1)
    new = NewApplication(name="王小明", phone=PHONE, consent_version=1, wanted_level_id=level.pk)
    application, _secret = applications.submit_application(new=new, now=clock.now())

    def approve() -> str:
        try:
            applications.approve_application(application_id=application.pk, origin="https://x.example", now=clock.now())
        except DomainError as refusal:
            return refusal.code
        return "approved"

    assert sorted(at_once(approve, approve, approve)) == ["already_decided", "already_decided", "approved"]
    assert Agent.objects.count() == 1
