"""Export, closing and own domains through their pages: good and awful input, others' ids, every outcome."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from kernel.core import clock
from kernel.tenancy.context import public_schema
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.models import Brand, BrandExport, DomainClaim
from shared_apps.tenants.services import exports
from tests.billing.page_visitors import DAY, PASSWORD, change, sign_in, source, subscribe, words

pytestmark = pytest.mark.django_db
BILLING = "/console/billing/"


@pytest.fixture
def owner(brand: Brand) -> Client:
    return sign_in(brand, "owner")


def make_export(brand: Brand, **values: Any) -> BrandExport:
    usual = {"brand_id": brand.pk, "requested_by": "Test", "requested_at": clock.now(), "row_counts": {}}
    with public_schema():
        return BrandExport.objects.create(**{**usual, **values})


# --- export ----------------------------------------------------------------------------------------------------------


def test_an_archive_is_asked_for_made_listed_and_downloaded(owner: Client, brand: Brand) -> None:
    assert "None yet" in words(owner.get(f"{BILLING}export/"))
    waiting = owner.post(f"{BILLING}export/", follow=True)
    assert "An archive is being made" in words(waiting)
    assert 'http-equiv="refresh"' in source(waiting)
    export = tenants.list_exports(brand.pk)[0]
    exports.run_export(export_id=export.pk, now=clock.now())
    page = owner.get(f"{BILLING}export/")
    assert "kept until" in words(page)
    assert "SHA-256" in words(page)
    assert 'http-equiv="refresh"' not in source(page)
    file: Any = owner.get(f"{BILLING}export/{export.pk}/download/")
    assert file["Content-Type"] == "application/zip"
    assert file["Content-Disposition"].startswith('attachment; filename="acme-')
    packed = zipfile.ZipFile(io.BytesIO(b"".join(file.streaming_content)))
    assert packed.testzip() is None
    assert any("README" in name for name in packed.namelist())


def test_a_second_archive_waits_for_the_first(owner: Client) -> None:
    owner.post(f"{BILLING}export/")
    assert "errornote" in source(owner.post(f"{BILLING}export/", follow=True))


def test_others_archives_are_not_found(owner: Client, other_brand: Brand) -> None:
    export = make_export(other_brand, state="ready", path="x.zip")
    assert owner.get(f"{BILLING}export/{export.pk}/download/").status_code == 404
    assert owner.get(f"{BILLING}export/999999999999/download/").status_code == 404
    assert f"/{export.pk}/download/" not in source(owner.get(f"{BILLING}export/"))


@pytest.mark.parametrize("state", ["requested", "running", "failed", "deleted"])
def test_an_archive_that_is_not_there_says_why(owner: Client, brand: Brand, state: str) -> None:
    export = make_export(brand, state=state)
    answer = owner.get(f"{BILLING}export/{export.pk}/download/", follow=True)
    assert answer.redirect_chain[-1][0] == f"{BILLING}export/"
    assert "errornote" in source(answer)


# --- closing ---------------------------------------------------------------------------------------------------------


def close(owner: Client, **sent: str) -> Any:
    return owner.post(f"{BILLING}close/", {"name": "Acme", "password": PASSWORD, **sent}, follow=True)


def test_closing_says_what_happens_and_asks_for_name_and_password(owner: Client, brand: Brand) -> None:
    page = words(owner.get(f"{BILLING}close/"))
    for text in ("you can take this back", "only the owner is let in", "archived", "Take everything along first"):
        assert text in page, text
    answer = close(owner)
    assert "This account is being closed" in words(answer)
    assert "Keep the account after all" in words(answer)
    assert "The owner closes this account on" in words(owner.get("/console/"))


def test_closing_is_taken_back_while_there_is_time(owner: Client, brand: Brand) -> None:
    close(owner)
    assert "Your account stays open." in words(owner.post(f"{BILLING}close/undo/", follow=True))
    found = tenants.get_brand(brand_id=brand.pk)
    assert found is not None
    assert found.closing_at is None


@pytest.mark.parametrize(
    "sent",
    [
        {"name": ""},
        {"name": "acme"},
        {"name": "Acme2"},
        {"name": "Acme\x00"},
        {"name": "A" * 300},
        {"password": ""},
        {"password": "wrong"},
        {"password": f" {PASSWORD}"},
        {"password": "p" * 5_000},
        {"password": "🙂"},
        {"password": "\x00"},
    ],
)
def test_a_wrong_name_or_password_closes_nothing(owner: Client, brand: Brand, sent: dict[str, str]) -> None:
    answer = close(owner, **sent)
    assert answer.status_code == 422
    assert sent.get("password") != "wrong" or "wrong" not in source(answer).replace("errornote", "")
    found = tenants.get_brand(brand_id=brand.pk)
    assert found is not None
    assert found.closing_at is None


def test_guessing_the_password_ends_after_some_tries(owner: Client, brand: Brand) -> None:
    statuses = [close(owner, password=f"guess {number}").status_code for number in range(12)]
    assert statuses[:10] == [422] * 10
    assert set(statuses[10:]) == {429}
    assert close(owner).status_code == 429  # the right one comes too late, too


def test_spaces_around_the_name_are_forgiven(owner: Client) -> None:
    assert "This account is being closed" in words(close(owner, name="  Acme "))


def test_closing_twice_is_refused_kindly(owner: Client, brand: Brand) -> None:
    close(owner)
    assert close(owner).status_code == 409


def test_too_late_to_take_it_back(owner: Client, brand: Brand) -> None:
    change(brand, closing_at=clock.now() - timedelta(hours=1))
    page = owner.get(f"{BILLING}close/")
    assert "Keep the account after all" not in words(page)
    assert "errornote" in source(owner.post(f"{BILLING}close/undo/", follow=True))


# --- own domains -----------------------------------------------------------------------------------------------------


def test_a_claimed_domain_shows_the_records_to_set(owner: Client, brand: Brand) -> None:
    answer = owner.post(f"{BILLING}domains/", {"domain": "Shop.Example-Brand.com"}, follow=True)
    page = words(answer)
    claim = tenants.list_claims(brand.pk)[0]
    for text in ("shop.example-brand.com", "_banyan.shop.example-brand.com", claim.token, "CNAME", "Waiting for"):
        assert text in page, text
    assert f"{brand.slug}.localhost" in page


def test_checking_says_what_the_dns_answered(owner: Client, brand: Brand, settings: Settings) -> None:
    settings.DNS_RESOLVERS = ["127.0.0.1:1"]  # nobody answers there
    owner.post(f"{BILLING}domains/", {"domain": "shop.example-brand.com"})
    claim = tenants.list_claims(brand.pk)[0]
    answer = owner.post(f"{BILLING}domains/{claim.pk}/check/", follow=True)
    assert "The record is not there yet." in words(answer)
    assert tenants.list_claims(brand.pk)[0].last_answer in words(answer)


def test_a_domain_is_given_up(owner: Client, brand: Brand) -> None:
    owner.post(f"{BILLING}domains/", {"domain": "shop.example-brand.com"})
    claim = tenants.list_claims(brand.pk)[0]
    assert "The domain was removed." in words(owner.post(f"{BILLING}domains/{claim.pk}/remove/", follow=True))
    assert tenants.list_claims(brand.pk) == []


@pytest.mark.parametrize(
    "domain",
    ["", " ", "localhost", "10.0.0.1", "acme.localhost", "com", "a" * 300, "\x00", "🙂"],
)
def test_what_is_no_domain_is_refused(owner: Client, brand: Brand, domain: str) -> None:
    assert owner.post(f"{BILLING}domains/", {"domain": domain}).status_code == 422
    assert tenants.list_claims(brand.pk) == []


def test_the_same_domain_twice_is_refused(owner: Client, brand: Brand) -> None:
    owner.post(f"{BILLING}domains/", {"domain": "shop.example-brand.com"})
    assert owner.post(f"{BILLING}domains/", {"domain": "shop.example-brand.com"}).status_code == 409


def test_a_plan_without_the_feature_shows_the_way_to_one_with_it(owner: Client, brand: Brand) -> None:
    subscribe(brand, "basic")
    page = owner.get(f"{BILLING}domains/")
    assert "Your plan does not include a domain of your own." in words(page)
    assert owner.post(f"{BILLING}domains/", {"domain": "shop.example-brand.com"}).status_code == 402
    assert tenants.list_claims(brand.pk) == []


def test_others_claims_are_not_touched(owner: Client, other_brand: Brand) -> None:
    with public_schema():
        claim = DomainClaim.objects.create(
            brand_id=other_brand.pk, domain="theirs.example-brand.com", token="t", created_at=clock.now() - DAY
        )
    for act in ("check", "remove"):
        answer = owner.post(f"{BILLING}domains/{claim.pk}/{act}/", follow=True)
        assert answer.status_code == 404
        assert "theirs" not in words(answer)
    with public_schema():
        assert DomainClaim.objects.get(pk=claim.pk).state == "pending"
