"""People and keys in the consoles."""

import re
from typing import Any

import pytest
from django.test import Client

from kernel.core import clock
from kernel.models import AuditRecord
from kernel.tenancy.context import public_schema
from shared_apps.accounts import selectors
from shared_apps.accounts.models import ApiKey, User
from shared_apps.accounts.services import entry_links, users

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def browser_as(role: str, host: str = "acme.localhost") -> Client:
    user = users.create_user(name=f"the {role}", role=role, email=f"{role}@console.example", password=PASSWORD)
    browser = Client(headers={"host": host})
    browser.get("/console/enter/", {"token": entry_links.issue_entry_link_token(user_id=user.pk)})
    return browser


@pytest.fixture
def owner() -> Client:
    return browser_as("owner")


PERSON = {"name": "小红", "role": "sales", "email": "", "phone": "138 1234 5678", "language": "zh-hans"}


def test_the_owner_adds_and_changes_a_person(owner: Client) -> None:
    assert owner.post("/console/accounts/user/add/", PERSON).status_code == 200
    user = User.objects.get(phone="+8613812345678")
    assert owner.get("/console/accounts/user/").status_code == 200
    page = f"/console/accounts/user/{user.pk}/change/"
    assert owner.get(page).status_code == 200
    changed = {**PERSON, "role": "warehouse", "email": "HONG@acme.example"}
    assert owner.post(page, changed).status_code == 302
    user.refresh_from_db()
    assert (user.role, user.email) == ("warehouse", "hong@acme.example")
    record = AuditRecord.objects.filter(action="accounts.role_changed").get()
    assert record.actor_label == "the owner"


@pytest.mark.parametrize(
    "wrong",
    [{"phone": "12"}, {"phone": ""}, {"email": "no"}, {"role": "support"}, {"role": "service"}, {"name": ""}],
)
def test_a_refusal_stands_in_the_form(owner: Client, wrong: dict[str, str]) -> None:
    before = User.objects.count()
    response = owner.post("/console/accounts/user/add/", {**PERSON, **wrong})
    assert response.status_code == 200
    assert User.objects.count() == before


def test_the_last_owner_stays_in_the_console_too(owner: Client) -> None:
    first, second = selectors.list_owners()
    users.deactivate_user(user_id=first.pk)
    response = owner.post(f"/console/accounts/user/{second.pk}/change/", {**PERSON, "role": "sales"})
    assert response.status_code == 200
    second.refresh_from_db()
    assert second.role == "owner"


def test_nobody_sets_a_password_for_a_colleague(owner: Client) -> None:
    user = users.create_user(name="A", role="sales", phone="13812345678")
    page = owner.get(f"/console/accounts/user/{user.pk}/change/").content.decode()
    assert "password" not in page.replace("password/change", "")


def test_who_has_a_phone_only_is_invited_by_a_link_that_is_shown_once(owner: Client) -> None:
    shown = owner.post("/console/accounts/user/add/", PERSON)
    assert shown.status_code == 200
    assert "no-store" in shown.headers["Cache-Control"]
    found = re.search(r"http://acme\.localhost(/console/password/reset/\?token=[\w-]+)", shown.content.decode())
    assert found
    user = User.objects.get(phone="+8613812345678")
    assert found.group(1) not in owner.get(f"/console/accounts/user/{user.pk}/change/").content.decode()
    newcomer = Client(headers={"host": "acme.localhost"})
    newcomer.get(found.group(1))
    assert newcomer.post("/console/password/reset/", {"password": PASSWORD, "again": PASSWORD}).status_code == 200
    signed_in = newcomer.post("/console/login/", {"username": "13812345678", "password": PASSWORD})
    assert signed_in.status_code == 302


def test_an_invitation_is_sent_again_and_revoked(owner: Client) -> None:
    user = users.create_user(name="A", role="sales", phone="13812345678")
    page = f"/console/accounts/user/{user.pk}"
    assert owner.post(f"{page}/invite/", {"_form_submitted": "true"}).status_code == 302
    assert "token=" in owner.get(f"{page}/change/").content.decode()
    assert selectors.is_invited(user_id=user.pk, now=clock.now())
    assert owner.post(f"{page}/revoke_invitation/", {"_form_submitted": "true"}).status_code == 302
    assert not selectors.is_invited(user_id=user.pk, now=clock.now())


@pytest.mark.parametrize("role", ["manager", "sales", "warehouse", "finance"])
@pytest.mark.parametrize("page", ["user/", "user/add/", "apikey/", "apikey/add/"])
def test_who_does_not_manage_accounts_sees_nothing_of_them(role: str, page: str) -> None:
    assert browser_as(role).get(f"/console/accounts/{page}").status_code == 403


def test_a_key_is_shown_once(owner: Client) -> None:
    form: dict[str, Any] = {"name": "erp", "role": "service", "scope": "ticked", "permissions": ["orders.view"]}
    response = owner.post("/console/accounts/apikey/add/", form)
    shown = re.search(r"bny_[A-Za-z0-9_-]{48}", response.content.decode())
    assert shown
    actor = selectors.authenticate_api_key(shown.group(), now=clock.now())
    assert actor is not None
    assert actor.permissions == {"orders.view"}
    key = ApiKey.objects.get(name="erp")
    assert key.created_by is not None
    for page in ("", f"{key.pk}/change/"):
        listed = owner.get(f"/console/accounts/apikey/{page}").content.decode()
        assert key.prefix in listed
        assert shown.group() not in listed


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"role": "service", "scope": "ticked"}, "permissions"),
        ({"role": "service", "scope": "role"}, "permissions"),
        ({"role": "manager"}, "scope"),
        ({"role": "manager", "scope": "ticked"}, "permissions"),
        ({"role": "manager", "scope": "role", "permissions": ["orders.view"]}, "permissions"),
    ],
)
def test_a_key_gets_nothing_that_was_not_chosen(owner: Client, form: dict[str, object], field: str) -> None:
    response = owner.post("/console/accounts/apikey/add/", {"name": "erp", **form})
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    assert not ApiKey.objects.exists()


def test_a_key_of_a_whole_role_is_asked_for_by_name(owner: Client) -> None:
    owner.post("/console/accounts/apikey/add/", {"name": "erp", "role": "manager", "scope": "role"})
    assert ApiKey.objects.get().permissions is None


def test_support_sees_staff_and_administrators_change_them() -> None:
    with public_schema():
        support = browser_as("support", host="localhost")
        administrator = browser_as("platform_admin", host="localhost")
    assert support.get("/console/accounts/user/").status_code == 200
    assert support.get("/console/accounts/user/add/").status_code == 403
    added = {"name": "S", "role": "support", "email": "new@banyan.example", "phone": "", "language": "en"}
    assert administrator.post("/console/accounts/user/add/", added).status_code == 302
    with public_schema():
        assert User.objects.filter(email="new@banyan.example").exists()
