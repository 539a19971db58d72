"""Forgotten passwords, and changing them."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client, override_settings

from kernel.core import clock
from kernel.events import outbox, queue
from kernel.models import AuditRecord, OutboxMessage
from shared_apps.accounts import selectors
from shared_apps.accounts.models import OneTimeToken, User
from shared_apps.accounts.services import credentials, entry_links, passwords, users

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
NEW = "quite another phrase"


@pytest.fixture
def user() -> User:
    return users.create_user(
        name="A", role="manager", email="a@acme.example", phone="13812345678", password=PASSWORD, language="en"
    )


@pytest.fixture
def browser() -> Client:
    return Client(headers={"host": "acme.localhost"})


def sign_in(browser: Client, password: str = PASSWORD) -> int:
    response = browser.post("/console/login/", {"username": "a@acme.example", "password": password})
    return int(response.status_code)


def ask(browser: Client, name: str) -> Any:
    return browser.post("/console/password/forgotten/", {"name": name})


def token_in_mail() -> str:
    found = re.search(r"http://acme\.localhost/console/password/reset/\?token=(\S+)", str(mail.outbox[-1].body))
    assert found
    return found.group(1)


@pytest.mark.parametrize("name", ["a@acme.example", "A@ACME.example", "13812345678"])
def test_a_link_is_sent_and_sets_a_new_password(user: User, browser: Client, name: str) -> None:
    assert ask(browser, name).status_code == 200
    assert outbox.deliver_pending() == 1
    assert mail.outbox[0].to == ["a@acme.example"]
    page = browser.get(f"/console/password/reset/?token={token_in_mail()}", follow=True)
    assert page.redirect_chain == [("/console/password/reset/", 302)]
    page = browser.post("/console/password/reset/", {"password": NEW, "again": NEW})
    assert b"/console/login/" in page.content
    assert sign_in(browser, NEW) == 302


def test_the_answer_is_the_same_for_everybody(user: User, browser: Client) -> None:
    users.create_user(name="P", role="sales", phone="13912345678")
    pages = {
        re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", ask(browser, name).content)
        for name in ("a@acme.example", "nobody@acme.example", "13912345678", "not a name at all", "😀")
    }
    assert len(pages) == 1
    assert OutboxMessage.objects.filter(event="accounts.password_reset_requested").count() == 5
    outbox.deliver_pending()
    assert len(mail.outbox) == 1


def test_nothing_is_sent_to_who_is_deactivated(user: User) -> None:
    users.deactivate_user(user_id=user.pk)
    assert not passwords.send_reset_link(name="a@acme.example", origin="http://acme.localhost")


def test_an_address_asks_ten_times_an_hour(browser: Client) -> None:
    answers = [b"bn-error" in ask(browser, f"n{index}@acme.example").content for index in range(12)]
    assert answers == [False] * 10 + [True] * 2


def test_a_link_works_once(user: User) -> None:
    token = passwords.issue_reset_token(user_id=user.pk)
    passwords.reset_password(token=token, password=NEW)
    with pytest.raises(passwords.ResetLinkInvalid):
        passwords.reset_password(token=token, password="a third phrase here")


def test_a_refused_password_leaves_the_link_usable(user: User) -> None:
    token = passwords.issue_reset_token(user_id=user.pk)
    for weak in ("12345678", "password", "short", "x" * 129):
        with pytest.raises(credentials.WeakPassword):
            passwords.reset_password(token=token, password=weak)
    passwords.reset_password(token=token, password=NEW)


def test_a_link_ends_after_an_hour_and_with_the_next_one(user: User) -> None:
    old = passwords.issue_reset_token(user_id=user.pk)
    new = passwords.issue_reset_token(user_id=user.pk)
    assert not selectors.is_reset_token_usable(old)
    assert selectors.is_reset_token_usable(new)
    OneTimeToken.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    with pytest.raises(passwords.ResetLinkInvalid):
        passwords.reset_password(token=new, password=NEW)


@pytest.mark.parametrize("host", ["other.localhost", "localhost"])
def test_a_link_belongs_to_its_brand(user: User, host: str) -> None:
    token = passwords.issue_reset_token(user_id=user.pk)
    page = Client(headers={"host": host}).get(f"/console/password/reset/?token={token}", follow=True)
    assert page.status_code == 410


def test_an_entry_link_resets_no_password(user: User) -> None:
    secret = credentials.issue_token(
        user_id=user.pk, purpose="entry_link", lifetime=timedelta(minutes=1), now=clock.now()
    )
    with pytest.raises(passwords.ResetLinkInvalid):
        passwords.reset_password(token=secret, password=NEW)


def test_a_new_password_ends_every_session_and_link(user: User, browser: Client) -> None:
    sign_in(browser)
    entry = entry_links.issue_entry_link_token(user_id=user.pk)
    other = credentials.issue_token(user_id=user.pk, purpose="invitation", lifetime=timedelta(hours=1), now=clock.now())
    passwords.reset_password(token=passwords.issue_reset_token(user_id=user.pk), password=NEW)
    assert browser.get("/console/password/change/").status_code == 302
    assert not selectors.is_reset_token_usable(other)
    with pytest.raises(entry_links.EntryLinkInvalid):
        entry_links.redeem_entry_link(token=entry)


def test_changing_ones_own_keeps_this_session_only(user: User, browser: Client) -> None:
    elsewhere = Client(headers={"host": "acme.localhost"})
    sign_in(browser)
    sign_in(elsewhere)
    wrong = browser.post("/console/password/change/", {"current": "wrong", "password": NEW, "again": NEW})
    assert wrong.status_code == 200
    differs = browser.post("/console/password/change/", {"current": PASSWORD, "password": NEW, "again": NEW + "!"})
    assert differs.status_code == 200
    done = browser.post("/console/password/change/", {"current": PASSWORD, "password": NEW, "again": NEW})
    assert done.status_code == 302
    assert browser.get("/console/password/change/").status_code == 200
    assert elsewhere.get("/console/password/change/").status_code == 302
    actions = set(AuditRecord.objects.filter(subject=f"user:{user.pk}").values_list("action", flat=True))
    assert "accounts.password_changed" in actions


@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"])
def test_passwords_are_hashed_with_argon2(user: User) -> None:
    passwords.reset_password(token=passwords.issue_reset_token(user_id=user.pk), password=NEW)
    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$")
    assert user.check_password(NEW)


def test_staff_get_their_link_by_the_platforms_task(
    public: None, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(queue, "send", lambda task, args, schema: sent.append((task, args, schema)))
    with django_capture_on_commit_callbacks(execute=True):
        passwords.request_reset(name="S@banyan.example", origin="http://localhost", ip_address=None)
    assert sent == [("accounts.send_staff_reset_link", ("s@banyan.example", "http://localhost"), "public")]
