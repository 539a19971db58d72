"""Invitations: sent or handed over, good once for seven days, ended by a new one and by whoever sent them."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.test import Client

from kernel.core import clock
from kernel.events import outbox
from kernel.models import AuditRecord, OutboxMessage
from shared_apps.accounts import selectors
from shared_apps.accounts.models import OneTimeToken, User
from shared_apps.accounts.services import credentials, invitations, passwords, users

if TYPE_CHECKING:
    from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db
ORIGIN = "http://acme.localhost"
PASSWORD = "correct horse battery"


@pytest.fixture
def clerk() -> User:
    return users.create_user(name="Clerk", role="sales", phone="13812345678")


def token_of(link: str) -> str:
    return link.partition("?token=")[2]


def test_a_link_sets_the_password_once(clerk: User) -> None:
    token = token_of(invitations.invite(user_id=clerk.pk, origin=ORIGIN))
    assert passwords.reset_password(token=token, password=PASSWORD).pk == clerk.pk
    with pytest.raises(passwords.ResetLinkInvalid):
        passwords.reset_password(token=token, password=PASSWORD)
    assert token not in str(list(OneTimeToken.objects.values_list("digest")))


def end_by_a_new_one(clerk: User) -> None:
    invitations.invite(user_id=clerk.pk, origin=ORIGIN)


def end_by_revoking(clerk: User) -> None:
    invitations.revoke_invitation(user_id=clerk.pk)


def end_by_deactivating(clerk: User) -> None:
    users.deactivate_user(user_id=clerk.pk)
    users.reactivate_user(user_id=clerk.pk)


def end_by_another_phone(clerk: User) -> None:
    users.change_user(user_id=clerk.pk, changes={"phone": "13912345678"})


def end_by_time(clerk: User) -> None:
    OneTimeToken.objects.filter(user=clerk).update(expires_at=clock.now() - timedelta(seconds=1))


@pytest.mark.parametrize(
    "end", [end_by_a_new_one, end_by_revoking, end_by_deactivating, end_by_another_phone, end_by_time]
)
def test_a_link_ends(clerk: User, end: Callable[[User], None]) -> None:
    token = token_of(invitations.invite(user_id=clerk.pk, origin=ORIGIN))
    end(clerk)
    assert not selectors.is_reset_token_usable(token)
    with pytest.raises(passwords.ResetLinkInvalid):
        passwords.reset_password(token=token, password=PASSWORD)


def test_a_link_lives_seven_days(clerk: User) -> None:
    invitations.invite(user_id=clerk.pk, origin=ORIGIN)
    token = OneTimeToken.objects.get(user=clerk, used_at__isnull=True)
    assert token.expires_at - token.created_at == pytest.approx(timedelta(days=7), abs=timedelta(minutes=1))


def test_a_link_keeps_its_role_of_the_day_it_is_used(clerk: User) -> None:
    token = token_of(invitations.invite(user_id=clerk.pk, origin=ORIGIN))
    users.change_role(user_id=clerk.pk, role="warehouse")
    assert passwords.reset_password(token=token, password=PASSWORD).role == "warehouse"


def test_a_letter_goes_to_who_has_an_address() -> None:
    user = users.create_user(name="A", role="sales", email="a@acme.example", language="en")
    assert invitations.invite(user_id=user.pk, origin=ORIGIN) == ""
    assert "token" not in str(OutboxMessage.objects.get(event="accounts.person_invited").payload)
    outbox.deliver_pending()
    assert mail.outbox[0].to == ["a@acme.example"]
    found = re.search(r"http://acme\.localhost/console/password/reset/\?token=(\S+)", str(mail.outbox[0].body))
    assert found
    assert passwords.reset_password(token=found.group(1), password=PASSWORD).pk == user.pk


def test_nobody_deactivated_is_invited(clerk: User) -> None:
    users.deactivate_user(user_id=clerk.pk)
    with pytest.raises(invitations.NotActive):
        invitations.invite(user_id=clerk.pk, origin=ORIGIN)
    assert not invitations.send_invitation(user_id=clerk.pk, origin=ORIGIN)


def test_every_step_is_in_the_log(clerk: User) -> None:
    invitations.invite(user_id=clerk.pk, origin=ORIGIN)
    invitations.revoke_invitation(user_id=clerk.pk)
    said = AuditRecord.objects.filter(subject=f"user:{clerk.pk}").order_by("id").values_list("action", flat=True)
    assert list(said)[-2:] == ["accounts.invited", "accounts.invitation_revoked"]


def test_by_the_api(owner_api: "ApiClient") -> None:
    made = owner_api.post("/api/v1/users", {"name": "A", "role": "sales", "phone": "13812345678"}).json()
    first = token_of(made["invitation_url"])
    assert selectors.is_reset_token_usable(first)
    again = owner_api.post(f"/api/v1/users/{made['user']['id']}/invite").json()
    assert not selectors.is_reset_token_usable(first)
    assert selectors.is_reset_token_usable(token_of(again["invitation_url"]))
    assert "invitation_url" not in owner_api.post(f"/api/v1/users/{made['user']['id']}/revoke-invitation").json()
    assert not selectors.is_reset_token_usable(token_of(again["invitation_url"]))
    by_mail = owner_api.post("/api/v1/users", {"name": "B", "role": "sales", "email": "b@acme.example"}).json()
    assert by_mail["invitation_url"] == ""


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("path", ["/console/login/", "/console/password/forgotten/"])
def test_the_page_says_how_somebody_with_a_phone_only_gets_in_again(path: str, language: str) -> None:
    page = Client(headers={"host": "acme.localhost", "accept-language": language}).get(path).content.decode()
    assert {"en": "gives you a link", "zh-hans": "链接"}[language] in page


def test_a_token_is_known_by_its_own_purpose_only(clerk: User) -> None:
    token = token_of(invitations.invite(user_id=clerk.pk, origin=ORIGIN))
    assert credentials.use_token(secret=token, purpose="entry_link", now=clock.now()) is None
