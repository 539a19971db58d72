"""The public pages: they work without JavaScript, in both languages, and keep to the strict content policy."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from kernel.tenancy.context import public_schema
from shared_apps.tenants import rules
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services.provisioning import NewBrand

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visitor(live: Any) -> Client:
    return Client(headers={"host": "localhost:8000", "accept-language": "en"}, enforce_csrf_checks=True)


def fill(visitor: Client, wanted: Callable[..., NewBrand], **given: str) -> Any:
    """Load the form, fill it in and send it."""
    page = visitor.get("/signup/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    new = wanted()
    usual = {
        "csrfmiddlewaretoken": token[1],
        "name": new.name,
        "slug": new.slug,
        "owner_name": new.owner_name,
        "email": new.owner_email,
        "phone": "",
        "password": new.password,
        "website": "",
        "accepts_terms": "on",
    }
    return visitor.post("/signup/", {**usual, **given})


def test_a_filled_form_leads_into_the_new_brand(visitor: Client, wanted: Callable[..., NewBrand]) -> None:
    response = fill(visitor, wanted, slug="page-brand")
    assert response.status_code == 302
    target = urlsplit(response["Location"])
    assert (target.netloc, target.path) == ("page-brand.localhost:8000", "/console/enter/")
    assert "token=" in target.query


def test_the_page_names_what_is_wrong_and_keeps_what_was_typed(
    visitor: Client, wanted: Callable[..., NewBrand]
) -> None:
    response = fill(visitor, wanted, slug="www", password="short")
    page = response.content.decode()
    assert response.status_code == 422
    assert "kept for the platform" in page
    assert 'value="www"' in page
    assert 'aria-invalid="true"' in page
    assert "short" not in re.sub(r"too short", "", page)  # the password is not sent back


def test_a_taken_name_is_told_beside_its_field(visitor: Client, wanted: Callable[..., NewBrand]) -> None:
    response = fill(visitor, wanted, slug="acme")
    assert response.status_code == 409
    assert list(response.context["form"].errors) == ["slug"]


def test_empty_fields_are_named(visitor: Client, wanted: Callable[..., NewBrand]) -> None:
    response = fill(visitor, wanted, name="", owner_name="")
    assert response.status_code == 422
    assert response.content.decode().count("This field is required") == 2


def test_the_trap_catches_programs(visitor: Client, wanted: Callable[..., NewBrand]) -> None:
    with public_schema():
        before = Brand.objects.count()
    assert fill(visitor, wanted, website="https://buy.example").status_code == 422
    with public_schema():
        assert Brand.objects.count() == before


def test_a_form_from_elsewhere_is_refused(visitor: Client, wanted: Callable[..., NewBrand]) -> None:
    visitor.get("/signup/")
    new = wanted()
    assert visitor.post("/signup/", {"name": new.name, "slug": new.slug}).status_code == 403


@pytest.mark.parametrize("path", ["/", "/signup/"])
def test_no_inline_script_or_style_and_no_foreign_source(visitor: Client, path: str) -> None:
    response = visitor.get(path)
    page = response.content.decode()
    assert response.status_code == 200
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", page) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", page) == []
    policy = response["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_browser_may_follow_the_form_to_the_new_brand(visitor: Client) -> None:
    policy = visitor.get("/signup/")["Content-Security-Policy"]
    assert re.search(r"form-action [^;]*\*\.localhost:\*", policy)


@pytest.mark.parametrize(("language", "code"), [("en", "en"), ("zh-hans", "zh-hans")])
def test_the_page_speaks_the_visitors_language(live: Any, language: str, code: str) -> None:
    page = Client(headers={"host": "localhost", "accept-language": language}).get("/signup/").content.decode()
    assert f'<html lang="{code}"' in page
    assert 'name="viewport"' in page


def test_the_language_of_the_page_becomes_the_brands(live: Any, wanted: Callable[..., NewBrand]) -> None:
    visitor = Client(headers={"host": "localhost:8000", "accept-language": "zh-hans"})
    assert fill(visitor, wanted, slug="zhong-wen").status_code == 302
    with public_schema():
        assert Brand.objects.get(slug="zhong-wen").language == "zh-hans"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("栖木生活", "qimushenghuo"),
        ("上海栖木贸易有限公司", "shanghaiqimumaoyi"),
        ("Qimu Trading Co., Ltd.", "qimutrading"),
        ("ＱＩＭＵ　２０２６", "qimu2026"),
        ("8848 手机", "shouji"),
        ("admin", "admin-brand"),
        ("绿", "lv-brand"),
        ("😀", ""),
        ("木" * 100, "mumumumumumumumumumumumumu"),
    ],
)
def test_an_address_is_proposed_from_the_name(db: None, name: str, slug: str) -> None:
    answer = Client(headers={"host": "localhost"}).get("/api/v1/signups/slug", {"name": name})
    assert answer.json() == {"slug": slug}


def test_a_proposal_is_free(live: Any) -> None:
    live(slug="qimushenghuo")
    answer = Client(headers={"host": "localhost"}).get("/api/v1/signups/slug", {"name": "栖木生活"})
    assert answer.json() == {"slug": "qimushenghuo-brand"}


def test_who_leaves_the_address_out_sees_the_proposal_before_it_is_used(
    visitor: Client, wanted: Callable[..., NewBrand]
) -> None:
    response = fill(visitor, wanted, slug="", name="栖木生活")
    assert response.status_code == 422
    page = response.content.decode()
    assert 'value="qimushenghuo"' in page
    assert page.count("This address is free. Change it if you like, and go on.") == 1


def test_an_error_about_the_address_is_said_once(visitor: Client, wanted: Callable[..., NewBrand]) -> None:
    page = fill(visitor, wanted, slug="a_b").content.decode()
    assert page.count('<p class="bn-error">') == 1


def test_the_terms_are_agreed_to_and_kept_with_version_and_time(
    visitor: Client, wanted: Callable[..., NewBrand], live: Any
) -> None:
    refused = fill(visitor, wanted, accepts_terms="")
    assert refused.status_code == 422
    assert "Agree to the terms and the privacy policy" in refused.content.decode()
    assert fill(visitor, wanted, slug="agreed-brand").status_code == 302
    with public_schema():
        brand = Brand.objects.get(slug="agreed-brand")
    assert brand.terms_version == rules.TERMS_VERSION
    assert brand.terms_accepted_at is not None


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("path", ["/terms/", "/privacy/"])
def test_the_texts_are_there(db: None, path: str, language: str) -> None:
    page = Client(headers={"host": "localhost", "accept-language": language}).get(path)
    assert page.status_code == 200
    assert rules.TERMS_VERSION in page.content.decode()


@pytest.mark.parametrize("typed", ["qimu", " QIMU ", "qimu.localhost", "http://qimu.localhost:8000/console/"])
def test_the_landing_page_leads_to_the_sign_in_of_a_brand(db: None, typed: str) -> None:
    visitor = Client(headers={"host": "localhost:8000"})
    assert 'href="/signin/"' in visitor.get("/").content.decode()
    assert visitor.get("/signin/").status_code == 200
    found = visitor.post("/signin/", {"slug": typed})
    assert found.headers["Location"] == "http://qimu.localhost:8000/console/login/"


@pytest.mark.parametrize("typed", ["", "https://evil.example/", "a b", "//evil.example", "x" * 90])
def test_it_leads_nowhere_else(db: None, typed: str) -> None:
    assert Client(headers={"host": "localhost:8000"}).post("/signin/", {"slug": typed}).status_code == 200


def test_every_fault_of_the_page_is_said_at_once(visitor: Client, wanted: Callable[..., NewBrand]) -> None:
    asked = ("name", "owner_name", "email", "password", "accepts_terms")
    page = fill(visitor, wanted, **dict.fromkeys(asked, ""))
    assert page.status_code == 422
    assert set(page.context["form"].errors) == set(asked)
    page = fill(visitor, wanted, name="", email="", phone="123")
    assert set(page.context["form"].errors) == {"name", "phone"}
