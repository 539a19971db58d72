"""Two-step sign-in: enrolment, codes that work once, recovery codes."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from django.db import connection
from django.test import Client

from kernel.core import clock
from kernel.models import AuditRecord
from shared_apps.accounts.models import OneTimeToken, User
from shared_apps.accounts.services import credentials, entry_links, people, second_step, throttle, users
from tests.factories.fresh import forget_counters

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
NOW = datetime(2026, 11, 21, 12, 0, 10, tzinfo=UTC)


@pytest.fixture
def user() -> User:
    return users.create_user(name="A", role="manager", email="a@acme.example", password=PASSWORD)


def code_at(user: User, moment: datetime) -> str:
    user.refresh_from_db()
    return pyotp.TOTP(user.totp_secret).at(moment)


def enrol(user: User, now: datetime = NOW) -> list[str]:
    second_step.begin_enrolment(user_id=user.pk)
    return second_step.confirm_enrolment(user_id=user.pk, code=code_at(user, now), now=now)


def test_the_secret_is_encrypted_and_stays_until_it_is_confirmed(user: User) -> None:
    secret = second_step.begin_enrolment(user_id=user.pk).totp_secret
    assert second_step.begin_enrolment(user_id=user.pk).totp_secret == secret
    with connection.cursor() as cursor:
        cursor.execute("SELECT totp_secret FROM accounts_user WHERE id = %s", [user.pk])
        assert secret not in cursor.fetchone()[0]
    user.refresh_from_db()
    assert not user.has_totp


def test_a_wrong_first_code_turns_nothing_on(user: User) -> None:
    second_step.begin_enrolment(user_id=user.pk)
    for code in ("", "000000", "12345", "１２３４５６", "\x00", "😀", "1" * 1000):
        forget_counters()
        with pytest.raises(second_step.WrongCode):
            second_step.confirm_enrolment(user_id=user.pk, code=code, now=NOW)
    user.refresh_from_db()
    assert not user.has_totp


@pytest.mark.parametrize(("seconds", "fits"), [(0, True), (30, True), (-30, True), (61, False), (-61, False)])
def test_clocks_may_differ_by_one_step(user: User, seconds: int, fits: bool) -> None:
    enrol(user, NOW - timedelta(hours=1))
    code = code_at(user, NOW + timedelta(seconds=seconds))
    if fits:
        second_step.verify(user_id=user.pk, code=f" {code[:3]} {code[3:]} ", now=NOW)
    else:
        with pytest.raises(second_step.WrongCode):
            second_step.verify(user_id=user.pk, code=code, now=NOW)


def test_a_code_works_once(user: User) -> None:
    enrol(user)
    with pytest.raises(second_step.WrongCode):
        second_step.verify(user_id=user.pk, code=code_at(user, NOW), now=NOW)
    later = NOW + timedelta(minutes=1)
    code = code_at(user, later)
    second_step.verify(user_id=user.pk, code=code, now=later)
    with pytest.raises(second_step.WrongCode):
        second_step.verify(user_id=user.pk, code=code, now=later)
    with pytest.raises(second_step.WrongCode):  # nor does one from before the last accepted
        second_step.verify(user_id=user.pk, code=code_at(user, later - timedelta(seconds=30)), now=later)


def test_a_recovery_code_works_once_and_only_for_its_person(user: User) -> None:
    codes = enrol(user)
    assert len(set(codes)) == 10
    assert not OneTimeToken.objects.filter(digest__in=codes).exists()
    other = users.create_user(name="B", role="manager", email="b@acme.example", password=PASSWORD)
    enrol(other)
    with pytest.raises(second_step.WrongCode):
        second_step.verify(user_id=other.pk, code=codes[0], now=clock.now())
    second_step.verify(user_id=user.pk, code=codes[0].upper().replace("-", " "), now=clock.now())
    with pytest.raises(second_step.WrongCode):
        second_step.verify(user_id=user.pk, code=codes[0], now=clock.now())


def test_five_wrong_codes_are_enough(user: User) -> None:
    enrol(user)
    later = NOW + timedelta(minutes=5)
    for _attempt in range(5):
        with pytest.raises(second_step.WrongCode):
            second_step.verify(user_id=user.pk, code="000000", now=later)
    with pytest.raises(throttle.TooManyAttempts):
        second_step.verify(user_id=user.pk, code=code_at(user, later), now=later)


def test_turning_it_off_needs_the_password(user: User) -> None:
    enrol(user)
    with pytest.raises(credentials.WrongPassword):
        second_step.turn_off(user_id=user.pk, password="wrong")
    off = second_step.turn_off(user_id=user.pk, password=PASSWORD)
    assert not off.has_totp
    assert off.totp_secret == ""
    assert not OneTimeToken.objects.filter(user=user, used_at__isnull=True).exists()
    with pytest.raises(second_step.SecondStepOff):
        second_step.turn_off(user_id=user.pk, password=PASSWORD)


def test_a_colleague_with_the_right_turns_it_off(user: User) -> None:
    enrol(user)
    assert not second_step.reset_for(user_id=user.pk).has_totp
    assert AuditRecord.objects.filter(action="accounts.second_step_off", subject=f"user:{user.pk}").exists()
    with pytest.raises(people.UserNotFound):
        second_step.reset_for(user_id=10**15)


# --- in the browser ------------------------------------------------------------------------------------------------


@pytest.fixture
def browser() -> Client:
    return Client(headers={"host": "acme.localhost"})


def sign_in(browser: Client) -> Any:
    return browser.post("/console/login/", {"username": "a@acme.example", "password": PASSWORD})


def test_enrolling_by_the_page(user: User, browser: Client) -> None:
    sign_in(browser)
    page = browser.get("/console/two-step/")
    assert b"data:image/svg+xml" in page.content
    user.refresh_from_db()
    assert user.totp_secret.encode() in page.content
    wrong = browser.post("/console/two-step/", {"code": "000000"})
    assert "bn-error" in wrong.content.decode()
    page = browser.post("/console/two-step/", {"code": code_at(user, clock.now())})
    codes = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9]{5})</code>", page.content.decode())
    assert len(codes) == 10
    assert b"two-step/off" in browser.get("/console/two-step/").content
    browser.post("/console/two-step/off/", {"password": PASSWORD})
    user.refresh_from_db()
    assert not user.has_totp


def test_the_password_alone_opens_nothing(user: User, browser: Client) -> None:
    codes = enrol(user)
    response = sign_in(browser)
    assert response["Location"] == "/console/login/code/"
    for page in ("/console/", "/console/password/change/", "/console/two-step/"):
        assert browser.get(page)["Location"].startswith("/console/login/")
    wrong = browser.post("/console/login/code/", {"code": "000000"})
    assert wrong.status_code == 200
    response = browser.post("/console/login/code/", {"code": codes[0]})
    assert response["Location"] == "/console/"
    assert browser.get("/console/password/change/").status_code == 200
    assert AuditRecord.objects.get(action="accounts.signed_in").after == {"way": "second_step"}


def test_an_entry_link_asks_for_the_code_too(user: User, browser: Client) -> None:
    enrol(user)
    token = entry_links.issue_entry_link_token(user_id=user.pk)
    assert browser.get("/console/enter/", {"token": token})["Location"] == "/console/login/code/"


def test_the_first_step_is_forgotten_when_the_password_changes(user: User, browser: Client) -> None:
    codes = enrol(user)
    sign_in(browser)
    user.set_password("another long phrase")
    user.save()
    assert browser.post("/console/login/code/", {"code": codes[0]})["Location"] == "/console/login/"


def test_the_code_page_needs_the_first_step(browser: Client) -> None:
    assert browser.get("/console/login/code/")["Location"] == "/console/login/"
