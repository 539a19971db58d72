"""The host picks the schema; what stands where decides what may be done."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django import Settings

from kernel.core import clock
from kernel.core.counters import SharedMark
from kernel.tenancy.context import current_schema, leave_brand, public_schema
from shared_apps.accounts.services import users
from shared_apps.tenants import selectors
from shared_apps.tenants.models import Brand, Domain
from shared_apps.tenants.services import lifecycle
from shared_apps.tenants.states import BrandState, ProvisioningState
from tests.factories.api_client import ApiClient

pytestmark = pytest.mark.django_db


def put(brand: Brand, **fields: Any) -> None:
    with public_schema():
        Brand.objects.filter(pk=brand.pk).update(**fields)


def visit(host: str, path: str = "/api/v1/agents", method: str = "get", **headers: str) -> Any:
    return getattr(Client(headers={"host": host, **headers}), method)(path)


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "www.localhost", "127.0.0.1", "LOCALHOST."])
def test_the_platform_answers_on_its_own_hosts(host: str) -> None:
    response = visit(host, "/")
    assert response.status_code == 200
    assert "/signup/" in response.content.decode()


@pytest.mark.parametrize("host", ["acme.localhost", "ACME.localhost:8000", "www.acme.localhost", "acme.localhost."])
def test_a_brand_answers_on_its_host(host: str, brand: Brand) -> None:
    assert visit(host, "/api/v1/agents").status_code == 401
    assert visit(host, "/signup/").status_code == 404  # that page is the platform's


def test_an_unknown_host_is_a_problem_in_the_readers_language() -> None:
    problem = visit("nobody.localhost", accept_language="en").json()
    assert (problem["status"], problem["code"]) == (404, "unknown_host")
    assert problem["title"] == "There is no brand at this address"
    page = visit("nobody.localhost", "/console/", accept_language="en")
    assert page.status_code == 404
    assert "There is no brand at this address" in page.content.decode()


def test_probes_are_answered_on_any_host() -> None:
    assert visit("10.0.0.7", "/healthz").status_code == 200


def test_the_connection_is_left_as_it_was_found(brand: Brand, other_brand: Brand) -> None:
    assert current_schema() == brand.schema_name
    visit(f"{other_brand.slug}.localhost")
    visit("localhost", "/")
    visit("nobody.localhost")
    assert current_schema() == brand.schema_name


def test_the_key_of_one_brand_is_unknown_to_another(api: ApiClient, other_brand: Brand) -> None:
    assert api.get("/api/v1/agents").status_code == 200
    foreign = visit(f"{other_brand.slug}.localhost", authorization=f"Bearer {api.token}")
    assert foreign.status_code == 401


READ_ONLY_STATES = [(BrandState.TRIAL_EXPIRED, "trial_expired"), (BrandState.READ_ONLY, "brand_read_only")]


@pytest.mark.parametrize(("state", "code"), READ_ONLY_STATES)
def test_who_may_only_read_reads_and_signs_in(api: ApiClient, brand: Brand, state: BrandState, code: str) -> None:
    put(brand, state=state)
    assert api.get("/api/v1/agents").status_code == 200
    refused = api.post("/api/v1/agent-levels", {"code": "GOLD", "name": "Gold", "rank": 1})
    assert (refused.status_code, refused.json()["code"]) == (402, code)
    assert api.get("/api/v1/agent-levels").json()["items"] == []
    page = visit("acme.localhost", "/console/agents/level/add/", "post")
    assert page.status_code == 402
    assert visit("acme.localhost", "/console/login/", "post").status_code in {200, 403}  # the form, or its CSRF check
    assert visit("acme.localhost", "/console/login/").status_code == 200


PAY_EXPORT_ASK = ["/console/billing/", "/console/support/", "/console/orders/order/export/", "/i18n/setlang/"]


@pytest.mark.parametrize("state", [BrandState.TRIAL_EXPIRED, BrandState.READ_ONLY])
@pytest.mark.parametrize("path", PAY_EXPORT_ASK)
def test_who_may_only_read_pays_exports_and_asks(brand: Brand, state: BrandState, path: str) -> None:
    put(brand, state=state)
    assert visit("acme.localhost", path, "post").status_code != 402


SUSPENDED = {"state": BrandState.SUSPENDED, "suspended_from": BrandState.ACTIVE, "suspended_because": "unpaid"}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", ["/api/v1/agents", "/api/v1/docs", "/console/agents/agent/", "/console/password"])
def test_a_suspended_brand_lets_nobody_work(api: ApiClient, brand: Brand, path: str, method: str) -> None:
    put(brand, **SUSPENDED)
    answer = api.request(method, path)
    assert answer.status_code == 403
    if answer["Content-Type"].startswith("application/problem+json"):
        assert answer.json()["code"] == "brand_suspended"
    else:
        assert answer.templates[0].name == "tenants/host_problem.html"


def test_the_doors_of_a_suspended_brand_lead_to_the_bill(brand: Brand) -> None:
    put(brand, **SUSPENDED)
    for door in ("/", "/console/"):
        answer = visit("acme.localhost", door)
        assert (answer.status_code, answer["Location"]) == (302, "/console/billing/")
    assert visit("acme.localhost", "/console/login/").status_code == 200


@pytest.mark.parametrize("role", sorted({"owner", "manager", "finance", "sales", "warehouse"}))
def test_only_the_owner_enters_the_pages_of_a_suspended_brand(brand: Brand, role: str) -> None:
    person = users.create_user(name="P", role=role, email=f"one-{role}@acme.example", password="a long pass phrase")
    browser = Client(headers={"host": "acme.localhost", "accept-language": "en"})
    browser.force_login(person)
    put(brand, **SUSPENDED)
    for path in ("/console/billing/", "/console/support/"):
        page = browser.get(path)
        if role == "owner":
            assert page.status_code == 200, path
        else:
            assert (page.status_code, page.templates[0].name) == (403, "tenants/host_problem.html")
    assert browser.get("/console/orders/order/").status_code == 403
    assert browser.get("/console/two-step/").status_code == 200


def test_a_key_that_is_not_the_owners_sees_nothing_of_a_suspended_brand(
    api: ApiClient, api_as: Callable[[str], ApiClient], brand: Brand
) -> None:
    finance = api_as("finance")
    put(brand, **SUSPENDED)
    for path in ("/api/v1/billing", "/api/v1/exports"):
        refused = finance.get(path)
        assert (refused.status_code, refused.json()["code"]) in [(403, "brand_suspended"), (404, "not_found")]
        assert api.get(path).status_code in {200, 404}


@pytest.mark.parametrize("state", [BrandState.TRIALING, BrandState.ACTIVE, BrandState.PAST_DUE])
def test_who_may_work_works(api: ApiClient, brand: Brand, state: BrandState) -> None:
    put(brand, state=state)
    created = api.post("/api/v1/agent-levels", {"code": "GOLD", "name": "Gold", "rank": 1})
    assert created.status_code == 201


def test_a_trial_that_is_over_stops_writes_before_the_task_notes_it(api: ApiClient, brand: Brand) -> None:
    put(brand, trial_ends_at=clock.now() - timedelta(seconds=1))
    refused = api.post("/api/v1/agent-levels", {"code": "GOLD", "name": "Gold", "rank": 1})
    assert refused.json()["code"] == "trial_expired"


def test_an_archived_brand_is_gone(api: ApiClient, brand: Brand) -> None:
    put(brand, state=BrandState.ARCHIVED)
    response = api.get("/api/v1/agents")
    assert (response.status_code, response.json()["code"]) == (410, "brand_archived")


@pytest.mark.parametrize(
    "state", [ProvisioningState.REQUESTED, ProvisioningState.PROVISIONING, ProvisioningState.FAILED]
)
def test_a_brand_without_its_schema_asks_for_patience(api: ApiClient, brand: Brand, state: ProvisioningState) -> None:
    put(brand, provisioning_state=state)
    response = api.get("/api/v1/agents")
    assert (response.status_code, response.json()["code"]) == (503, "brand_not_ready")
    assert response.headers["Retry-After"] == "2"


@pytest.mark.django_db(transaction=True)
def test_hosts_are_remembered_for_a_while_and_copied(live_brand: Brand) -> None:
    host = f"{live_brand.slug}.localhost"
    leave_brand()
    first = selectors.find_brand_by_host(host)
    with connection.execute_wrapper(_refuse_queries):
        again = selectors.find_brand_by_host(host)
    assert first is not None
    assert again == first
    assert again is not first
    lifecycle.suspend_brand(brand_id=live_brand.pk, reason="x", now=clock.now())  # this process notices at once
    assert getattr(selectors.find_brand_by_host(host), "state", "") == BrandState.SUSPENDED


@pytest.mark.django_db(transaction=True)
def test_what_another_process_changed_is_seen_within_a_second(live_brand: Brand) -> None:
    host = f"{live_brand.slug}.localhost"
    leave_brand()
    assert getattr(selectors.find_brand_by_host(host), "state", "") == BrandState.TRIALING
    put(live_brand, state=BrandState.READ_ONLY)
    SharedMark("brands", asked_every=1.0).change()  # as another process does once it has committed
    time.sleep(selectors.MARK_LIFETIME_SECONDS + 0.05)
    assert getattr(selectors.find_brand_by_host(host), "state", "") == BrandState.READ_ONLY


@pytest.mark.django_db(transaction=True)
def test_services_tell_every_process(live_brand: Brand) -> None:
    another = SharedMark("brands", asked_every=0.0)
    before = another.read(time.monotonic())
    lifecycle.suspend_brand(brand_id=live_brand.pk, reason="x", now=clock.now())
    assert another.read(time.monotonic()) not in {before, ""}


@pytest.mark.django_db(transaction=True)
def test_without_redis_hosts_are_remembered_for_two_seconds_only(
    live_brand: Brand, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(selectors, "_changes", SharedMark("brands", asked_every=1.0))
    monkeypatch.setattr(selectors, "ALONE_LIFETIME_SECONDS", 0.3)
    host = f"{live_brand.slug}.localhost"
    leave_brand()
    selectors.find_brand_by_host(host)
    with connection.execute_wrapper(_refuse_queries):
        selectors.find_brand_by_host(host)
    put(live_brand, state=BrandState.READ_ONLY)
    time.sleep(0.35)
    assert getattr(selectors.find_brand_by_host(host), "state", "") == BrandState.READ_ONLY


def test_what_a_transaction_sees_is_not_remembered(brand: Brand) -> None:
    put(brand, name="Passing")
    assert getattr(selectors.find_brand_by_host("acme.localhost"), "name", "") == "Passing"
    put(brand, name="Acme")
    assert getattr(selectors.find_brand_by_host("acme.localhost"), "name", "") == "Acme"


@pytest.mark.django_db(transaction=True)
def test_the_memory_for_hosts_is_bounded(live_brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "HOSTS_KEPT", 3)
    leave_brand()
    hosts = [f"{live_brand.slug}-{number}.localhost" for number in range(5)]
    for host in hosts:
        Domain.objects.create(tenant=live_brand, domain=host, is_primary=False)
        selectors.find_brand_by_host(host)
        selectors.find_brand_by_host(f"no-{host}")
    assert list(selectors._hosts) == hosts[-3:]


def _refuse_queries(execute: Callable[..., Any], *_arguments: Any) -> None:
    raise AssertionError("a query was sent")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_ends_no_session(path: str) -> None:
    """A brand's session is unknown in `public`, where a probe is answered."""
    browser = Client(headers={"host": "acme.localhost"})
    browser.cookies[settings.SESSION_COOKIE_NAME] = "somebody-s-session"
    assert settings.SESSION_COOKIE_NAME not in browser.get(path).cookies
