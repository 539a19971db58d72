"""A team from a workbook: checked, written at once, undone; and every row that is refused."""

import io
import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from shared_apps.entitlements.models import Quota
from tenant_apps.agents.models import Agent, AgentTerm, LevelChange, SponsorHistory
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.services.issues import read_issues
from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db

HEADING = ("姓名", "手机号", "等级", "上级", "编号", "微信号", "地区代码", "渠道", "加入日期", "有效期至")
PATH = "/api/v1/agent-imports"


@pytest.fixture(autouse=True)
def levels(api: ApiClient) -> None:
    """Gold may have a team, silver may not, city holds its region alone."""
    wanted: list[dict[str, Any]] = [
        {"code": "gold", "name": "金牌", "contract_months": 12, "deposit": "100.00"},
        {"code": "silver", "name": "银牌", "may_recruit": False},
        {"code": "city", "name": "城市", "is_exclusive_in_region": True},
    ]
    for rank, level in enumerate(wanted, start=1):
        answer = api.post("/api/v1/agent-levels", {"rank": rank, **level})
        assert answer.status_code == 201, answer.content


def workbook(rows: Iterable[Sequence[object]], heading: Sequence[str] = HEADING) -> SimpleUploadedFile:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([heading, *rows]):
            for place, cell in enumerate(row):
                sheet.write(number, place, cell)
    return SimpleUploadedFile("团队.xlsx", out.getvalue())


def upload(api: ApiClient, file: SimpleUploadedFile) -> Any:
    return api.client.post(PATH, {"file": file}, headers={"authorization": f"Bearer {api.token}"})


def errors_of(api: ApiClient, *rows: Sequence[object]) -> list[tuple[int, str, str]]:
    answer = upload(api, workbook(rows))
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert not Agent.objects.filter(name__startswith="行").exists()  # a dry run writes nothing
    refused = api.post(f"{PATH}/{body['id']}/commit")
    assert refused.status_code == (409 if body["errors"] else 200)
    return [(issue["row"], issue["column"], issue["code"]) for issue in body["errors"]]


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_team_in_any_order_below_agents_there_are(api: ApiClient) -> None:
    level_id = api.get("/api/v1/agent-levels").json()["items"][0]["id"]
    root = api.post("/api/v1/agents", {"name": "根", "phone": "13700000000", "level_id": level_id}).json()
    api.post(f"/api/v1/agents/{root['id']}/approve")
    used = Quota.objects.get(name="agents").used
    done = upload(
        api,
        workbook(
            [
                ("行三", 13800000003, "gold", "13800000002", "", "", "", "", "", ""),
                ("行二", "138-0000-0002", "金牌", "B-1", "b-2", "WX_Two", "4403", "抖音", "2025-03-01", "2027-02-28"),
                ("行一", "+8613800000001", "GOLD", root["code"].lower(), "b-1", "", "", "", "", ""),
                ("行四", "13800000004", "银牌", "", "", "", "", "", "", ""),
            ]
        ),
    ).json()
    assert (done["state"], done["total_rows"], done["valid_rows"], done["errors"]) == ("checked", 4, 4, [])
    assert Agent.objects.count() == 1
    assert api.post(f"{PATH}/{done['id']}/commit").json()["state"] == "committed"
    one, two, three, four = Agent.objects.filter(name__startswith="行").order_by("phone")
    assert (one.sponsor_id, two.sponsor_id, three.sponsor_id, four.sponsor_id) == (root["id"], one.pk, two.pk, None)
    assert (two.code, two.wechat_id, two.region, str(two.valid_until)) == (
        "B-2",
        "wx_two",
        "广东省深圳市",
        "2027-02-28",
    )
    assert two.joined_at is not None
    assert two.joined_at.isoformat().startswith("2025-02-28T16:00")  # the day begins in the brand's zone
    assert SponsorHistory.objects.filter(agent__in=[one, two, three, four], valid_to=None).count() == 4
    assert set(LevelChange.objects.filter(agent=one).values_list("cause", flat=True)) == {"imported"}
    assert Quota.objects.get(name="agents").used == used + 4
    assert code_of(api.post(f"{PATH}/{done['id']}/commit")) == (409, "import_not_possible")
    welcome = api.post(f"/api/v1/agents/{one.pk}/welcome")
    assert "token=" in welcome.json()["message"]
    assert code_of(api.post(f"{PATH}/{done['id']}/undo")) == (409, "team_in_use")  # a login hangs on it


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (("", "13800000001", "gold"), ("name", "missing")),
        (("行", "12", "gold"), ("phone", "bad_phone")),
        (("行", "13800000001", ""), ("level", "missing")),
        (("行", "13800000001", "bronze"), ("level", "unknown_level")),
        (("行", "13800000001", "gold", "nobody"), ("sponsor", "unknown_sponsor")),
        (("行", "13800000001", "gold", "13800000001"), ("sponsor", "cycle")),
        (("行", "13800000001", "gold", "", "a b"), ("code", "bad_code")),
        (("行", "13800000001", "gold", "", "", "微信"), ("wechat_id", "bad_wechat_id")),
        (("行", "13800000001", "gold", "", "", "", "99"), ("region_code", "unknown_region")),
        (("行", "13800000001", "gold", "", "", "", "", "x" * 61), ("channel", "too_long")),
        (("行", "13800000001", "gold", "", "", "", "", "", "gestern"), ("joined_on", "bad_date")),
        (("行", "13800000001", "gold", "", "", "", "", "", "", "2026-02-30"), ("valid_until", "bad_date")),
    ],
)
def test_each_wrong_cell_is_named(api: ApiClient, row: Sequence[object], error: tuple[str, str]) -> None:
    assert errors_of(api, ("好", "13900000000", "gold"), row) == [(3, *error)]


def test_rows_that_contradict_each_other(api: ApiClient) -> None:
    assert errors_of(
        api,
        ("行", "13800000001", "gold", "", "SAME"),
        ("行", "13800000001", "gold", "", "same"),
        ("行", "13800000002", "gold", "13800000003"),
        ("行", "13800000003", "gold", "13800000004"),
        ("行", "13800000004", "gold", "13800000002"),
        ("行", "13800000005", "gold", "13800000002"),  # hangs below the circle, is not in it
        ("行", "13800000006", "silver"),
        ("行", "13800000007", "gold", "13800000006"),
        ("行", "13800000008", "city", "", "", "", "44"),
        ("行", "13800000009", "city", "", "", "", "4403"),
    ) == [
        (2, "phone", "twice_in_file"),
        (2, "code", "twice_in_file"),
        (3, "phone", "twice_in_file"),
        (3, "code", "twice_in_file"),
        (4, "sponsor", "cycle"),
        (5, "sponsor", "cycle"),
        (6, "sponsor", "cycle"),
        (9, "sponsor", "sponsor_may_not_recruit"),
        (11, "region_code", "region_taken"),
    ]
    (job,) = ImportJob.objects.all()
    assert any("4 → 5 → 6 → 4" in one.detail for _position, one in read_issues(job.issues_stored_as))


def test_rows_that_contradict_the_agents_there_are(api: ApiClient) -> None:
    level_id = api.get("/api/v1/agent-levels").json()["items"][0]["id"]
    for number, code in enumerate(("TAKEN", "FROZEN")):
        body = {"name": "有", "phone": f"1370000000{number}", "level_id": level_id, "code": code}
        frozen = api.post("/api/v1/agents", body).json()["id"]
    api.post(f"/api/v1/agents/{frozen}/suspend")
    assert errors_of(
        api,
        ("行", "13700000000", "gold"),
        ("行", "13800000001", "gold", "", "taken"),
        ("行", "13800000002", "gold", "13700000001"),
    ) == [(2, "phone", "agent_exists"), (3, "code", "code_taken"), (4, "sponsor", "sponsor_not_active")]


def test_files_that_are_none(api: ApiClient, api_as: Callable[[str], ApiClient]) -> None:
    assert code_of(upload(api, SimpleUploadedFile("a.xlsx", b""))) == (422, "unreadable_file")
    assert code_of(upload(api, SimpleUploadedFile("a.xlsx", b"PK\x03\x04 no zip"))) == (422, "harmful_workbook")
    assert code_of(upload(api, workbook([("x",)], heading=("姓名", "电话")))) == (422, "unmapped_columns")
    many = workbook((("行", 13800000000 + number, "gold") for number in range(10_050)), HEADING[:3])
    assert code_of(upload(api, many)) == (413, "file_too_large")
    assert code_of(upload(api_as("sales"), workbook([]))) == (403, "permission_missing")
    assert code_of(api.post(f"{PATH}/999/commit")) == (404, "team_import_not_found")
    template = api.get(f"{PATH}/template")
    assert upload(api, SimpleUploadedFile("t.xlsx", template.content)).status_code == 201


def test_the_plan_bounds_the_whole_file(api: ApiClient) -> None:
    Quota.objects.filter(name="agents").update(limit=2)
    team = [("行", 13800000001 + number, "gold") for number in range(3)]
    assert code_of(upload(api, workbook(team))) == (402, "quota_exceeded")
    Quota.objects.filter(name="agents").update(limit=3)
    done = upload(api, workbook(team)).json()
    Quota.objects.filter(name="agents").update(limit=2)
    assert code_of(api.post(f"{PATH}/{done['id']}/commit")) == (402, "quota_exceeded")
    assert not Agent.objects.exists()


def test_undo_until_something_hangs_on_it(api: ApiClient) -> None:
    first = upload(api, workbook([("行", "13800000001", "gold"), ("行", "13800000002", "gold", "13800000001")])).json()
    path = f"{PATH}/{first['id']}"
    assert code_of(api.post(f"{path}/undo")) == (409, "import_not_possible")
    api.post(f"{path}/commit")
    assert api.post(f"{path}/undo").json()["state"] == "undone"
    assert not Agent.objects.exists()
    assert Quota.objects.get(name="agents").used == 0
    second = upload(api, workbook([("行", "13800000001", "gold")])).json()
    api.post(f"{PATH}/{second['id']}/commit")
    agent = Agent.objects.get()
    api.post(f"/api/v1/agents/{agent.pk}/notes", {"text": "hat angerufen"})
    assert code_of(api.post(f"{PATH}/{second['id']}/undo")) == (409, "team_in_use")
    assert Agent.objects.count() == AgentTerm.objects.count() == 1  # nothing of it was taken away


def test_ten_thousand_rows(api: ApiClient) -> None:
    chance = random.Random(7)
    rows: list[tuple[object, ...]] = []
    for number in range(10_000):
        sponsor = f"139{chance.randrange(number):08d}" if number else ""
        rows.append((f"行{number}", f"139{number:08d}", "gold", sponsor))
    chance.shuffle(rows)
    file = workbook(rows)
    started = time.process_time()
    done = upload(api, file).json()
    assert done["errors"] == []
    assert api.post(f"{PATH}/{done['id']}/commit").status_code == 200
    assert time.process_time() - started < 60  # seconds of our own work; about ten, whatever else the machine does
    assert Agent.objects.count() == SponsorHistory.objects.count() == 10_000
    assert Agent.objects.filter(sponsor=None).count() == 1
    assert api.post(f"{PATH}/{done['id']}/undo").status_code == 200
    assert not Agent.objects.exists()
