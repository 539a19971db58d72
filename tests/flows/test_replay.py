"""Answers are replayed to whoever got them, as long as that credential still opens the brand."""

from collections.abc import Callable
from typing import Any

import pytest

from kernel.models import IdempotencyRecord
from shared_apps.accounts.services import api_keys
from tenant_apps.catalog.models import Category
from tests.factories.api_client import ApiClient
from tests.factories.hands import console_as

__all__ = ["console_as"]
pytestmark = pytest.mark.django_db
PATH = "/api/v1/categories"
BODY = {"name": "面霜"}


def _client(token: str | None) -> ApiClient:
    return ApiClient(host="acme.localhost", token=token)


def test_a_revoked_key_is_refused_instead(api: ApiClient) -> None:
    key, token = api_keys.issue_api_key(name="till", role="owner")
    program = _client(token)
    assert program.post(PATH, BODY, key="k-1").status_code == 201
    assert program.post(PATH, BODY, key="k-1")["Idempotent-Replayed"] == "true"
    api_keys.revoke_api_key(key_id=key.pk)
    refused = program.post(PATH, BODY, key="k-1")
    assert (refused.status_code, refused.json()["code"]) == (401, "api_key_refused")
    assert "Idempotent-Replayed" not in refused
    assert Category.objects.count() == 1


@pytest.mark.parametrize("spelling", ["bearer {}", "Bearer  {}", "BEARER {} "])
def test_a_key_is_one_credential_however_it_is_spelt(spelling: str) -> None:
    _key, token = api_keys.issue_api_key(name="till", role="owner")
    _client(token).post(PATH, BODY, key="k-1")
    again = _client(None).post(PATH, BODY, key="k-1", authorization=spelling.format(token))
    assert again["Idempotent-Replayed"] == "true"


def test_a_session_that_has_ended_is_refused_instead(console_as: Callable[[str], Any]) -> None:
    browser = console_as("owner")
    send = {"data": BODY, "content_type": "application/json", "headers": {"Idempotency-Key": "k-1"}}
    assert browser.post(PATH, **send).status_code == 201
    assert browser.post(PATH, **send)["Idempotent-Replayed"] == "true"
    session = browser.session
    session.flush()
    refused = browser.post(PATH, **send)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert Category.objects.count() == 1


@pytest.mark.parametrize("path", [PATH, "/api/v1/me", "/api/v1/nothing-here"])
def test_what_a_stranger_is_refused_is_not_kept(path: str) -> None:
    for token in (None, "bny_wrong"):
        assert _client(token).post(path, BODY, key="k-1").status_code in {401, 404, 405}
    assert not IdempotencyRecord.objects.exists()
