"""Test refusals over the API: 402 with the details, never replayed; and the brand's rate limit."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from kernel.core import clock, counters
from kernel.models import IdempotencyRecord
from shared_apps.accounts.services import api_keys
from shared_apps.entitlements import selectors as entitlements
from shared_apps.tenants.models import Brand
from tenant_apps.catalog.models import Variant
from tenant_apps.imports.models import ImportJob
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop

from .conftest import Allow

pytestmark = pytest.mark.django_db

UPGRADE = "/console/billing/plans/"


@pytest.fixture(autouse=True)
def _own_counters(settings: Settings, request: pytest.FixtureRequest) -> Any:
    """Counters of this test alone."""
    prefix = f"entitlements-{id(request)}"
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": prefix}}
    client = counters.client()
    yield
    for key in client.scan_iter(f"{prefix}:*"):
        client.delete(key)


def test_a_full_quota(allow: Allow, api: ApiClient, shop: Shop) -> None:
    allow("api", skus=4)
    body = {"sku": "NEW", "retail_price": "9.90"}
    path = f"/api/v1/products/{Variant.objects.all()[0].product_id}/variants"
    answer = api.post(path, body, key="k-1")
    assert answer.status_code == 402
    assert answer["Content-Type"] == "application/problem+json"
    said = answer.json()
    assert {name: said[name] for name in ("code", "status", "quota", "limit", "used", "upgrade_url")} == {
        "code": "quota_exceeded",
        "status": 402,
        "quota": "skus",
        "limit": 4,
        "used": 4,
        "upgrade_url": UPGRADE,
    }
    assert not IdempotencyRecord.objects.filter(key="k-1").exists()
    allow("api", skus=5)
    assert api.post(path, body, key="k-1").status_code == 201  # the same request, after the upgrade
    assert api.get("/api/v1/variants").status_code == 200


def test_an_order_too_many(allow: Allow, api: ApiClient, shop: Shop) -> None:
    allow("api", orders=1)
    body = {"lines": [{"sku": shop.skus[0], "quantity": 1}]}
    assert api.post("/api/v1/orders", body).status_code == 201
    said = api.post("/api/v1/orders", body).json()
    assert (said["code"], said["quota"], said["limit"], said["used"]) == ("quota_exceeded", "orders", 1, 1)
    assert len(api.get("/api/v1/orders").json()["items"]) == 1


def test_a_feature_the_plan_lacks(allow: Allow, api: ApiClient) -> None:
    allow("api")
    answer = api.post("/api/v1/invoices", {"order_id": 1, "buyer_kind": "individual", "buyer_name": "王"}, key="k-1")
    said = answer.json()
    assert (answer.status_code, said["code"], said["feature"]) == (402, "feature_not_in_plan", "invoicing")
    assert said["upgrade_url"] == UPGRADE
    assert not IdempotencyRecord.objects.filter(key="k-1").exists()


def test_what_the_role_lacks_is_still_403(allow: Allow, api_as: Callable[[str], ApiClient]) -> None:
    warehouse = api_as("warehouse")
    allow("api")
    answer = warehouse.post("/api/v1/invoices", {"order_id": 1, "buyer_kind": "individual", "buyer_name": "王"})
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")


def test_what_was_imported_is_still_read(allow: Allow, api: ApiClient) -> None:
    allow("api")
    assert api.get("/api/v1/imports").status_code == 200
    job = ImportJob.objects.create(kind="orders", file_name="a.csv", file_digest="0" * 64, created_at=clock.now())
    assert api.get(f"/api/v1/imports/{job.pk}").status_code == 200
    assert api.post(f"/api/v1/imports/{job.pk}/commit").json()["code"] == "feature_not_in_plan"


def test_a_key_without_the_api_and_the_console_s_session(
    allow: Allow, api: ApiClient, console: Any, anonymous: ApiClient
) -> None:
    allow("invoicing")
    said = api.get("/api/v1/orders").json()
    assert (said["status"], said["code"], said["feature"]) == (402, "feature_not_in_plan", "api")
    assert console.get("/api/v1/orders").status_code == 200
    anonymous.token = "bny_" + "x" * 48
    assert anonymous.get("/api/v1/orders").status_code == 401  # who is unknown learns nothing of the plan
    allow("api")
    assert api.get("/api/v1/orders").status_code == 200


def test_a_stored_answer_is_not_replayed_to_a_key_without_the_api(allow: Allow, api: ApiClient) -> None:
    assert api.post("/api/v1/categories", {"name": "面霜"}, key="k-1").status_code == 201
    allow("invoicing")
    assert api.post("/api/v1/categories", {"name": "面霜"}, key="k-1").json()["code"] == "feature_not_in_plan"


class TestCallsAMinute:
    @pytest.fixture(autouse=True)
    def _one_minute(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("kernel.core.counters.time.time", lambda: 1_800_000_000.0)

    def test_all_keys_of_a_brand_share_them(self, allow: Allow, api_as: Callable[[str], ApiClient]) -> None:
        till = api_as("owner")
        shop = api_as("sales")
        allow("api", api_calls=3)
        answers = [one.get("/api/v1/orders") for one in (till, shop, till, shop)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert {answer["RateLimit-Limit"] for answer in answers} == {"3"}
        said = answers[3].json()
        assert (said["code"], said["quota"], said["limit"], said["upgrade_url"]) == (
            "too_many_requests",
            "api_calls",
            3,
            UPGRADE,
        )
        assert answers[3]["Retry-After"] == str(said["retry_after"])
        assert entitlements.list_quotas(now=clock.now())[-1] == entitlements.Use("api_calls", 3, 4)

    def test_the_tighter_limit_is_told(self, allow: Allow, api: ApiClient, settings: Settings) -> None:
        settings.API_REQUESTS_PER_MINUTE = 2
        allow("api", api_calls=30)
        assert api.get("/api/v1/orders")["RateLimit-Limit"] == "2"

    def test_strangers_and_the_console_use_none_up(
        self, allow: Allow, api: ApiClient, anonymous: ApiClient, console: Any
    ) -> None:
        allow("api", api_calls=1)
        _key, revoked = api_keys.issue_api_key(name="old", role="owner")
        api_keys.revoke_api_key(key_id=_key.pk)
        for token in (None, "bny_wrong", revoked):
            anonymous.token = token
            assert anonymous.get("/api/v1/orders").status_code == 401
        assert console.get("/api/v1/orders").status_code == 200
        assert api.get("/api/v1/orders").status_code == 200

    def test_another_brand_has_its_own(self, allow: Allow, api: ApiClient, other_brand: Brand) -> None:
        from kernel.tenancy.context import brand_schema

        allow("api", api_calls=1)
        api.get("/api/v1/orders")
        with brand_schema(other_brand.schema_name):
            _key, token = api_keys.issue_api_key(name="theirs", role="owner")
        theirs = ApiClient(host=f"{other_brand.slug}.localhost", token=token)
        assert theirs.get("/api/v1/orders").status_code == 200

    def test_without_a_limit_nothing_is_counted(self, allow: Allow, api: ApiClient) -> None:
        allow("api")
        assert api.get("/api/v1/orders").status_code == 200
        assert entitlements.list_quotas(now=clock.now())[-1] == entitlements.Use("api_calls", None, 0)

    def test_nobody_is_refused_while_redis_is_down(
        self, allow: Allow, api: ApiClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        allow("api", api_calls=0)
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        monkeypatch.setattr("kernel.core.throttling._pause_until", 0.0)
        assert api.get("/api/v1/orders").status_code == 200
        assert entitlements.list_quotas(now=clock.now())[-1].used == 0
