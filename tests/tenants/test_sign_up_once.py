"""A trial is once per mailbox and company, however they are written."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from kernel.core import clock
from kernel.core.errors import ReasonMissing
from kernel.models import AuditRecord
from kernel.tenancy.context import public_schema
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import lifecycle
from shared_apps.tenants.services.provisioning import NewBrand

pytestmark = pytest.mark.django_db(transaction=True)


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
    return {**usual, **given}


def send(payload: Any) -> Any:
    client = Client(headers={"host": "localhost:8000", "accept-language": "en"})
    return client.post("/api/v1/signups", json.dumps(payload), content_type="application/json")


def fields(response: Any) -> dict[str, str]:
    return {error["field"]: error["code"] for error in response.json()["errors"]}


def at_once(payloads: list[Any]) -> list[int]:
    """The statuses of sign-ups that are sent at the same time, the smallest first."""
    statuses: list[int] = []

    def sign_up(payload: Any) -> None:
        try:
            statuses.append(send(payload).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=sign_up, args=[payload]) for payload in payloads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


def count() -> int:
    with public_schema():
        return int(Brand.objects.count())


SPELLINGS = [
    ("lin.xiao@gmail.com", "Lin.Xiao+trial@googlemail.com"),
    ("linxiao+a@gmail.com", "l.i.nxiao@gmail.com"),
    ("lin+1@firma.example", "lin@firma.example"),
    ("lin@firma.example", "lin+2@firma.example"),
]


@pytest.mark.parametrize(("first", "second"), SPELLINGS)
def test_once_per_mailbox(live: Any, wanted: Callable[..., NewBrand], first: str, second: str) -> None:
    assert send(body(wanted, email=first)).status_code == 201
    response = send(body(wanted, email=second))
    assert (response.status_code, fields(response)) == (409, {"email": "email_had_trial"})


@pytest.mark.parametrize("other", ["lin.xiao@firma.example", "lin@firma2.example", "xlin@firma.example"])
def test_other_mailboxes_are_other_people(live: Any, wanted: Callable[..., NewBrand], other: str) -> None:
    assert send(body(wanted, email="lin@firma.example")).status_code == 201
    assert send(body(wanted, email=other)).status_code == 201


COMPANIES = [
    ({"company_name": "上海栖木贸易有限公司"}, {"company_name": "上海 栖木贸易有限责任公司"}, "company_name"),
    ({"company_name": "Qimu Trading Co., Ltd."}, {"company_name": "ＱＩＭＵ　ＴＲＡＤＩＮＧ"}, "company_name"),
    ({"company_name": "栖木（上海）公司"}, {"company_name": "栖木(上海)有限公司"}, "company_name"),
    ({"credit_code": "91350100M000100Y43"}, {"credit_code": "９１３５０１００ m0001 00y-43"}, "credit_code"),
    ({"company_name": "栖木公司"}, {"company_name": "栖木", "credit_code": "91350100M000100Y43"}, "company_name"),
    ({"company_name": "栖木公司", "credit_code": "91350100M000100Y43"}, {"company_name": "栖木"}, "company_name"),
]


@pytest.mark.parametrize(("first", "second", "field"), COMPANIES)
def test_once_per_company(
    live: Any, wanted: Callable[..., NewBrand], first: dict[str, str], second: dict[str, str], field: str
) -> None:
    assert send(body(wanted, **first)).status_code == 201
    before = count()
    response = send(body(wanted, **second))
    assert (response.status_code, fields(response)) == (409, {field: "company_had_trial"})
    assert count() == before


def test_who_says_no_company_is_none(live: Any, wanted: Callable[..., NewBrand]) -> None:
    assert send(body(wanted, company_name=None, credit_code=None)).status_code == 201
    assert send(body(wanted)).status_code == 201


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"credit_code": "91350100M000100Y44"}, {"credit_code": "invalid_credit_code"}),  # the check digit
        ({"credit_code": "91350100M000100Y4"}, {"credit_code": "invalid_credit_code"}),
        ({"credit_code": "91350100M000100I43"}, {"credit_code": "invalid_credit_code"}),  # there is no I
        ({"company_name": "（）"}, {"company_name": "invalid"}),
    ],
)
def test_a_company_that_cannot_be(
    live: Any, wanted: Callable[..., NewBrand], given: dict[str, str], code: dict[str, str]
) -> None:
    response = send(body(wanted, **given))
    assert (response.status_code, fields(response)) == (422, code)


def test_two_spellings_of_one_mailbox_at_once(live: Any, wanted: Callable[..., NewBrand]) -> None:
    assert at_once([body(wanted, email=f"li.n+{number}@gmail.com") for number in range(4)]) == [201, 409, 409, 409]


def test_a_company_with_and_without_its_code_at_once(live: Any, wanted: Callable[..., NewBrand]) -> None:
    company: list[dict[str, str]] = [
        {"company_name": "栖木", "credit_code": "91350100M000100Y43"},
        {"company_name": "栖木公司"},
    ]
    assert at_once([body(wanted, **given) for given in company]) == [201, 409]


def test_signs_that_stand_for_whole_sentences_are_a_name(live: Any, wanted: Callable[..., NewBrand]) -> None:
    for status in (201, 409):
        assert send(body(wanted, company_name="\ufdfa" * 60)).status_code == status


def test_two_companies_of_one_name_are_told_apart_by_their_codes(live: Any, wanted: Callable[..., NewBrand]) -> None:
    for code in ("91350100M000100Y43", "9144030071526726XG"):
        assert send(body(wanted, company_name="栖木公司", credit_code=code)).status_code == 201


@pytest.mark.parametrize(("first", "second", "field"), COMPANIES)
def test_support_permits_another_trial_once(
    live: Any, wanted: Callable[..., NewBrand], first: dict[str, str], second: dict[str, str], field: str
) -> None:
    assert send(body(wanted, **first)).status_code == 201
    assert send(body(wanted, **second)).status_code == 409
    with public_schema():
        former = Brand.objects.latest("id")
        lifecycle.permit_another_trial(brand_id=former.pk, reason=" a new owner ", now=clock.now())
        record = AuditRecord.objects.filter(action="tenants.another_trial_permitted").latest("id")
        assert (record.after or {})["reason"] == "a new owner"
    assert at_once([body(wanted, **second), body(wanted, **second)]) == [201, 409]
    assert send(body(wanted, **first)).status_code == 409
    with public_schema():
        signed_up = AuditRecord.objects.filter(action="tenants.signed_up").latest("id")
        assert (signed_up.after or {})["former_brand"] == former.pk


def test_a_permit_needs_a_reason_and_a_company(live: Any) -> None:
    brand = live()
    with pytest.raises(lifecycle.NoCompany):
        lifecycle.permit_another_trial(brand_id=brand.pk, reason="x", now=clock.now())
    with pytest.raises(ReasonMissing):
        lifecycle.permit_another_trial(brand_id=brand.pk, reason=" ", now=clock.now())
