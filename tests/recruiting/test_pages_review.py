"""The review queue: one application after another, duplicates side by side, decided without JavaScript too."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image

from kernel.core import clock
from tenant_apps.agents.models import Agent, Level
from tenant_apps.agents.services.levels import create_level
from tenant_apps.recruiting.models import Application
from tenant_apps.recruiting.services import applications
from tenant_apps.recruiting.services.applications import NewApplication
from tenant_apps.recruiting.services.proofs import Upload
from tenant_apps.recruiting.states import ApplicationState
from tests.factories.html import squeeze

pytestmark = pytest.mark.django_db


def streamed(answer: Any) -> bytes:
    """The whole body of an answer that is sent in pieces."""
    return b"".join(answer.streaming_content)


@pytest.fixture
def level() -> Level:
    return create_level(code="GOLD", name="总代", rank=1)


def applied(number: int, **fields: Any) -> Application:
    new = NewApplication(**{"name": f"申请{number}", "phone": f"1391234{number:04d}", "consent_version": 1, **fields})
    return applications.submit_application(new=new, now=clock.now())[0]


def page(application: Application) -> str:
    return f"/console/review/{application.pk}/"


def test_the_oldest_comes_first_and_neighbours_are_linked(console: Client, level: Level) -> None:
    first, second, third = (applied(number) for number in (1, 2, 3))
    text = squeeze(console.get("/console/review/").content.decode())
    assert f'data-review-next href="/console/review/{second.pk}/"' in text
    assert "data-review-previous" not in text
    middle = squeeze(console.get(page(second)).content.decode())
    assert f'href="/console/review/{first.pk}/" rel="prev"' in middle
    assert f'href="/console/review/{third.pk}/" rel="next"' in middle


def test_approving_shows_the_way_in_once(console: Client, level: Level) -> None:
    application = applied(1)
    answer = console.post(page(application), {"decision": "approve", "level": level.pk})
    assert answer.status_code == 200
    assert "/console/password/reset/?token=" in answer.content.decode()
    agent = Agent.objects.get()
    assert (agent.name, agent.state) == ("申请1", "active")
    assert "token=" not in console.get(page(application)).content.decode()
    again = console.post(page(application), {"decision": "approve", "level": level.pk})
    assert again.status_code == 200  # somebody has decided already: said in the form
    assert Agent.objects.count() == 1


def test_approving_by_mail_leads_to_the_next(console: Client, level: Level) -> None:
    first = applied(1)
    second = applied(2)
    body = {"decision": "approve", "level": level.pk, "email": "new@agents.example"}
    answer = console.post(page(first), body)
    assert (answer.status_code, answer["Location"]) == (302, page(second))


def test_the_referrer_is_the_sponsor_unless_the_reviewer_says_otherwise(console: Client, level: Level) -> None:
    console.post(page(applied(1)), {"decision": "approve", "level": level.pk})
    referrer = Agent.objects.get()
    below, top, odd = (applied(number, referral_code=referrer.code) for number in (2, 3, 4))
    shown = console.get(page(below)).content.decode()
    assert f'value="{referrer.code}"' in shown
    console.post(page(below), {"decision": "approve", "level": level.pk, "sponsor_code": referrer.code})
    console.post(page(top), {"decision": "approve", "level": level.pk, "sponsor_code": ""})
    refused = console.post(page(odd), {"decision": "approve", "level": level.pk, "sponsor_code": "NOBODY"})
    assert refused.status_code == 200
    sponsors = dict(Agent.objects.values_list("name", "sponsor_id"))
    assert sponsors == {"申请1": None, "申请2": referrer.pk, "申请3": None}


@pytest.mark.parametrize(
    ("reason", "note", "state"),
    [
        ("incomplete", "", ApplicationState.REJECTED),
        ("other", "材料有误", ApplicationState.REJECTED),
        ("other", "", ApplicationState.APPLIED),
        ("made_up", "", ApplicationState.APPLIED),
        ("", "", ApplicationState.APPLIED),
    ],
)
def test_rejecting_needs_a_standard_reason(
    console: Client, level: Level, reason: str, note: str, state: ApplicationState
) -> None:
    application = applied(1)
    answer = console.post(page(application), {"decision": "reject", "reason": reason, "note": note})
    assert answer.status_code == (302 if state == ApplicationState.REJECTED else 200)
    application.refresh_from_db()
    assert application.state == state


def test_duplicates_stand_side_by_side(console: Client, level: Level) -> None:
    console.post(page(applied(1, wechat_id="same_id")), {"decision": "approve", "level": level.pk})
    agent = Agent.objects.get()
    second = applied(2, wechat_id="same_id")
    text = console.get(page(second)).content.decode()
    assert text.count('class="bn-twin"') == 2  # the agent, and the application the agent came from
    assert agent.code in text


def test_proofs_are_shown_as_pictures_and_nothing_else(console: Client, level: Level) -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "PNG")
    new = NewApplication(name="申请1", phone="13912340001", consent_version=1)
    application, _secret = applications.submit_application(
        new=new, uploads=[Upload("店.png", ContentFile(out.getvalue()))], now=clock.now()
    )
    proof = application.proofs.get()
    assert f"/console/review/{application.pk}/proofs/{proof.pk}/" in console.get(page(application)).content.decode()
    answer = console.get(f"/console/review/{application.pk}/proofs/{proof.pk}/")
    assert streamed(answer).startswith(b"\x89PNG")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert console.get(f"/console/review/{application.pk + 1}/proofs/{proof.pk}/").status_code == 404


def test_an_empty_queue_and_an_unknown_application(console: Client) -> None:
    assert console.get("/console/review/").status_code == 200
    assert console.get("/console/review/999999/").status_code == 404
    assert console.post("/console/review/", {}).status_code == 405
    assert console.get("/console/recruiting/application/").status_code == 200


@pytest.mark.parametrize(
    ("role", "sees", "decides"),
    [("manager", 200, 302), ("sales", 200, 403), ("finance", 200, 403), ("warehouse", 403, 403)],
)
def test_who_may(console_as: Callable[[str], Client], level: Level, role: str, sees: int, decides: int) -> None:
    application = applied(1)
    client = console_as(role)
    answer = client.get(page(application))
    assert answer.status_code == sees
    if sees == 200:
        assert ("data-review-approve" in answer.content.decode()) is (decides == 302)
    assert client.get("/console/recruiting/application/").status_code == sees
    body = {"decision": "reject", "reason": "incomplete"}
    assert client.post(page(application), body).status_code == decides
