"""Tickets: asked by brands, answered by staff, letters to both, and nobody reads what is not theirs."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile

from kernel.core import clock
from kernel.core.errors import DomainError, TooManyRequests
from kernel.events import outbox
from kernel.models import OutboxDelivery
from kernel.tenancy.actors import acting_as
from kernel.tenancy.context import enter_brand, public_schema
from shared_apps.support.models import Ticket, TicketFile, TicketMessage
from shared_apps.support.services import advice, tickets
from shared_apps.tenants.models import Brand
from tests.factories.api_client import ApiClient
from tests.support.conftest import Person

pytestmark = pytest.mark.django_db

People = Callable[..., Person]

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 17 + b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 20 + b"\xff\xd9"
WEBP = b"RIFF" + (20).to_bytes(4, "little") + b"WEBPVP8 " + b"\x00" * 12
PDF = b"%PDF-1.7\n1 0 obj\nendobj\ntrailer\n%%EOF\n"


@pytest.fixture
def ask(people: People, brand: Brand, now: datetime) -> Callable[..., Ticket]:
    def make(role: str = "owner", **more: Any) -> Ticket:
        question = tickets.NewQuestion(subject="Import fails", body="It says 500.", **more)
        with acting_as(people(role).actor):
            return tickets.open_ticket(brand_id=brand.pk, question=question, now=now)

    return make


def upload(content: bytes = PNG, name: str = "screen.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/html")


def deliver() -> list[Any]:
    """Send the letters that wait, and return them."""
    mail.outbox.clear()
    with public_schema():
        outbox.deliver_pending()
    return list(mail.outbox)


# --- asking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["owner", "manager", "sales", "warehouse", "finance"])
def test_everybody_of_the_brand_may_ask_from_any_page(people: People, role: str) -> None:
    browser = people(role).browser
    page = browser.get("/console/?q=1", headers={"x-request-id": "abc-1"}).content.decode()
    assert "/console/support/tickets/new/?page=%2Fconsole%2F%3Fq%3D1&amp;request_id=abc-1" in page
    form = browser.get("/console/support/tickets/new/?page=/console/orders/order/%3Ftoken%3Dx&request_id=abc-1")
    assert form.context["form"].initial == {"page": "/console/orders/order/?token=[hidden]", "request_id": "abc-1"}
    asked = browser.post(
        "/console/support/tickets/new/",
        {
            "subject": "Why?",
            "body": "Because\r\nof it 😀",
            "page": "/console/orders/order/",
            "request_id": "abc-1",
            "attachments": [upload(), upload(PDF, "../../x.pdf")],
        },
    )
    assert asked.status_code == 302, asked.content.decode()
    with public_schema():
        ticket = Ticket.objects.get()
        kept = list(TicketFile.objects.order_by("id").values_list("name", "content_type"))
        assert TicketMessage.objects.get().body == "Because\nof it 😀"
    assert asked["Location"] == f"/console/support/tickets/{ticket.number}/"
    assert (ticket.page, ticket.request_id, ticket.opened_by) == ("/console/orders/order/", "abc-1", f"the {role}")
    assert kept == [("screen.png", "image/png"), ("x.pdf", "application/pdf")]
    assert "Because" in browser.get(asked["Location"]).content.decode()
    assert ticket.number in browser.get("/console/support/").content.decode()


@pytest.mark.parametrize(
    "page", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\x00", "x" * 3_000]
)
def test_only_pages_of_ours_are_kept(ask: Callable[..., Ticket], page: str) -> None:
    assert ask(page=page, request_id="<b>").page == ""
    with public_schema():
        assert Ticket.objects.get().request_id == ""


@pytest.mark.parametrize(("content", "name"), [(PNG, "a.html"), (JPEG, "a"), (WEBP, "a.webp"), (PDF, "a.pdf")])
def test_files_are_judged_by_their_content(ask: Callable[..., Ticket], content: bytes, name: str) -> None:
    ask(files=[upload(content, name)])
    with public_schema():
        kept = TicketFile.objects.get()
    assert kept.content_type in {"image/png", "image/jpeg", "image/webp", "application/pdf"}
    assert kept.path.startswith("public/tickets/")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a",
        PNG[:-4],
        PNG[:20],
        b"MZ" + PNG,
        JPEG[:-2],
        WEBP[:-4],
        PDF[:-6],
        b"\x00" * 100,
        b"%PDF-" + b"x" * (5 * 1024 * 1024) + b"%%EOF",
    ],
)
def test_other_files_are_refused_and_nothing_is_kept(people: People, content: bytes) -> None:
    folder = Path(settings.MEDIA_ROOT) / "public" / "tickets"
    before = len(list(folder.glob("*"))) if folder.exists() else 0
    answer = people("owner").browser.post(
        "/console/support/tickets/new/", {"subject": "a", "body": "b", "attachments": [upload(), upload(content)]}
    )
    assert answer.status_code == 200
    assert answer.context["form"].errors["attachments"]
    with public_schema():
        assert not Ticket.objects.exists()
    assert (len(list(folder.glob("*"))) if folder.exists() else 0) == before


def test_a_sixth_file_is_refused(ask: Callable[..., Ticket]) -> None:
    with pytest.raises(DomainError):
        ask(files=[upload() for _index in range(6)])
    ask(files=[upload() for _index in range(5)])


@pytest.mark.parametrize("wrong", [{"subject": ""}, {"body": " "}, {"subject": "x" * 201}, {"body": "x" * 10_001}])
def test_a_question_has_a_subject_and_a_text(people: People, wrong: dict[str, str]) -> None:
    answer = people("sales").browser.post("/console/support/tickets/new/", {"subject": "a", "body": "b", **wrong})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    with public_schema():
        assert not Ticket.objects.exists()


def test_numbers_run_through_all_brands(
    ask: Callable[..., Ticket], other_brand: Brand, brand: Brand, now: datetime
) -> None:
    mine = ask().number
    enter_brand(other_brand)
    theirs = tickets.open_ticket(
        brand_id=other_brand.pk, question=tickets.NewQuestion(subject="s", body="b"), now=now
    ).number
    enter_brand(brand)
    assert (mine[:2], int(theirs[-6:]) - int(mine[-6:])) == ("TK", 1)


# --- who reads -------------------------------------------------------------------------------------------------------


def test_a_brand_reads_its_own_tickets_only(
    people: People, other_brand: Brand, brand: Brand, now: datetime, api: ApiClient
) -> None:
    enter_brand(other_brand)
    question = tickets.NewQuestion(subject="Their secret", body="b", files=[upload()])
    theirs = tickets.open_ticket(brand_id=other_brand.pk, question=question, now=now)
    enter_brand(brand)
    with public_schema():
        file_id = TicketFile.objects.get().pk
    browser = people("owner").browser
    page = f"/console/support/tickets/{theirs.number}/"
    assert browser.get(page).status_code == 404
    for form in ({"body": "x"}, {"action": "close"}, {"action": "reopen"}):
        assert browser.post(page, form).status_code == 404
    assert browser.get(f"/console/support/files/{file_id}/").status_code == 404
    assert "Their secret" not in browser.get("/console/support/").content.decode()
    assert api.get(f"/api/v1/support/tickets/{theirs.number}").status_code == 404
    assert api.post(f"/api/v1/support/tickets/{theirs.number}/messages", {"body": "x"}).status_code == 404
    assert api.get("/api/v1/support/tickets").json()["items"] == []
    with public_schema():
        theirs.refresh_from_db()
        assert TicketMessage.objects.count() == 1
    assert theirs.state == "open"


def test_a_file_is_saved_and_never_a_page(people: People, ask: Callable[..., Ticket]) -> None:
    ask(files=[upload(PNG, "截图 1.png")])
    with public_schema():
        file_id = TicketFile.objects.get().pk
    answer = people("sales").browser.get(f"/console/support/files/{file_id}/")
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "image/png"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer.content == PNG
    assert people("sales").browser.get("/console/support/files/999999999999999999999/").status_code == 404


def test_internal_notes_and_their_files_stay_inside(people: People, staff: People, ask: Callable[..., Ticket]) -> None:
    ticket = ask()
    with public_schema(), acting_as(staff("support").actor):
        tickets.answer_ticket(
            number=ticket.number, body="They are mistaken", files=[upload()], is_internal=True, now=clock.now()
        )
        file_id = TicketFile.objects.get().pk
        ticket.refresh_from_db()
    assert ticket.state == "open"
    browser = people("owner").browser
    assert "mistaken" not in browser.get(f"/console/support/tickets/{ticket.number}/").content.decode()
    assert browser.get(f"/console/support/files/{file_id}/").status_code == 404
    assert not any("mistaken" in letter.body for letter in deliver())


# --- letters ---------------------------------------------------------------------------------------------------------


def test_both_sides_get_letters_in_their_language(people: People, staff: People, ask: Callable[..., Ticket]) -> None:
    staff("support")
    ticket = ask()
    sent = {letter.to[0]: letter for letter in deliver()}
    assert set(sent) == {"owner@support.example", "support@support.example"}
    assert "we have your question" in sent["owner@support.example"].body
    assert f"/console/support/tickets/{ticket.number}/" in sent["support@support.example"].body
    with public_schema(), acting_as(staff("support").actor):
        tickets.answer_ticket(number=ticket.number, body="Try again.", now=clock.now())
    (answer,) = deliver()
    assert answer.to == ["owner@support.example"]
    assert "Try again." in answer.body
    assert "http://acme.localhost" in answer.body
    assert answer.subject == f"[{ticket.number}] Import fails"
    with acting_as(people("owner").actor):
        tickets.ask_again(brand_id=ticket.brand_id, number=ticket.number, body="Thanks", now=clock.now())
    (again,) = deliver()
    assert again.to == ["support@support.example"]


def test_a_mail_server_that_is_down_loses_nothing(ask: Callable[..., Ticket]) -> None:
    ask()
    mail.outbox.clear()
    with patch("shared_apps.support.services.letters.send_mail", side_effect=OSError("down")), public_schema():
        outbox.deliver_pending()
        waiting = OutboxDelivery.objects.filter(state="pending")
        assert waiting.count() == 1
        assert not mail.outbox
        waiting.update(due_at=clock.now())
    assert len(deliver()) == 1


def test_the_adviser_is_asked_before_all_others(staff: People, ask: Callable[..., Ticket], brand: Brand) -> None:
    staff("support", "Ann")
    bob = staff("support", "Bob")
    with acting_as(bob.actor):
        advice.assign_adviser(brand_id=brand.pk, staff_id=bob.id, now=clock.now())
    ask()
    assert {letter.to[0] for letter in deliver()} == {"owner@support.example", "supportbob@support.example"}


# --- back and forth --------------------------------------------------------------------------------------------------


def test_the_life_of_a_ticket(people: People, staff: People, ask: Callable[..., Ticket]) -> None:
    ticket = ask()
    page = f"/console/support/tickets/{ticket.number}/"
    theirs = people("owner").browser
    ours = staff("support").browser

    def state() -> str:
        with public_schema():
            ticket.refresh_from_db()
        return ticket.state

    assert "It says 500." in ours.get(page).content.decode()
    assert ours.post(page, {"action": "answer", "body": "We look.", "is_internal": ""}).status_code == 302
    assert (state(), ticket.assigned_to) == ("answered", "the support")
    assert theirs.post(page, {"action": "reply", "body": "Still", "attachments": [upload()]}).status_code == 302
    assert state() == "open"
    assert theirs.post(page, {"action": "close"}).status_code == 302
    assert state() == "closed"
    assert theirs.post(page, {"action": "close"}).status_code == 302
    assert ours.post(page, {"action": "reopen"}).status_code == 302
    assert state() == "open"
    assert ours.post(page, {"action": "close"}).status_code == 302
    assert theirs.post(page, {"body": "Again"}).status_code == 302
    assert (state(), ticket.closed_at) == ("open", None)


@pytest.mark.parametrize("role", ["billing", "auditor", "support", "platform_admin"])
def test_which_staff_reads_and_which_answers(staff: People, ask: Callable[..., Ticket], role: str) -> None:
    ticket = ask(files=[upload()])
    browser = staff(role).browser
    with public_schema():
        file_id = TicketFile.objects.get().pk
    page = f"/console/support/tickets/{ticket.number}/"
    assert browser.get(page).status_code == 200
    assert browser.get(f"/console/support/files/{file_id}/").status_code == 200
    expected = 403 if role == "auditor" else 302
    forms: list[dict[str, str]] = [
        {"action": "answer", "body": "x"},
        {"action": "assign", "staff_id": str(staff("support").id)},
        {"action": "close"},
        {"action": "reopen"},
    ]
    for form in forms:
        assert browser.post(page, form).status_code == expected, form


def test_strangers_are_sent_to_sign_in(ask: Callable[..., Ticket]) -> None:
    from django.test import Client

    number = ask().number
    for host in ("acme.localhost", "localhost"):
        browser = Client(headers={"host": host})
        assert browser.get(f"/console/support/tickets/{number}/").status_code == 302
        assert browser.post(f"/console/support/tickets/{number}/", {"body": "x"}).status_code == 302


def test_only_somebody_who_answers_is_made_responsible(staff: People, ask: Callable[..., Ticket]) -> None:
    number = ask().number
    with public_schema(), acting_as(staff("support").actor):
        with pytest.raises(DomainError):
            tickets.assign_ticket(number=number, staff_id=staff("auditor").id)
        tickets.assign_ticket(number=number, staff_id=None)


def test_closing_and_opening_again_and_again_is_slowed_down(people: People, ask: Callable[..., Ticket]) -> None:
    ticket = ask()

    def close_and_open(times: int) -> None:
        for _time in range(times):
            tickets.close_ticket(number=ticket.number, brand_id=ticket.brand_id, now=clock.now())
            tickets.close_ticket(number=ticket.number, brand_id=ticket.brand_id, now=clock.now())
            tickets.reopen_ticket(number=ticket.number, brand_id=ticket.brand_id, now=clock.now())

    with acting_as(people("sales").actor):
        close_and_open(tickets.MESSAGES_AN_HOUR // 2 - 1)  # what closes a closed one does not count
        with pytest.raises(TooManyRequests):
            close_and_open(2)
