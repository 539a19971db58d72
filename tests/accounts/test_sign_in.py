"""Signing in to the console: names, lock-out, sessions, entry links."""

import threading
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.models import AuditRecord
from kernel.tenancy.context import brand_schema, enter_brand, public_schema
from shared_apps.accounts import selectors
from shared_apps.accounts.models import OneTimeToken, User
from shared_apps.accounts.services import entry_links, users
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def user() -> User:
    return users.create_user(
        name="小明", role="manager", email="ming@acme.example", phone="13812345678", password=PASSWORD
    )


@pytest.fixture
def browser() -> Client:
    return Client(headers={"host": "acme.localhost"})


def sign_in(browser: Client, name: str = "ming@acme.example", password: str = PASSWORD, **more: Any) -> Any:
    return browser.post("/console/login/", {"username": name, "password": password}, **more)


def is_signed_in(browser: Client) -> bool:
    return bool(browser.get("/console/password/change/").status_code == 200)


@pytest.mark.parametrize("name", ["ming@acme.example", " MING@Acme.example", "13812345678", "+86 138 1234 5678"])
def test_the_name_is_an_address_or_a_number(user: User, browser: Client, name: str) -> None:
    response = sign_in(browser, name)
    assert response.status_code == 302
    assert response["Location"] == "/console/"
    assert is_signed_in(browser)
    cookie = response.cookies["sessionid"]
    assert cookie["domain"] == ""
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_the_page_can_be_read_in_both_languages(browser: Client) -> None:
    page = browser.get("/console/login/")
    assert page.status_code == 200
    assert b'name="username"' in page.content
    assert b"/console/password/forgotten/" in page.content
    assert b'value="en"' in page.content


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ming@acme.example", "wrong"),
        ("nobody@acme.example", PASSWORD),
        ("ming\x00@acme.example", "\x00"),
        ("", ""),
        ("x" * 10_000, PASSWORD),
        ("ming@acme.example", "x" * 100_000),
        ("😀", "😀"),
    ],
)
def test_a_wrong_name_and_a_wrong_password_look_the_same(user: User, browser: Client, name: str, password: str) -> None:
    response = sign_in(browser, name, password)
    assert response.status_code == 200
    assert not is_signed_in(browser)


@pytest.mark.parametrize("name", ["ming@acme.example", "nobody@acme.example"])
def test_a_name_nobody_has_costs_as_much_as_a_wrong_password(
    user: User, browser: Client, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    sign_in(browser, name, "wrong")
    assert hashed == ["wrong"]


def test_who_is_deactivated_stays_out_and_goes_out(user: User, browser: Client) -> None:
    sign_in(browser)
    assert is_signed_in(browser)
    users.deactivate_user(user_id=user.pk)
    assert not is_signed_in(browser)
    assert sign_in(browser).status_code == 200
    assert not is_signed_in(browser)


def test_a_session_of_one_brand_is_nothing_in_another(user: User, browser: Client) -> None:
    sign_in(browser)
    cookie = browser.cookies["sessionid"].value
    for host in ("other.localhost", "localhost"):
        stranger = Client(headers={"host": host})
        stranger.cookies["sessionid"] = cookie
        assert not is_signed_in(stranger)
    assert is_signed_in(browser)


def test_the_session_gets_a_new_key_at_sign_in(user: User, browser: Client) -> None:
    session = browser.session
    session["planted"] = "by somebody else"
    session.save()
    planted = session.session_key
    browser.cookies["sessionid"] = planted or ""
    sign_in(browser)
    assert browser.cookies["sessionid"].value != planted
    assert not Session.objects.filter(pk=planted).exists()


def test_five_failures_lock_this_name_from_this_address(user: User, browser: Client) -> None:
    spellings = ["13812345678", "+8613812345678", "138 1234 5678", "0086 138 1234 5678", "+86-138-1234-5678"]
    answers = [sign_in(browser, name, "wrong").status_code for name in spellings]
    assert answers == [200, 200, 200, 200, 429]
    locked = sign_in(browser, "13812345678")
    assert locked.status_code == 429
    assert locked["Retry-After"] == "900"
    assert not is_signed_in(browser)
    elsewhere = Client(headers={"host": "acme.localhost"}, REMOTE_ADDR="203.0.113.9")
    assert sign_in(elsewhere, "13812345678").status_code == 302
    assert AuditRecord.objects.filter(action="accounts.locked_out").count() == 1


def test_a_lock_in_one_brand_is_none_in_another(user: User, browser: Client, other_brand: Brand) -> None:
    with brand_schema(other_brand.schema_name):
        users.create_user(name="A", role="sales", email="ming@acme.example", password=PASSWORD)
    for _attempt in range(5):
        sign_in(browser, password="wrong")
    assert sign_in(browser).status_code == 429
    assert sign_in(Client(headers={"host": "other.localhost"})).status_code == 302


def test_success_forgets_the_failures(user: User, browser: Client) -> None:
    for _round in range(3):
        for _attempt in range(4):
            assert sign_in(browser, password="wrong").status_code == 200
        assert sign_in(Client(headers={"host": "acme.localhost"})).status_code == 302


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_one_is_never_sent_elsewhere(user: User, browser: Client, target: str) -> None:
    response = browser.post("/console/login/", {"username": "ming@acme.example", "password": PASSWORD, "next": target})
    assert response["Location"] == "/console/"


def test_one_is_sent_where_one_wanted_to_go(user: User, browser: Client) -> None:
    response = browser.post(
        "/console/login/?next=/console/two-step/", {"username": "ming@acme.example", "password": PASSWORD}
    )
    assert response["Location"] == "/console/two-step/"


def test_forms_of_other_sites_are_refused(user: User) -> None:
    browser = Client(headers={"host": "acme.localhost"}, enforce_csrf_checks=True)
    assert sign_in(browser).status_code == 403


# --- entry links ---------------------------------------------------------------------------------------------------


def test_a_link_signs_in_once(user: User, browser: Client) -> None:
    token = entry_links.issue_entry_link_token(user_id=user.pk)
    first = browser.get("/console/enter/", {"token": token})
    assert (first.status_code, urlsplit(first["Location"]).path) == (302, "/console/")
    assert is_signed_in(browser)
    again = Client(headers={"host": "acme.localhost"})
    second = again.get("/console/enter/", {"token": token})
    assert second.status_code == 410
    assert b"/console/login/" in second.content
    assert not is_signed_in(again)


@pytest.mark.parametrize("host", ["other.localhost", "localhost"])
def test_a_link_belongs_to_its_brand(user: User, brand: Brand, host: str) -> None:
    token = entry_links.issue_entry_link_token(user_id=user.pk)
    stranger = Client(headers={"host": host})
    assert stranger.get("/console/enter/", {"token": token}).status_code == 410
    assert not is_signed_in(stranger)
    with brand_schema(brand.schema_name):
        assert not OneTimeToken.objects.get(user=user).used_at


@pytest.mark.parametrize("token", ["", "x", "\x00", "a:b:c", "é" * 500])
def test_an_invented_link_opens_nothing(browser: Client, token: str) -> None:
    assert browser.get("/console/enter/", {"token": token}).status_code == 410


def test_a_link_ends_after_a_minute_and_with_the_next_one(user: User, browser: Client) -> None:
    old = entry_links.issue_entry_link_token(user_id=user.pk)
    new = entry_links.issue_entry_link_token(user_id=user.pk)
    assert browser.get("/console/enter/", {"token": old}).status_code == 410
    OneTimeToken.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert browser.get("/console/enter/", {"token": new}).status_code == 410


@pytest.mark.django_db(transaction=True)
def test_of_many_who_open_a_link_at_once_one_comes_in(live_brand: Brand) -> None:
    token = entry_links.issue_entry_link_token(user_id=selectors.list_owners()[0].pk)
    barrier = threading.Barrier(6, timeout=60)
    outcomes = []

    def open_link() -> None:
        enter_brand(live_brand)
        try:
            barrier.wait(10)
            outcomes.append(entry_links.redeem_entry_link(token=token).role)
        except DomainError as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=open_link) for _person in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["entry_link_invalid"] * 5 + ["owner"]


def test_reading_the_head_uses_nothing_up(user: User, browser: Client) -> None:
    token = entry_links.issue_entry_link_token(user_id=user.pk)
    assert browser.head("/console/enter/", {"token": token}).status_code == 405
    assert browser.get("/console/enter/", {"token": token}).status_code == 302


def test_signing_in_is_recorded_for_the_person(user: User, browser: Client) -> None:
    sign_in(browser)
    record = AuditRecord.objects.get(action="accounts.signed_in")
    assert (record.actor_kind, record.actor_id, record.after) == ("user", user.pk, {"way": "password"})


def test_staff_sign_in_on_the_platforms_host() -> None:
    with public_schema():
        users.create_user(name="S", role="support", email="s@banyan.example", password=PASSWORD)
    browser = Client(headers={"host": "localhost"})
    assert sign_in(browser, "s@banyan.example").status_code == 302
    assert is_signed_in(browser)
    assert sign_in(Client(headers={"host": "acme.localhost"}), "s@banyan.example").status_code == 200


def test_the_owner_made_at_sign_up_can_come_in(browser: Client) -> None:
    owner = selectors.list_owners()[0]
    assert owner.email is not None
    assert sign_in(browser, owner.email, "a long pass phrase").status_code == 302
