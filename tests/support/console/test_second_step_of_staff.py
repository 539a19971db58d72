"""Test that staff without a required second step reach only the page that sets it up."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
from django.test import Client
from pytest_django import Settings

from kernel.core import clock
from kernel.tenancy.context import public_schema
from shared_apps.accounts.models import User
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[3]
ENROL = "/console/two-step/"
PAGES = [
    "/console/",
    "/console/tenants/brand/",
    "/console/accounts/user/",
    "/console/password/change/",
    "/console/nowhere/",
]


@pytest.fixture
def required(settings: Settings) -> None:
    settings.PLATFORM_TOTP_REQUIRED = True


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", ["support", "billing", "auditor", "platform_admin"])
def test_every_page_leads_to_the_second_step(
    required: None, staff: Callable[..., Client], role: str, path: str
) -> None:
    answer = staff(role).get(path)
    assert (answer.status_code, answer.headers["location"]) == (302, ENROL)


def test_nothing_is_done_before(required: None, staff: Callable[..., Client], brand: Brand) -> None:
    answer = staff("platform_admin").post(f"/console/tenants/brand/{brand.pk}/suspend/", {"reason": "x"})
    assert (answer.status_code, answer.headers["location"]) == (302, ENROL)


def test_once_it_is_on_the_console_opens(
    required: None, staff: Callable[..., Client], person: Callable[..., User]
) -> None:
    user = person("support")
    client = staff(user=user)
    assert client.get(ENROL).status_code == 200
    with public_schema():
        secret = User.objects.get(pk=user.pk).totp_secret
    assert client.post(ENROL, {"code": pyotp.TOTP(secret).now()}).status_code == 200
    assert client.get("/console/").status_code == 200


def test_whoever_turns_it_off_is_led_back(
    required: None, staff: Callable[..., Client], person: Callable[..., User]
) -> None:
    user = person("support", totp_secret=pyotp.random_base32(), totp_confirmed_at=clock.now())
    client = staff(user=user)
    assert client.get("/console/").status_code == 200
    with public_schema():
        User.objects.filter(pk=user.pk).update(totp_confirmed_at=None, totp_secret="")
    assert client.get("/console/").headers["location"] == ENROL


def test_strangers_brands_and_the_open_pages_are_not_concerned(required: None, brand: Brand) -> None:
    stranger = Client(headers={"host": "localhost"})
    assert stranger.get("/console/").headers["location"].startswith("/console/login/")
    assert stranger.get("/").status_code == 200
    owner = Client(headers={"host": "acme.localhost"})
    owner.force_login(User.objects.get(role="owner"), backend="shared_apps.accounts.services.backend.AccountsBackend")
    assert owner.get("/console/").status_code == 200


def test_signing_out_stays_possible(required: None, staff: Callable[..., Client]) -> None:
    client = staff("support")
    assert client.post("/console/logout/").headers.get("location") != ENROL


def test_without_the_setting_nobody_is_led_anywhere(staff: Callable[..., Client]) -> None:
    assert staff("support").get("/console/").status_code == 200


@pytest.mark.parametrize(("said", "is_required"), [(None, "True"), ("0", "False")])
def test_production_asks_for_it_unless_told_otherwise(said: str | None, is_required: str) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "SECRET_KEY": "x" * 60,
        "ENCRYPTION_KEYS": "test:dGVzdC1vbmx5LXRlc3Qtb25seS10ZXN0LW9ubHktMDE=",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PYTHONPATH": f"{ROOT / 'platform'}{os.pathsep}{ROOT}",
    }
    environment.pop("PLATFORM_TOTP_REQUIRED", None)
    if said is not None:
        environment["PLATFORM_TOTP_REQUIRED"] = said
    question = "from django.conf import settings; print(settings.PLATFORM_TOTP_REQUIRED)"
    command = [sys.executable, "-c", question]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert answer.stdout.strip() == is_required, answer.stderr
