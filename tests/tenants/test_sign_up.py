"""Signing a brand up over the API: everything, or nothing and a reason."""

import json
import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.db import connection, connections
from django.test import Client
from django_tenants.utils import tenant_context
from pytest_django import Settings

from kernel.core import clock
from kernel.events import outbox
from kernel.models import AuditRecord
from kernel.tenancy.context import public_schema
from shared_apps.accounts.models import User
from shared_apps.accounts.services import entry_links
from shared_apps.tenants.models import Brand, Domain, SchemaDump
from shared_apps.tenants.services import provisioning, sign_up
from shared_apps.tenants.services.provisioning import NewBrand

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/v1/signups"


def body(wanted: Callable[..., NewBrand], **given: Any) -> dict[str, Any]:
    """Return the request body of a program."""
    new = wanted()
    usual = {
        "name": new.name,
        "slug": new.slug,
        "owner_name": new.owner_name,
        "email": new.owner_email,
        "password": new.password,
        "accepts_terms": True,
    }
    return {key: value for key, value in {**usual, **given}.items() if value is not ...}


def send(payload: Any, host: str = "localhost:8000", **headers: str) -> Any:
    client = Client(headers={"host": host, "accept-language": "en", **headers})
    return client.post(PATH, json.dumps(payload), content_type="application/json")


def counts() -> tuple[int, int, int]:
    with public_schema(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace")
        row = cursor.fetchone() or (0,)
        return Brand.objects.count(), Domain.objects.count(), int(row[0])


def fields(response: Any) -> dict[str, str]:
    return {error["field"]: error["code"] for error in response.json()["errors"]}


def test_a_brand_is_signed_up_and_its_owner_let_in_once(live: Any, wanted: Callable[..., NewBrand]) -> None:
    payload = body(wanted, email="Lin.Xiao@Example.com", phone="138 1234 5678")
    response = send(payload)
    assert response.status_code == 201, response.content
    answer = response.json()
    slug = payload["slug"]
    assert answer["brand"] == {
        "name": "栖木生活",
        "slug": slug,
        "state": "trialing",
        "time_zone": "Asia/Shanghai",
        "currency": "CNY",
    }
    assert answer["domain"] == f"{slug}.localhost"
    left = datetime.fromisoformat(answer["trial_ends_at"]) - clock.now()
    assert timedelta(days=14, hours=23) < left <= timedelta(days=15)
    link = urlsplit(answer["enter_url"])
    assert f"{link.scheme}://{link.netloc}{link.path}" == f"http://{slug}.localhost:8000/console/enter/"

    visitor = Client(headers={"host": f"{slug}.localhost:8000"})
    entered = visitor.get(f"{link.path}?{link.query}", follow=False)
    if entered.status_code == 200:  # a page that asks for a click, so that mail programs do not use the link up
        entered = visitor.post(f"{link.path}?{link.query}")
    assert entered.status_code == 302
    assert visitor.get("/console/").status_code == 200
    stranger = Client(headers={"host": f"{slug}.localhost:8000"})
    stranger.post(f"{link.path}?{link.query}")
    assert stranger.get("/console/").status_code == 302  # used up

    with public_schema():
        brand = Brand.objects.get(slug=slug)
        assert (brand.owner_email, brand.owner_phone) == ("lin.xiao@example.com", "+8613812345678")
        record = AuditRecord.objects.filter(action="tenants.signed_up").order_by("-id")[0]
        assert "lin.xiao@example.com" not in json.dumps(record.after)
    with tenant_context(brand):
        owner = User.objects.get()
        assert (owner.name, owner.role, owner.language) == ("林晓", "owner", "en")
        assert owner.check_password(payload["password"])


def test_the_link_is_of_no_use_elsewhere_or_later(
    live: Any, wanted: Callable[..., NewBrand], other_brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = send(body(wanted)).json()
    token = parse_qs(urlsplit(answer["enter_url"]).query)["token"][0]
    with tenant_context(other_brand), pytest.raises(entry_links.EntryLinkInvalid):
        entry_links.redeem_entry_link(token=token)
    with public_schema():
        brand = Brand.objects.get(slug=answer["brand"]["slug"])
    monkeypatch.setattr(entry_links, "ENTRY_LINK_LIFETIME", timedelta(seconds=-1))
    with tenant_context(brand), pytest.raises(entry_links.EntryLinkInvalid):
        entry_links.redeem_entry_link(token=token)


def test_the_owner_is_asked_to_confirm_the_address_and_need_not_at_once(
    live: Any, wanted: Callable[..., NewBrand]
) -> None:
    answer = send(body(wanted, name="Tea & Co")).json()
    with public_schema():
        brand = Brand.objects.get(slug=answer["brand"]["slug"])
    with tenant_context(brand):
        outbox.deliver_pending(limit=10)
        owner = User.objects.get()
        assert owner.email_confirmed_at is None
    assert [message.to for message in mail.outbox] == [[brand.owner_email]]
    text = str(mail.outbox[0].body)
    assert "Tea & Co" in text
    address = next(word for word in text.split() if "/console/email/confirm/" in word)
    assert address.startswith(f"http://{brand.slug}.localhost:8000/")
    parts = urlsplit(address)
    page = Client(headers={"host": parts.netloc}).get(f"{parts.path}?{parts.query}")
    assert page.status_code == 200
    with tenant_context(brand):
        assert User.objects.get().email_confirmed_at is not None
        assert sign_up.send_confirmation(user_id=owner.pk, home="http://x") is False  # nothing left to ask


def test_a_phone_alone_is_enough_and_no_mail_is_sent(live: Any, wanted: Callable[..., NewBrand]) -> None:
    response = send(body(wanted, email=..., phone="13900001111"))
    assert response.status_code == 201
    with public_schema():
        brand = Brand.objects.get(slug=response.json()["brand"]["slug"])
    with tenant_context(brand):
        assert outbox.deliver_pending(limit=10) == 0
        assert User.objects.get().phone == "+8613900001111"
    assert mail.outbox == []


def test_emoji_are_welcome(live: Any, wanted: Callable[..., NewBrand]) -> None:
    assert send(body(wanted, name="茶 🍵", owner_name="林 😀")).json()["brand"]["name"] == "茶 🍵"


REFUSALS: list[tuple[dict[str, Any], int, dict[str, str]]] = [
    ({"slug": "ab"}, 422, {"slug": "slug_malformed"}),
    ({"slug": "xn--fiqs8s"}, 422, {"slug": "slug_malformed"}),
    ({"slug": "品牌"}, 422, {"slug": "slug_malformed"}),
    ({"slug": "admin"}, 422, {"slug": "slug_reserved"}),
    ({"slug": "adm1n"}, 422, {"slug": "slug_reserved"}),
    ({"slug": "demo"}, 422, {"slug": "slug_reserved"}),
    ({"slug": "acme"}, 409, {"slug": "slug_taken"}),
    ({"slug": "a-cme"}, 409, {"slug": "slug_looks_taken"}),
    ({"email": "owner@acme.example"}, 409, {"email": "email_had_trial"}),
    ({"email": " OWNER@ACME.example"}, 409, {"email": "email_had_trial"}),
    ({"email": ...}, 422, {"email": "contact_missing"}),
    ({"email": "not an address"}, 422, {"email": "invalid"}),
    ({"phone": "12"}, 422, {"phone": "invalid"}),
    ({"password": "short"}, 422, {"password": "weak_password"}),
    ({"password": "password123"}, 422, {"password": "weak_password"}),
    ({"password": "1234567890123"}, 422, {"password": "weak_password"}),
    ({"name": "x" * 81}, 422, {"name": "invalid"}),
    (
        {"slug": "ab", "password": "x", "phone": "12"},
        422,
        {"slug": "slug_malformed", "password": "weak_password", "phone": "invalid"},
    ),
]


@pytest.mark.parametrize(("given", "status", "expected"), REFUSALS)
def test_a_refusal_names_the_field_and_changes_nothing(
    live: Any, wanted: Callable[..., NewBrand], given: dict[str, Any], status: int, expected: dict[str, str]
) -> None:
    before = counts()
    response = send(body(wanted, **given))
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert fields(response) == expected
    assert counts() == before


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"owner_name": ...}, "owner_name"),
        ({"owner_name": "x" * 101}, "owner_name"),
        ({"slug": 7}, "slug"),
        ({"password": ...}, "password"),
        ({"plan": "gold"}, "plan"),
    ],
)
def test_what_is_no_sign_up_at_all_is_refused_by_its_form(
    live: Any, wanted: Callable[..., NewBrand], given: dict[str, Any], field: str
) -> None:
    before = counts()
    response = send(body(wanted, **given))
    assert response.status_code == 422
    assert field in fields(response)
    assert counts() == before


def test_a_password_like_the_owners_own_name_is_refused_without_a_trace(
    live: Any, wanted: Callable[..., NewBrand]
) -> None:
    """This rule needs the account, so it is asked when the schema stands already; all of it is undone."""
    before = counts()
    response = send(body(wanted, owner_name="Philippa Montgomery", password="montgomery"))
    assert (response.status_code, fields(response)) == (422, {"password": "weak_password"})
    assert counts() == before


def test_once_per_phone(live: Any, wanted: Callable[..., NewBrand]) -> None:
    assert send(body(wanted, phone="13812345678")).status_code == 201
    response = send(body(wanted, phone="+86 138-1234-5678"))
    assert (response.status_code, fields(response)) == (409, {"phone": "phone_had_trial"})


def test_a_failure_says_so_and_the_same_wish_succeeds_afterwards(
    live: Any, wanted: Callable[..., NewBrand], monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = body(wanted)
    before = counts()

    def fail(**_options: Any) -> str:
        raise RuntimeError("the link could not be made")

    monkeypatch.setattr(entry_links, "issue_entry_link_token", fail)  # the very last step
    response = send(payload)
    monkeypatch.undo()
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert counts() == before
    assert send(payload).status_code == 201


def test_so_many_an_hour_from_one_address(live: Any, wanted: Callable[..., NewBrand], settings: Settings) -> None:
    settings.SIGNUPS_PER_HOUR_PER_IP = 2
    client = Client(
        headers={"host": "localhost", "accept-language": "en"}, REMOTE_ADDR=f"2001:db8::{os.urandom(2).hex()}"
    )

    def ask(**given: Any) -> Any:
        return client.post(PATH, json.dumps(body(wanted, **given)), content_type="application/json")

    assert [ask(slug="acme").status_code for _ in range(2)] == [409, 409]
    refused = ask()
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) > 0
    assert ask(slug="ab").status_code == 422  # a slip of the pen costs nothing, not even now


def test_the_same_request_again_has_one_effect(live: Any, wanted: Callable[..., NewBrand]) -> None:
    payload = body(wanted)
    first, again = (send(payload, idempotency_key="sign-up-1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"


def test_twenty_sign_ups_at_once_all_succeed(live: Any, wanted: Callable[..., NewBrand]) -> None:
    statuses: list[int] = []
    barrier = threading.Barrier(20, timeout=60)

    def run(payload: dict[str, Any]) -> None:
        try:
            barrier.wait(timeout=30)
            statuses.append(send(payload).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[body(wanted)]) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * 20


AVAILABILITY = [
    ("qimu-tea", ""),
    (" QIMU-tea ", ""),
    ("acme", "slug_taken"),
    ("acm-e", "slug_looks_taken"),
    ("www", "slug_reserved"),
    ("a", "slug_malformed"),
    ("", "slug_malformed"),
]


@pytest.mark.parametrize(("slug", "code"), AVAILABILITY)
def test_availability_is_told_while_typing(slug: str, code: str) -> None:
    client = Client(headers={"host": "localhost", "accept-language": "en"})
    answer = client.get(f"{PATH}/availability", {"slug": slug}).json()
    assert (answer["available"], answer["code"]) == (not code, code)
    assert bool(answer["detail"]) == bool(code)


def test_sign_up_is_the_platforms_and_no_brands(brand: Brand, wanted: Callable[..., NewBrand]) -> None:
    assert send(body(wanted), host="acme.localhost").status_code in {401, 404}


def test_provisioning_uses_the_dump(
    live: Any, wanted: Callable[..., NewBrand], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_names: str) -> None:
        raise AssertionError("migrations were run")

    monkeypatch.setattr(provisioning, "create_schema_by_migrations", fail)
    with public_schema():
        assert SchemaDump.objects.exists()
    assert send(body(wanted)).status_code == 201


@pytest.mark.parametrize(("consent", "status"), [({}, 201), ({"accepts_terms": False}, 422)])
def test_a_program_has_shown_the_terms(consent: dict[str, bool], status: int) -> None:
    body = {
        "name": "Terms",
        "slug": "termsshown",
        "owner_name": "Owner",
        "email": "owner@terms.example",
        "password": "a long pass phrase",
    }
    client = Client(headers={"host": "localhost", "accept-language": "en"})
    assert client.post(PATH, body | consent, content_type="application/json").status_code == status
