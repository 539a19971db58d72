"""The API of people and keys, with the awful input programs send."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from kernel.models import AuditRecord
from shared_apps.accounts import selectors
from shared_apps.accounts.models import ApiKey, User
from shared_apps.accounts.rules import rights
from shared_apps.accounts.services import entry_links, users
from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(owner_api: Any) -> Any:
    """A person: keys reach neither people nor keys."""
    return owner_api


NEW = {"name": "小红 💄", "role": "sales", "email": "Hong@Acme.example", "phone": "138 1234 5678"}


def test_who_am_i(api_as: Callable[[str], ApiClient]) -> None:
    me = api_as("warehouse").get("/api/v1/me").json()
    assert (me["kind"], me["role"], me["name"]) == ("api_key", "warehouse", "test warehouse")
    assert set(me["permissions"]) == rights.permissions_for("warehouse")


def test_a_person_from_start_to_end(api: ApiClient) -> None:
    made = api.post("/api/v1/users", NEW)
    assert made.status_code == 201
    user = made.json()["user"]
    assert (user["email"], user["phone"], user["name"]) == ("hong@acme.example", "+8613812345678", "小红 💄")
    assert not {"password", "totp_secret"} & set(user)
    address = f"/api/v1/users/{user['id']}"
    assert api.patch(address, {"name": "小绿", "language": "en"}).json()["name"] == "小绿"
    assert api.post(f"{address}/role", {"role": "finance"}).json()["role"] == "finance"
    assert api.post(f"{address}/deactivate").json()["is_active"] is False
    assert api.post(f"{address}/reactivate").json()["is_active"] is True
    assert api.get(address).json()["email"] == "hong@acme.example"
    record = AuditRecord.objects.filter(action="accounts.user_created").latest("id")
    assert (record.actor_kind, record.actor_label) == ("user", "test owner")


def test_changing_one_field_leaves_the_others(api: ApiClient) -> None:
    user = users.create_user(name="A", role="sales", email="a@acme.example", phone="13812345678", language="en")
    changed = api.patch(f"/api/v1/users/{user.pk}", {"phone": None}).json()
    assert (changed["name"], changed["email"], changed["phone"], changed["language"]) == (
        "A",
        "a@acme.example",
        None,
        "en",
    )
    assert api.patch(f"/api/v1/users/{user.pk}", {"email": None}).status_code == 422


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"is_active": False}, "is_active"),
        ({"is_superuser": True}, "is_superuser"),
        ({"id": 1}, "id"),
        ({"totp_secret": "x"}, "totp_secret"),
        ({"name": 1}, "name"),
        ({"name": None}, "name"),
        ({"name": ["a"]}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"role": "root"}, "role"),
        ({"role": "service"}, "role"),
        ({"role": "platform_admin"}, "role"),
        ({"role": {}}, "role"),
        ({"email": "nobody"}, "email"),
        ({"email": "a\x00@b.cn"}, "email"),
        ({"email": "a b@c.cn"}, "email"),
        ({"email": True}, "email"),
        ({"phone": 13812345678}, "phone"),
        ({"phone": "1" * 500}, "phone"),
        ({"phone": "\x00"}, "phone"),
        ({"password": "correct horse battery"}, "password"),
        ({"language": "xx"}, "language"),
    ],
)
def test_a_refusal_names_the_field_and_changes_nothing(api: ApiClient, wrong: dict[str, Any], field: str) -> None:
    before = User.objects.count()
    response = api.post("/api/v1/users", {**NEW, **wrong})
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert field in [error["field"] for error in response.json()["errors"]]
    assert User.objects.count() == before


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', '{"name": "\\ud800", "role": "sales"}', '{"a":NaN}'])
def test_what_is_no_object_is_refused(api: ApiClient, body: str) -> None:
    before = User.objects.count()
    response = api.request("post", "/api/v1/users", body)
    assert response.status_code in {400, 422}
    assert User.objects.count() == before


def test_neither_address_is_refused(api: ApiClient) -> None:
    response = api.post("/api/v1/users", {"name": "A", "role": "sales"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "email"


def test_taken_addresses_are_a_conflict(api: ApiClient) -> None:
    api.post("/api/v1/users", NEW)
    response = api.post("/api/v1/users", {**NEW, "phone": None})
    assert (response.status_code, response.json()["code"]) == (409, "email_taken")


@pytest.mark.parametrize("user_id", ["0", "-1", "abc", "9" * 30, "1.5", str(2**63)])
def test_odd_ids_are_no_server_error(api: ApiClient, user_id: str) -> None:
    assert api.get(f"/api/v1/users/{user_id}").status_code in {404, 422}


def test_the_last_owner(api: ApiClient) -> None:
    first, owner = selectors.list_owners()
    users.deactivate_user(user_id=first.pk)
    for answer in (
        api.post(f"/api/v1/users/{owner.pk}/deactivate"),
        api.post(f"/api/v1/users/{owner.pk}/role", {"role": "sales"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")


def test_lists_are_paged(api: ApiClient) -> None:
    for index in range(3):
        users.create_user(name=f"N{index}", role="sales", email=f"n{index}@acme.example")
    first = api.get("/api/v1/users?limit=3").json()
    rest = api.get(f"/api/v1/users?limit=3&cursor={first['next_cursor']}").json()
    names = [user["name"] for user in first["items"] + rest["items"]]
    assert names[2:] == ["N0", "N1", "N2"]
    assert rest["next_cursor"] is None
    for query in ("limit=0", "limit=101", "limit=x", "cursor=x", "cursor=%00"):
        assert api.get(f"/api/v1/users?{query}").status_code == 422


# --- keys ----------------------------------------------------------------------------------------------------------


def test_a_key_from_start_to_end(api: ApiClient, anonymous: Any) -> None:
    made = api.post("/api/v1/api-keys", {"name": "erp", "role": "service", "permissions": ["orders.view"]})
    assert made.status_code == 201
    secret = made.json()["secret"]
    key = made.json()["api_key"]
    assert anonymous.get("/api/v1/orders", authorization=f"Bearer {secret}").status_code == 200
    listed = api.get("/api/v1/api-keys")
    assert secret not in listed.content.decode()
    assert {"digest", "secret"}.isdisjoint(listed.json()["items"][0])
    used = next(item for item in listed.json()["items"] if item["id"] == key["id"])
    assert used["last_used_at"] is not None
    assert api.post(f"/api/v1/api-keys/{key['id']}/revoke").json()["revoked_at"] is not None
    refused = anonymous.get("/api/v1/orders", authorization=f"Bearer {secret}")
    assert (refused.status_code, refused.json()["code"]) == (401, "api_key_refused")
    assert refused["WWW-Authenticate"].startswith("Bearer")


def test_no_key_manages_people_or_keys(api: ApiClient, anonymous: Any) -> None:
    """Whatever its role: it has no word for it, and none can be given to it."""
    secret = api.post("/api/v1/api-keys", {"name": "k", "role": "owner"}).json()["secret"]
    before = (ApiKey.objects.count(), User.objects.count())
    for method, address, body in (
        ("post", "/api/v1/api-keys", {"name": "k", "role": "owner"}),
        ("post", "/api/v1/users", {**NEW, "role": "owner"}),
        ("get", "/api/v1/users", None),
        ("get", "/api/v1/api-keys", None),
    ):
        response = anonymous.request(method, address, body, authorization=f"Bearer {secret}")
        assert (response.status_code, response.json()["code"]) == (403, "permission_missing")
    for permission in sorted(rights.NOT_FOR_KEYS):
        wanted = {"name": "k", "role": "service", "permissions": [permission]}
        errors = api.post("/api/v1/api-keys", wanted).json()["errors"]
        assert [(error["field"], error["code"]) for error in errors] == [("permissions.0", "permission_not_for_keys")]
    assert (ApiKey.objects.count(), User.objects.count()) == before


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"role": "service"}, "permissions"),
        ({"role": "service", "permissions": ["x"]}, "permissions.0"),
        ({"role": "service", "permissions": "orders.view"}, "permissions"),
        ({"role": "service", "permissions": ["orders.view"] * 101}, "permissions"),
        ({"role": "sales", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"role": "sales", "expires_at": "2099-01-01T00:00:00"}, "expires_at"),
        ({"role": "sales", "expires_at": "tomorrow"}, "expires_at"),
        ({"role": "sales", "digest": "x"}, "digest"),
    ],
)
def test_a_refused_key_is_not_made(api: ApiClient, wrong: dict[str, Any], field: str) -> None:
    before = ApiKey.objects.count()
    response = api.post("/api/v1/api-keys", {"name": "k", **wrong})
    assert response.status_code == 422
    assert field in [error["field"] for error in response.json()["errors"]]
    assert ApiKey.objects.count() == before


# --- who may come in -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer bny_x", "Basic abc", "bny_abc", "Bearer " + "x" * 5_000, "Bearer é"]
)
def test_without_a_good_key_nobody_comes_in(anonymous: Any, header: str) -> None:
    response = anonymous.get("/api/v1/me", authorization=header)
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"


def test_a_wrong_key_is_not_helped_by_a_session() -> None:
    user = users.create_user(name="A", role="owner", email="a@acme.example")
    browser = Client(headers={"host": "acme.localhost"})
    browser.get("/console/enter/", {"token": entry_links.issue_entry_link_token(user_id=user.pk)})
    assert browser.get("/api/v1/me").status_code == 200
    assert browser.get("/api/v1/me", headers={"authorization": "Bearer bny_wrong"}).status_code == 401


def test_a_session_reads_and_needs_the_csrf_token_to_write() -> None:
    user = users.create_user(name="A", role="owner", email="a@acme.example")
    browser = Client(headers={"host": "acme.localhost"}, enforce_csrf_checks=True)
    browser.get("/console/enter/", {"token": entry_links.issue_entry_link_token(user_id=user.pk)})
    me = browser.get("/api/v1/me").json()
    assert (me["kind"], me["id"]) == ("user", user.pk)
    refused = browser.post("/api/v1/users", NEW, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_refused")
    token = browser.cookies["csrftoken"].value
    written = browser.post("/api/v1/users", NEW, content_type="application/json", headers={"x-csrftoken": token})
    assert written.status_code == 201


@pytest.mark.parametrize("role", ["manager", "sales", "warehouse", "finance"])
def test_only_who_manages_accounts_reaches_them(api_as: Callable[[str], ApiClient], role: str) -> None:
    client = api_as(role)
    for answer in (
        client.get("/api/v1/users"),
        client.get("/api/v1/api-keys"),
        client.post("/api/v1/users", NEW),
        client.post("/api/v1/api-keys", {"name": "k", "role": role}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
