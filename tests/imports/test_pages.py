"""The pages of an import: upload, columns, result; what does not exist is not found."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kernel.core import clock
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand
from tenant_apps.imports.models import ImportJob
from tenant_apps.imports.services import running
from tenant_apps.imports.states import ImportState
from tenant_apps.orders.models import Channel, Order

SignIn = Callable[[str], Client]

pytestmark = pytest.mark.django_db
TEXT = "订单号,商家编码,数量,单价,下单时间,平台优惠\nT1,A,1,10.00,2026-10-01,1\nT2,B,x,10.00,2026-10-01,1\n"


@pytest.fixture
def sign_in(brand: Brand) -> SignIn:
    """A browser signed in to the brand's console as a person of the role."""

    def make(role: str) -> Client:
        person = users.create_user(
            name=f"Test {role}", role=role, email=f"{role}@console.example", password="qing-he-2026"
        )
        client = Client(headers={"host": f"{brand.slug}.localhost"})
        client.force_login(person, backend="shared_apps.accounts.services.backend.AccountsBackend")
        return client

    return make


@pytest.mark.parametrize(
    "address",
    [
        "imports/999999/",
        "imports/999999/status/",
        "imports/999999/issues.csv",
        "imports/new/nothing/",
        "imports/new/nothing/template.xlsx",
    ],
)
def test_unknown_ids_and_kinds_are_not_found(sign_in: SignIn, address: str) -> None:
    assert sign_in("owner").get(f"/console/{address}").status_code == 404


def test_from_upload_over_a_question_to_the_result(sign_in: SignIn) -> None:
    Channel.objects.create(code="shop", name="店", kind="import")
    browser = sign_in("owner")
    assert browser.get("/console/imports/new/").status_code == 200
    assert browser.get("/console/imports/new/orders/").status_code == 200
    assert browser.get("/console/imports/new/orders/template.xlsx").content[:2] == b"PK"
    file = SimpleUploadedFile("o.csv", TEXT.encode())
    answer = browser.post("/console/imports/new/orders/", {"channel": "shop", "mode": "history", "file": file})
    job = ImportJob.objects.get()
    assert (answer.status_code, job.state) == (302, ImportState.UPLOADED)
    page = browser.get(f"/console/imports/{job.pk}/")
    form = page.context["form"]
    assert [question.heading for question in form.questions] == ["平台优惠"]
    filled = {**{name: field.initial or "" for name, field in form.fields.items()}, "heading_0": "-"}
    browser.post(f"/console/imports/{job.pk}/", {**filled, "action": "check"})
    running.run(job_id=job.pk, now=clock.now())
    page = browser.get(f"/console/imports/{job.pk}/")
    assert page.context["can_commit"]
    assert page.context["preview"]["rows"][0][0] == 2
    assert [issue["line"] for issue in page.context["issues"]] == [3]
    assert browser.get(f"/console/imports/{job.pk}/status/").json()["state"] == "checked"
    assert "T2" in browser.get(f"/console/imports/{job.pk}/issues.csv").getvalue().decode()
    browser.post(f"/console/imports/{job.pk}/", {"action": "commit"})
    running.run(job_id=job.pk, now=clock.now())
    assert Order.objects.get().external_number == "T1"
    assert browser.get(f"/console/imports/{job.pk}/").context["can_undo"]
    browser.post(f"/console/imports/{job.pk}/", {"action": "undo"})
    running.run(job_id=job.pk, now=clock.now())
    assert not Order.objects.exists()
