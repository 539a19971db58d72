"""A team comes in by the pages of imports: dry run with errors by row, import, undo."""

from collections.abc import Callable, Iterable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kernel.core import clock
from shared_apps.entitlements.models import Quota
from tenant_apps.agents.models import Agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.services import running

pytestmark = pytest.mark.django_db

UPLOAD = "/console/imports/new/team/"
HEADING = "姓名,手机号,等级,上级"
GOOD = ("行一,13800000001,gold,", "行二,13800000002,gold,13800000001")


@pytest.fixture(autouse=True)
def level() -> None:
    create_level(code="gold", name="金牌", rank=1)


def uploaded(client: Client, rows: Iterable[str], name: str = "团队.csv") -> ImportJob:
    content = "\n".join([HEADING, *rows]).encode()
    answer = client.post(UPLOAD, {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 302, answer.content.decode()
    return worked(ImportJob.objects.latest("id"))


def worked(job: ImportJob) -> ImportJob:
    running.run(job_id=job.pk, now=clock.now())
    job.refresh_from_db()
    return job


def act(client: Client, job: ImportJob, action: str) -> ImportJob:
    assert client.post(f"/console/imports/{job.pk}/", {"action": action}).status_code == 302
    return worked(job)


def test_the_old_address_leads_to_the_upload(console: Client) -> None:
    assert console.get("/console/team/import/")["Location"] == UPLOAD
    assert console.get(UPLOAD).status_code == 200
    assert console.get(f"{UPLOAD}template.xlsx").status_code == 200


def test_a_good_file_is_checked_imported_and_undone(console: Client) -> None:
    job = uploaded(console, GOOD)
    assert (job.state, job.figures, Agent.objects.count()) == ("checked", {"agents": 2}, 0)
    assert act(console, job, "commit").state == "committed"
    first, second = Agent.objects.order_by("phone")
    assert second.sponsor_id == first.pk
    third = act(console, uploaded(console, ["行三,13800000003,gold,13800000002"]), "commit")
    assert act(console, job, "undo").state == "committed"  # the third hangs on it
    assert Agent.objects.count() == 3
    assert (act(console, third, "undo").state, act(console, job, "undo").state) == ("undone", "undone")
    assert not Agent.objects.exists()


def test_with_errors_nothing_can_be_imported(console: Client) -> None:
    job = uploaded(console, [*GOOD, ",12,bronze,nobody"])
    assert (job.state, job.total_rows, job.refused_rows) == ("checked", 3, 1)
    assert act(console, job, "commit").state == "checked"
    assert not Agent.objects.exists()
    refused = console.get(f"/console/imports/{job.pk}/issues.csv").getvalue()
    assert b"bronze" in refused


def test_the_plan_bounds_the_dry_run_and_the_import(console: Client) -> None:
    Quota.objects.filter(name="agents").update(limit=1)
    job = uploaded(console, GOOD)
    assert (job.state, bool(job.message)) == ("failed", True)
    Quota.objects.filter(name="agents").update(limit=5)
    job = uploaded(console, GOOD)
    Quota.objects.filter(name="agents").update(limit=1)
    assert act(console, job, "commit").state == "failed"
    assert not Agent.objects.exists()
    assert Quota.objects.get(name="agents").used == 0


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("manager", 200), ("sales", 403), ("finance", 403), ("warehouse", 403)]
)
def test_who_may(console_as: Callable[[str], Client], console: Client, role: str, status: int) -> None:
    job = uploaded(console, GOOD)
    client = console if role == "owner" else console_as(role)
    for page in (UPLOAD, f"{UPLOAD}template.xlsx", f"/console/imports/{job.pk}/"):
        assert client.get(page).status_code == status
    if status == 403:
        assert client.post(UPLOAD, {"file": SimpleUploadedFile("a.csv", HEADING.encode())}).status_code == 403
        assert client.post(f"/console/imports/{job.pk}/", {"action": "commit"}).status_code == 403
        assert not Agent.objects.exists()
    team = client.get("/console/team/")
    assert ("/console/team/import/" in team.content.decode()) == (status == 200)
