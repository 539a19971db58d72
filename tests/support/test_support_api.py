"""Support over the brand's API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from kernel.tenancy.context import public_schema
from shared_apps.support.models import AccessGrant, Ticket
from shared_apps.tenants.models import Brand
from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db


def test_a_program_asks_and_reads_the_answer(api: ApiClient) -> None:
    asked = api.post(
        "/api/v1/support/tickets",
        {"subject": "Webhook", "body": "It is late", "page": "/console/orders/order/", "request_id": "r-1"},
        key="once",
    )
    assert asked.status_code == 201, asked.content
    number = asked.json()["number"]
    assert asked.json()["state"] == "open"
    again = api.post(
        "/api/v1/support/tickets",
        {"subject": "Webhook", "body": "It is late", "page": "/console/orders/order/", "request_id": "r-1"},
        key="once",
    )
    assert again.json()["number"] == number
    said = api.post(f"/api/v1/support/tickets/{number}/messages", {"body": "Still"})
    assert said.status_code == 201
    detail = api.get(f"/api/v1/support/tickets/{number}").json()
    assert [message["body"] for message in detail["messages"]] == ["It is late", "Still"]
    listed = api.get("/api/v1/support/tickets?limit=1").json()
    assert [row["number"] for row in listed["items"]] == [number]
    with public_schema():
        assert Ticket.objects.count() == 1


def test_the_owner_lets_support_in_reads_the_log_and_ends_it(
    owner_api: Any, grant: Callable[..., AccessGrant], enter: Callable[..., Client]
) -> None:
    made = owner_api.post("/api/v1/support/access", {"hours": 2, "reason": "Look at imports"})
    assert made.status_code == 201, made.content
    assert (made.json()["may_write"], made.json()["kind"]) == (False, "consent")
    with public_schema():
        given = AccessGrant.objects.get()
    enter(given)
    log = owner_api.get(f"/api/v1/support/access/{given.pk}/log").json()["items"]
    assert [(row["method"], row["status"]) for row in log] == [("GET", 302)]
    ended = owner_api.post(f"/api/v1/support/access/{given.pk}/revoke")
    assert ended.json()["revoked_at"]
    assert owner_api.get("/api/v1/support/access").json()["items"][0]["revoked_by"] == ended.json()["revoked_by"]


@pytest.mark.parametrize(
    "body", [{"hours": 73, "reason": "x"}, {"hours": 0, "reason": "x"}, {"hours": 1, "reason": " "}]
)
def test_hours_and_reason_have_limits(owner_api: Any, body: dict[str, Any]) -> None:
    assert owner_api.post("/api/v1/support/access", body).status_code == 422


@pytest.mark.parametrize(
    ("role", "asks", "lets_in"),
    [
        ("owner", True, True),
        ("manager", True, False),
        ("sales", True, False),
        ("warehouse", True, False),
        ("finance", True, False),
    ],
)
def test_each_role(person_api: Any, grant: Callable[..., AccessGrant], role: str, asks: bool, lets_in: bool) -> None:
    given = grant()
    client = person_api(role)
    assert (client.get("/api/v1/support/tickets").status_code == 200) == asks
    assert (client.post("/api/v1/support/tickets", {"subject": "a", "body": "b"}).status_code == 201) == asks
    answers = [
        client.get("/api/v1/support/access"),
        client.get(f"/api/v1/support/access/{given.pk}/log"),
        client.post("/api/v1/support/access", {"hours": 1, "reason": "x"}),
        client.post(f"/api/v1/support/access/{given.pk}/revoke"),
    ]
    assert {answer.status_code in {200, 201} for answer in answers} == {lets_in}


def test_another_brands_access_is_not_found(owner_api: Any, other_brand: Brand, now: Any) -> None:
    with public_schema():
        theirs = AccessGrant.objects.create(
            brand_id=other_brand.pk,
            kind="consent",
            reason="x",
            requested_by_id=1,
            requested_by="x",
            created_at=now,
            hours=1,
            starts_at=now,
            ends_at=now.replace(year=now.year + 1),
        )
    assert owner_api.get(f"/api/v1/support/access/{theirs.pk}/log").status_code == 404
    assert owner_api.post(f"/api/v1/support/access/{theirs.pk}/revoke").status_code == 404
    assert owner_api.get("/api/v1/support/access").json()["items"] == []


@pytest.mark.parametrize("may_write", ["yes", "true", 1, "1", None])
def test_only_true_is_consent_to_writing(owner_api: Any, may_write: Any) -> None:
    refused = owner_api.post("/api/v1/support/access", {"hours": 4, "reason": "why", "may_write": may_write})
    assert refused.status_code == 422
    with public_schema():
        assert not AccessGrant.objects.exists()
