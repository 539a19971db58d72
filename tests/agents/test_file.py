"""An agent's file over HTTP: contact, sensitive numbers, documents, notes, groups; and every refusal."""

import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from kernel.core import clock
from kernel.models import AuditRecord
from shared_apps.accounts.services import users
from tenant_apps.agents.models import Agent, SensitiveLook
from tenant_apps.ranks.models import AgentSales
from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db

ID_NUMBER = "11010519491231002X"
BANK_CARD = "4111111111111111"


@pytest.fixture
def level_id(api: ApiClient) -> int:
    return int(api.post("/api/v1/agent-levels", {"code": "gold", "name": "总代", "rank": 1}).json()["id"])


@pytest.fixture
def hire(api: ApiClient, level_id: int) -> Callable[..., str]:
    """Hire agents; the path of each."""
    phones = iter(range(13_800_000_001, 13_800_000_100))

    def make(**fields: Any) -> str:
        body = {"name": "王小明", "phone": str(next(phones)), "level_id": level_id, **fields}
        return f"/api/v1/agents/{api.post('/api/v1/agents', body).json()['id']}"

    return make


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def field_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["field"]


def attach(api: ApiClient, path: str, name: str, data: bytes, kind: str = "contract") -> Any:
    file = SimpleUploadedFile(name, data)
    headers = {"authorization": f"Bearer {api.token}"}
    return api.client.post(f"{path}/documents", {"file": file, "kind": kind}, headers=headers)


def test_the_file_changes_field_by_field(api: ApiClient, hire: Callable[..., str]) -> None:
    path = hire()
    adviser = users.create_user(name="顾问", role="sales", email="adviser@acme.example")
    changed = api.patch(
        f"{path}/file",
        {
            "wechat_id": "Wang_88",
            "region_code": "440305",
            "channel": "抖音",
            "personal_discount": "0.05",
            "adviser_id": adviser.pk,
        },
    ).json()
    assert (changed["wechat_id"], changed["region"]) == ("wang_88", "广东省深圳市南山区")
    assert (changed["personal_discount"], changed["adviser_id"]) == ("0.050000", adviser.pk)
    assert api.patch(f"{path}/file", {"region_code": ""}).json()["region"] == ""
    assert api.get(f"{path}/file").json()["channel"] == "抖音"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"wechat_id": "微信"}, "wechat_id"),
        ({"region_code": "999"}, "region_code"),
        ({"personal_discount": "1"}, "personal_discount"),
        ({"personal_discount": "-0.1"}, "personal_discount"),
        ({"adviser_id": 99_999}, "adviser_id"),
        ({"channel": "x" * 61}, "channel"),
        ({"state": "ended"}, "state"),
    ],
)
def test_what_the_file_refuses(api: ApiClient, hire: Callable[..., str], fields: dict[str, Any], field: str) -> None:
    assert field_of(api.patch(f"{hire()}/file", fields)) == (422, field)


def test_an_agent_is_nobodys_adviser(api: ApiClient, hire: Callable[..., str]) -> None:
    from shared_apps.accounts.services.agent_logins import open_login

    login = open_login(name="代理", phone="13911111111")
    assert field_of(api.patch(f"{hire()}/file", {"adviser_id": login.pk})) == (422, "adviser_id")


def test_sensitive_numbers_need_a_consent_and_every_look_a_reason(
    api: ApiClient, api_as: Callable[[str], ApiClient], hire: Callable[..., str]
) -> None:
    path = hire()
    assert code_of(api.post(f"{path}/sensitive", {"id_number": ID_NUMBER})) == (422, "consent_missing")
    wrong = {"consented": True, "id_number": "110105194912310021", "bank_card": "4111111111111112"}
    answer = api.post(f"{path}/sensitive", wrong)
    assert {error["field"] for error in answer.json()["errors"]} == {"id_number", "bank_card"}
    given = {"consented": True, "id_number": ID_NUMBER.lower(), "bank_card": "4111 1111 1111 1111", "bank_name": "工行"}
    stored = api.post(f"{path}/sensitive", given).json()
    assert (stored["id_number"], stored["bank_card"]) == ("110105********002X", "411111******1111")
    look = {"field": "bank_card", "reason": "核对打款账户"}
    assert code_of(api_as("sales").post(f"{path}/looks", look)) == (403, "permission_missing")
    assert field_of(api.post(f"{path}/looks", {"field": "bank_card", "reason": " "})) == (422, "reason")
    assert field_of(api.post(f"{path}/looks", {"field": "password", "reason": "x"})) == (422, "field")
    assert api_as("finance").post(f"{path}/looks", look).json()["value"] == BANK_CARD
    (row,) = api.get("/api/v1/agent-looks").json()["items"]
    assert (row["looked_by"], row["reason"], row["field"]) == ("test finance", "核对打款账户", "bank_card")
    everything = str(list(AuditRecord.objects.values_list("before", "after")))
    assert BANK_CARD not in everything
    assert ID_NUMBER not in everything
    forgotten = api.delete(f"{path}/sensitive").json()
    assert (forgotten["id_number"], forgotten["bank_card"]) == ("", "")
    assert code_of(api.post(f"{path}/looks", look)) == (404, "nothing_stored")
    assert SensitiveLook.objects.count() == 1
    assert code_of(api.post("/api/v1/agents/999/sensitive", given)) == (404, "agent_not_found")


def test_documents_are_judged_by_content(
    api: ApiClient, api_as: Callable[[str], ApiClient], hire: Callable[..., str]
) -> None:
    path = hire()
    assert attach(api, path, "../../合同.pdf", b"%PDF-1.7 ...").json()["name"] == "合同.pdf"
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(out, "JPEG")
    card = attach(api, path, "证件.jpg", out.getvalue(), kind="id_card").json()
    assert card["content_type"] == "image/jpeg"
    assert code_of(attach(api, path, "a.pdf", b"<html>")) == (422, "unknown_document_format")
    assert code_of(attach(api, path, "a.pdf", b"%PDF-" + b"0" * 10_500_000)) == (413, "document_too_large")
    assert code_of(attach(api, "/api/v1/agents/999", "a.pdf", b"%PDF-")) == (404, "agent_not_found")
    assert attach(api, path, "a.pdf", b"%PDF-", kind="passport").status_code == 422
    contract, _id_card = sorted(api.get(f"{path}/documents").json()["items"], key=lambda row: str(row["kind"]))
    answer = api.get(f"{path}/documents/{contract['id']}")
    assert (answer.content, "attachment" in answer["content-disposition"]) == (b"%PDF-1.7 ...", True)
    assert code_of(api_as("sales").get(f"{path}/documents/{card['id']}")) == (403, "permission_missing")
    assert api.get(f"{path}/documents/{card['id']}").status_code == 200
    assert AuditRecord.objects.filter(action="agents.document_seen").count() == 1
    assert api.delete(f"{path}/documents/{card['id']}").status_code == 204
    assert code_of(api.get(f"{path}/documents/{card['id']}")) == (404, "document_not_found")
    assert code_of(api.get(f"{hire()}/documents/{contract['id']}")) == (404, "document_not_found")


def test_notes(api: ApiClient, hire: Callable[..., str]) -> None:
    path = hire()
    for text in ("一", "二 🌳"):
        assert api.post(f"{path}/notes", {"text": text}).status_code == 201
    assert [row["text"] for row in api.get(f"{path}/notes").json()["items"]] == ["二 🌳", "一"]
    for wrong in ("", " ", "x" * 5_001):
        assert field_of(api.post(f"{path}/notes", {"text": wrong})) == (422, "text")
    assert code_of(api.post("/api/v1/agents/999/notes", {"text": "x"})) == (404, "agent_not_found")


def test_groups_by_hand_channel_and_performance(api: ApiClient, hire: Callable[..., str]) -> None:
    paths = [hire() for _number in range(3)]
    one, two, three = (int(path.rpartition("/")[2]) for path in paths)
    api.patch(f"{paths[0]}/file", {"channel": "Douyin"})
    today = clock.business_date(clock.now())
    AgentSales.objects.create(agent_id=two, day=today, paid=Decimal(900), refunded=Decimal(100), order_count=1)
    AgentSales.objects.create(agent_id=three, day=today - timedelta(days=30), paid=Decimal(900), order_count=1)

    def made(**fields: Any) -> str:
        answer = api.post("/api/v1/agent-groups", {"name": f"组{fields}", **fields})
        assert answer.status_code == 201, answer.content
        return f"/api/v1/agent-groups/{answer.json()['id']}"

    def members(group: str) -> list[int]:
        return [row["id"] for row in api.get(f"{group}/members").json()["items"]]

    by_hand = made(kind="manual")
    assert api.post(f"{by_hand}/add", {"agent_ids": [one, two, one]}).json()["count"] == 2
    assert api.post(f"{by_hand}/remove", {"agent_ids": [two]}).json()["count"] == 1
    assert members(by_hand) == [one]
    assert members(made(kind="channel", channel="douyin")) == [one]
    assert members(made(kind="performance", days=30, sales_from="800.00")) == [two]
    assert members(made(kind="performance", days=31, sales_from="800.00")) == [three, two]
    assert members(made(kind="performance", days=30, sales_below="0.01")) == [three, one]
    changed = api.patch(by_hand, {"name": "新名"})
    assert changed.json()["name"] == "新名"
    assert api.delete(by_hand).status_code == 204
    assert code_of(api.get(f"{by_hand}/members")) == (404, "agent_group_not_found")
    assert Agent.objects.count() == 3


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "甲", "kind": "heads"}, "kind"),
        ({"name": "", "kind": "manual"}, "name"),
        ({"name": "甲", "kind": "channel"}, "channel"),
        ({"name": "甲", "kind": "performance", "sales_from": "1.00"}, "days"),
        ({"name": "甲", "kind": "performance", "days": 0, "sales_from": "1.00"}, "days"),
        ({"name": "甲", "kind": "performance", "days": 30}, "sales_from"),
        ({"name": "甲", "kind": "performance", "days": 30, "sales_from": "5", "sales_below": "5"}, "sales_below"),
    ],
)
def test_what_groups_refuse(api: ApiClient, fields: dict[str, Any], field: str) -> None:
    assert field_of(api.post("/api/v1/agent-groups", fields)) == (422, field)


def test_groups_with_one_name_and_members_that_follow_from_a_rule(api: ApiClient, hire: Callable[..., str]) -> None:
    agent_id = int(hire().rpartition("/")[2])
    first = api.post("/api/v1/agent-groups", {"name": "甲", "kind": "channel", "channel": "抖音"}).json()
    assert code_of(api.post("/api/v1/agent-groups", {"name": "甲", "kind": "manual"})) == (409, "duplicate_group")
    path = f"/api/v1/agent-groups/{first['id']}"
    assert code_of(api.post(f"{path}/add", {"agent_ids": [agent_id]})) == (409, "members_not_by_hand")
    manual = api.post("/api/v1/agent-groups", {"name": "乙", "kind": "manual"}).json()
    answer = api.post(f"/api/v1/agent-groups/{manual['id']}/add", {"agent_ids": [agent_id, 99_999]})
    assert code_of(answer) == (404, "agent_not_found")
