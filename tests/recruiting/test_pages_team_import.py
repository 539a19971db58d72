"""The console's page for importing a team: template, dry run with errors by row, import, undo."""

import io
from collections.abc import Callable, Iterable, Sequence

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shared_apps.entitlements.models import Quota
from tenant_apps.agents.models import Agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.recruiting.models import TeamImport

pytestmark = pytest.mark.django_db

PAGE = "/console/team/import/"
GOOD = [("行一", "13800000001", "gold", ""), ("行二", "13800000002", "gold", "13800000001")]


@pytest.fixture(autouse=True)
def level() -> None:
    create_level(code="gold", name="金牌", rank=1)


def workbook(
    rows: Iterable[Sequence[str]], heading: Sequence[str] = ("姓名", "手机号", "等级", "上级"), name: str = "团队.xlsx"
) -> SimpleUploadedFile:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([heading, *rows]):
            sheet.write_row(number, 0, row)
    return SimpleUploadedFile(name, out.getvalue())


def upload(client: Client, file: SimpleUploadedFile) -> str:
    """The address of the import."""
    answer = client.post(PAGE, {"file": file})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def text_of(client: Client, address: str, **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return answer.content.decode()


def act(client: Client, address: str, action: str) -> str:
    answer = client.post(address, {"action": action}, follow=True)
    assert answer.redirect_chain == [(address, 302)]
    return answer.content.decode()


def test_a_good_file_is_checked_imported_and_undone(console: Client) -> None:
    address = upload(console, workbook(GOOD))
    shown = text_of(console, address)
    assert 'value="commit"' in shown
    assert 'value="undo"' not in shown
    assert not Agent.objects.exists()  # a dry run writes nothing
    imported = act(console, address, "commit")
    assert 'value="undo"' in imported
    assert 'value="commit"' not in imported
    first, second = Agent.objects.order_by("phone")
    assert second.sponsor_id == first.pk
    assert "团队.xlsx" in text_of(console, PAGE)
    undone = act(console, address, "undo")
    assert 'value="undo"' not in undone
    assert not Agent.objects.exists()
    assert TeamImport.objects.get().state == "undone"


def test_errors_stand_by_row_and_nothing_can_be_imported(console: Client) -> None:
    address = upload(console, workbook([*GOOD, ("", "12", "bronze", "nobody")]))
    shown = text_of(console, address)
    assert shown.count("<tr><td>4</td>") == 2
    assert "<td>手机号</td>" in shown
    assert 'value="commit"' not in shown
    console.cookies["django_language"] = "en"
    assert "The file has errors" in act(console, address, "commit")
    assert not Agent.objects.exists()


def test_many_errors_come_by_the_hundred(console: Client) -> None:
    address = upload(console, workbook((f"行{number}", str(number), "gold", "") for number in range(150)))
    assert text_of(console, address).count("<tr><td>") == 100
    assert text_of(console, address, page="2").count("<tr><td>") == 50
    assert text_of(console, address, page="x").count("<tr><td>") == 100


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("a.xlsx", b"name,phone"),
        SimpleUploadedFile("a.xlsx", b"PK\x03\x04 no zip"),
        SimpleUploadedFile("a.xlsx", b""),
        workbook([("x",)], heading=("姓名", "电话")),
    ],
    ids=["text", "broken", "empty", "heading"],
)
def test_files_that_are_none(console: Client, file: SimpleUploadedFile) -> None:
    file.seek(0)
    answer = console.post(PAGE, {"file": file})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not TeamImport.objects.exists()


def test_no_file_and_a_file_without_rows(console: Client) -> None:
    assert console.post(PAGE).context["form"].errors
    address = upload(console, workbook([]))
    assert 'value="commit"' not in text_of(console, address)
    act(console, address, "commit")
    assert TeamImport.objects.get().state == "checked"


def test_what_the_file_says_is_text(console: Client) -> None:
    file = workbook([("行", "13800000001", "<script>x</script>", "")], name="<img src=x>.xlsx")
    shown = text_of(console, upload(console, file)) + text_of(console, PAGE)
    assert "<script>x" not in shown
    assert "<img src=x>" not in shown


def test_an_import_something_hangs_on_stays(console: Client) -> None:
    address = upload(console, workbook(GOOD))
    act(console, address, "commit")
    third = upload(console, workbook([("行三", "13800000003", "gold", "13800000002")]))
    act(console, third, "commit")
    console.cookies["django_language"] = "en"
    assert "cannot be undone" in act(console, address, "undo")
    assert Agent.objects.count() == 3
    act(console, third, "undo")
    act(console, address, "undo")
    assert not Agent.objects.exists()


def test_the_plan_is_told_and_twice_is_refused(console: Client) -> None:
    address = upload(console, workbook(GOOD))
    Quota.objects.filter(name="agents").update(limit=1)
    act(console, address, "commit")
    assert not Agent.objects.exists()
    Quota.objects.filter(name="agents").update(limit=5)
    act(console, address, "commit")
    act(console, address, "commit")
    act(console, address, "something")
    assert Agent.objects.count() == 2


def test_the_template_is_a_file_that_is_understood(console: Client) -> None:
    answer = console.get(f"{PAGE}template.xlsx")
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    address = upload(console, SimpleUploadedFile("t.xlsx", answer.content))
    assert TeamImport.objects.get().total_rows == 1
    assert console.get(address).status_code == 200


@pytest.mark.parametrize("number", [999, 99999999999999999999])
def test_imports_there_are_none_of(console: Client, number: int) -> None:
    assert console.get(f"{PAGE}{number}/").status_code == 404
    assert console.post(f"{PAGE}{number}/", {"action": "commit"}).status_code == 404


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("manager", 200), ("sales", 403), ("finance", 403), ("warehouse", 403)]
)
def test_who_may(console_as: Callable[[str], Client], console: Client, role: str, status: int) -> None:
    address = upload(console, workbook(GOOD))
    client = console if role == "owner" else console_as(role)
    for page in (PAGE, f"{PAGE}template.xlsx", address):
        assert client.get(page).status_code == status
    if status == 403:
        assert client.post(PAGE, {"file": workbook(GOOD)}).status_code == 403
        assert client.post(address, {"action": "commit"}).status_code == 403
        assert not Agent.objects.exists()
    team = client.get("/console/team/")
    assert (PAGE in team.content.decode()) == (status == 200)
