"""Throttles count in Redis, per brand and credential, and let everybody through while it is down."""

from collections import OrderedDict
from typing import Any

import orjson
import pytest
import redis
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from kernel.core import counters, throttling
from kernel.core.errors import TooManyRequests
from kernel.http.addresses import client_address
from kernel.http.middleware import RateLimitMiddleware
from kernel.tenancy.context import enter_brand
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_counters(settings: Settings, request: pytest.FixtureRequest) -> Any:
    """Counters of this test alone."""
    prefix = f"kernel-limits-{id(request)}"
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": prefix}}
    client = counters.client()
    yield
    for key in client.scan_iter(f"{prefix}:*"):
        client.delete(key)


@pytest.fixture
def _no_redis(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(throttling, "_pause_until", 0.0)


def _ok(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"ok")


def _get(token: str, address: str = "192.0.2.1", answer: Any = _ok, path: str = "/api/v1/x") -> Any:
    request = RequestFactory(REMOTE_ADDR=address).get(path, headers={"Authorization": f"Bearer {token}"})
    return RateLimitMiddleware(answer)(request)


def test_requests_are_counted_down_and_refused_beyond_the_limit(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    monkeypatch.setattr("kernel.core.counters.time.time", lambda: 1_000_000_060.0)
    answers = [_get("a") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer["RateLimit-Limit"] for answer in answers} == {"3"}
    assert answers[3]["Retry-After"] == answers[3]["RateLimit-Reset"] == "20"
    assert orjson.loads(answers[3].content)["code"] == "too_many_requests"
    assert _get("b").status_code == 200
    monkeypatch.setattr("kernel.core.counters.time.time", lambda: 1_000_000_080.0)
    assert _get("a").status_code == 200


def test_one_brand_does_not_use_up_another_s_limit(settings: Settings, other_brand: Brand) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    assert _get("a").status_code == 200
    enter_brand(other_brand)
    assert _get("a").status_code == 200


def test_guessing_keys_from_one_address_gets_slow(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1_000
    monkeypatch.setattr("kernel.http.middleware._UNKNOWN_PER_MINUTE", 5)
    monkeypatch.setattr("kernel.core.counters.time.time", lambda: 1_000_000_000.0)

    def unknown(request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=401)

    assert [_get(f"guess{number}", answer=unknown).status_code for number in range(7)] == [401] * 5 + [429] * 2
    assert _get("guess", address="192.0.2.2", answer=unknown).status_code == 401


def test_pages_are_not_counted(settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    for _ in range(3):
        response = _get("a", path="/console/")
        assert (response.status_code, "RateLimit-Limit" in response) == (200, False)


@pytest.mark.usefixtures("_no_redis")
def test_without_redis_everybody_passes_and_it_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    response = _get("a")
    assert (response.status_code, "RateLimit-Limit" in response) == (200, False)
    assert caplog.text.count("Redis is unreachable") == 1
    for _ in range(20):
        _get("a")
    assert caplog.text.count("Redis is unreachable") == 1  # neither tried nor logged again for some seconds
    throttling.ensure_below_limit("signup", "x", limit=0, window_seconds=60)


def test_a_service_s_own_throttle() -> None:
    for _ in range(2):
        throttling.ensure_below_limit("signup", "192.0.2.1", limit=2, window_seconds=3600)
    with pytest.raises(TooManyRequests) as refusal:
        throttling.ensure_below_limit("signup", "192.0.2.1", limit=2, window_seconds=3600)
    retry_after = refusal.value.extra["retry_after"]
    assert isinstance(retry_after, int)
    assert 0 < retry_after <= 3600


def test_counters_expire_by_themselves() -> None:
    counters.count("x", window_seconds=60)
    client = counters.client()
    keys = list(client.scan_iter(f"{counters.key_for('x')}*"))
    assert len(keys) == 1
    assert 0 < client.ttl(keys[0]) <= 60
    assert isinstance(client, redis.Redis)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.1", "192.0.2.1"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        (2, "198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (1, "", "192.0.2.1"),
        (1, "rubbish", None),
        (1, "2001:DB8::1", "2001:db8::1"),
    ],
)
def test_forwarded_addresses_count_as_far_as_our_proxies_wrote_them(
    settings: Settings, proxies: int, forwarded: str, address: str | None
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory(REMOTE_ADDR="192.0.2.1").get("/", headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == address


def test_a_large_limit_is_counted_ahead_and_never_exceeded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes share a limit of 100: together they get 100 at most, and each asks Redis for every second use."""
    asked: list[int] = []
    count = counters.count

    def counting(name: str, **options: Any) -> tuple[int, int]:
        asked.append(1)
        return count(name, **options)

    monkeypatch.setattr(counters, "count", counting)
    processes: list[OrderedDict[str, Any]] = [OrderedDict(), OrderedDict()]
    granted = 0
    for turn in range(130):
        monkeypatch.setattr(throttling, "_leases", processes[turn % 2])
        allowance = throttling.take("shared", "key", limit=100, window_seconds=3_600)
        granted += bool(allowance and not allowance.exceeded)
    assert 98 <= granted <= 100
    assert len(asked) <= 130 // 2 + 2
