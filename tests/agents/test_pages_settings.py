"""Settings of recruiting and attribution, the log of conflicts, groups, and sensitive data in the console."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from kernel.core import clock
from tenant_apps.agents.models import Agent, AgentDocument, AgentGroup, AgentNote, Level, SensitiveLook
from tenant_apps.agents.services.enrolment import enrol_agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.attribution import selectors as attribution
from tenant_apps.attribution.services import referral_links
from tenant_apps.recruiting.models import ConsentText
from tenant_apps.recruiting.selectors import applications as reads

pytestmark = pytest.mark.django_db

ID_NUMBER = "11010519491231002X"


def streamed(answer: Any) -> bytes:
    """The whole body of an answer that is sent in pieces."""
    return b"".join(answer.streaming_content)


@pytest.fixture
def level() -> Level:
    return create_level(code="GOLD", name="总代", rank=1)


def seller(level: Level, number: int = 1, **fields: Any) -> Agent:
    now = clock.now()
    return enrol_agent(
        name=f"代理{number}", phone=f"1380000000{number}", level_id=level.pk, now=now, code=f"A{number}", **fields
    )


def picture() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "PNG")
    return SimpleUploadedFile("图.png", out.getvalue(), content_type="image/png")


def test_the_application_page_is_set(console: Client, level: Level) -> None:
    assert "/join/" in console.get("/console/recruiting/").content.decode()
    form = {
        "is_open": "on",
        "title": "加入我们",
        "introduction": "你好",
        "default_level": level.pk,
        "wait_days_after_rejection": "10",
    }
    assert console.post("/console/recruiting/", form).status_code == 302
    page = reads.get_recruiting_page()
    assert (page.title, page.default_level_id, page.asks_proof) == ("加入我们", level.pk, False)
    assert console.post("/console/recruiting/", {**form, "wait_days_after_rejection": "400"}).status_code == 200


def test_a_text_is_published_as_the_next_version(console: Client) -> None:
    before = ConsentText.objects.count()
    assert console.post("/console/recruiting/consent/", {"text_zh": "甲", "text_en": ""}).status_code == 200
    assert console.post("/console/recruiting/consent/", {"text_zh": "甲", "text_en": "A"}).status_code == 302
    assert ConsentText.objects.count() == before + 1
    assert "甲" in console.get("/console/recruiting/consent/").content.decode()


def test_the_attribution_policy_is_set(console: Client) -> None:
    form = {
        "mode": "last_touch",
        "protection_days": "7",
        "expiry_days": "90",
        "cookie_days": "15",
        "shop_url": "",
        "product_url": "",
        "poster_title": "花漾",
        "poster_text": "",
    }
    assert console.get("/console/attribution/").status_code == 200
    assert console.post("/console/attribution/", form).status_code == 302
    assert attribution.get_policy().mode == "last_touch"
    assert console.post("/console/attribution/", {**form, "expiry_days": "3"}).status_code == 200
    assert console.post("/console/attribution/", {**form, "shop_url": "javascript:alert(1)"}).status_code == 200
    assert attribution.get_policy().shop_url == ""


def test_the_poster_with_its_picture(console: Client, level: Level) -> None:
    assert console.get("/console/attribution/picture/").status_code == 404
    broken = SimpleUploadedFile("x.png", b"no picture")
    console.post("/console/attribution/picture/", {"picture": broken})
    assert attribution.get_policy().poster_picture == ""
    assert console.post("/console/attribution/picture/", {"picture": picture()}).status_code == 302
    shown = console.get("/console/attribution/picture/")
    assert streamed(shown).startswith(b"\x89PNG")
    link = referral_links.ensure_link(agent_id=seller(level).pk, now=clock.now())
    poster = console.get(f"/console/posters/{link.pk}.png")
    assert (poster["Content-Type"], poster.content[:4]) == ("image/png", b"\x89PNG")
    assert console.get("/console/posters/999999.png").status_code == 404
    assert console.post("/console/attribution/picture/", {"remove": "1"}).status_code == 302


@pytest.mark.parametrize("query", ["", "?all=1", "?agent=1", "?outcome=bound&page=9", "?agent=x&outcome=y"])
def test_the_log_of_conflicts(console: Client, query: str) -> None:
    assert console.get(f"/console/attribution/log/{query}").status_code == 200


def test_groups_by_hand_and_by_rule(console: Client, level: Level) -> None:
    agent = seller(level)
    form = {"name": "华东", "kind": "manual", "channel": "", "days": "", "sales_from": "", "sales_below": ""}
    assert console.post("/console/agents/agentgroup/add/", form).status_code == 302
    group = AgentGroup.objects.get()
    page = f"/console/agent-groups/{group.pk}/"
    console.post(page, {"code": agent.code.lower()})
    assert agent.name in console.get(page).content.decode()
    console.post(page, {"code": "NOBODY"})
    console.post(page, {"remove": agent.pk})
    assert agent.name not in console.get(page).content.decode()
    assert console.post(f"/console/agents/agent/{agent.pk}/choose_groups/", {"groups": [group.pk]}).status_code == 302
    assert "华东" in console.get(f"/console/agents/agent/{agent.pk}/change/").content.decode()
    refused = console.post("/console/agents/agentgroup/add/", {**form, "name": "强", "kind": "performance"})
    assert refused.status_code == 200
    top = {**form, "name": "强", "kind": "performance", "days": "30", "sales_below": "100"}
    assert console.post("/console/agents/agentgroup/add/", top).status_code == 302
    strong = AgentGroup.objects.get(name="强")
    assert agent.name in console.get(f"/console/agent-groups/{strong.pk}/").content.decode()
    assert console.get("/console/agent-groups/999999/").status_code == 404
    assert console.get("/console/agents/agentgroup/").status_code == 200
    assert console.post(f"/console/agents/agentgroup/{group.pk}/remove/").status_code == 302
    assert AgentGroup.objects.count() == 1


def test_numbers_are_seen_in_full_only_with_a_reason(console: Client, level: Level) -> None:
    agent = seller(level)
    act = f"/console/agents/agent/{agent.pk}/set_secrets/"
    assert console.post(act, {"id_number": ID_NUMBER}).status_code == 200  # the consent is missing
    assert console.post(act, {"id_number": ID_NUMBER, "consented": "on"}).status_code == 302
    page = f"/console/agents-file/{agent.pk}/sensitive/"
    assert ID_NUMBER not in console.get(page).content.decode()
    assert ID_NUMBER not in console.post(page, {"field": "id_number", "reason": " "}).content.decode()
    shown = console.post(page, {"field": "id_number", "reason": "报税"})
    assert ID_NUMBER in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert console.post(page, {"field": "bank_card", "reason": "付款"}).status_code == 200  # nothing is stored
    assert [look.reason for look in SensitiveLook.objects.all()] == ["报税"]
    assert "报税" in console.get(page).content.decode()
    assert console.get("/console/agents-file/999999/sensitive/").status_code == 404


def test_notes_documents_and_contact(console: Client, level: Level) -> None:
    agent = seller(level)
    act = f"/console/agents/agent/{agent.pk}/"
    assert console.post(f"{act}write_note/", {"text": "很可靠"}).status_code == 302
    assert AgentNote.objects.get().text == "很可靠"
    assert console.post(f"{act}add_document/", {"kind": "contract", "file": picture()}).status_code == 302
    document = AgentDocument.objects.get()
    answer = console.get(f"/console/agents-file/{agent.pk}/documents/{document.pk}/")
    assert streamed(answer).startswith(b"\x89PNG")
    assert "attachment" in answer["Content-Disposition"]
    form = {"wechat_id": "Wang_88", "region_code": "4403", "channel": "抖音", "discount": "5", "adviser": ""}
    assert console.post(f"{act}edit_file/", form).status_code == 302
    agent.refresh_from_db()
    assert (agent.wechat_id, agent.region, str(agent.personal_discount)) == ("wang_88", "广东省深圳市", "0.050000")
    assert console.post(f"{act}edit_file/", {**form, "wechat_id": "!"}).status_code == 200
    assert console.post(f"{act}remove_document/", {"document": document.pk}).status_code == 302
    assert not AgentDocument.objects.exists()


def test_the_end_hands_over_and_anonymises(console: Client, level: Level) -> None:
    leaving = seller(level, 1)
    staying = seller(level, 2)
    below = seller(level, 3, sponsor_id=leaving.pk)
    act = f"/console/agents/agent/{leaving.pk}/"
    assert console.post(f"{act}end/", {"reason": "转行"}).status_code == 200  # there is a team: who takes it?
    assert console.post(f"{act}end/", {"reason": "转行", "successor_code": staying.code}).status_code == 302
    below.refresh_from_db()
    assert below.sponsor_id == staying.pk
    assert console.post(f"{act}anonymise/", {"reason": "本人要求"}).status_code == 302
    leaving.refresh_from_db()
    assert (leaving.name, leaving.anonymised_at is None) == (f"#{leaving.pk}", False)


PAGES = {
    "recruiting/": "agents.edit",
    "recruiting/consent/": "agents.edit",
    "attribution/": "agents.levels",
    "attribution/log/": "",
    "agents/agentgroup/": "",
}
MAY = {
    "manager": {"agents.edit", "agents.levels", "agents.sensitive"},
    "sales": {"agents.edit"},
    "finance": {"agents.sensitive"},
    "warehouse": None,
}


@pytest.mark.parametrize("role", MAY)
def test_who_may(console_as: Callable[[str], Client], level: Level, role: str) -> None:
    agent = seller(level)
    group = AgentGroup.objects.create(name="组")
    client = console_as(role)
    held = MAY[role]
    for page, permission in PAGES.items():
        assert client.get(f"/console/{page}").status_code == (403 if held is None else 200), page
        if permission:
            wanted = 200 if held and permission in held else 403
            assert client.post(f"/console/{page}", {}).status_code == wanted, page
    sees = 200 if held and "agents.sensitive" in held else 403
    assert client.get(f"/console/agents-file/{agent.pk}/sensitive/").status_code == sees
    edits = 302 if held and "agents.edit" in held else 403
    assert client.post(f"/console/agent-groups/{group.pk}/", {"code": "A1"}).status_code == edits
    picture_set = 302 if held and "agents.levels" in held else 403
    assert client.post("/console/attribution/picture/", {}).status_code == picture_set
