"""The same POST twice is one effect and one answer, in parallel too."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from kernel.core import clock
from kernel.events import tasks
from kernel.http import idempotency
from kernel.http.middleware import IdempotencyMiddleware
from kernel.models import IdempotencyRecord, NumberSeries
from kernel.tenancy.actors import Actor
from kernel.tenancy.context import enter_brand
from shared_apps.tenants.models import Brand

DAY = date(2026, 11, 21)
CALLER = Actor(kind="api_key", id=1, label="till", role="sales", permissions=frozenset())
Answer = Callable[[HttpRequest], HttpResponseBase]


@pytest.fixture(autouse=True)
def everybody_is_recognised(settings: Settings) -> None:
    """The middleware is tested by itself here; `tests/flows/test_replay.py` shows it with real keys."""
    settings.IDEMPOTENCY_GUARD = ""


def _insert(request: HttpRequest) -> HttpResponse:
    """An operation with an effect that shows how often it happened."""
    row = NumberSeries.objects.create(kind=f"N{NumberSeries.objects.count()}", day=DAY, last=1)
    return HttpResponse(orjson.dumps({"id": row.pk}), status=201, content_type="application/json")


def _post(
    answer: Answer = _insert, *, key: str = "key-1", body: object = None, caller: str = "bny_a", path: str = "/api/v1/x"
) -> Any:
    request = RequestFactory().post(
        path,
        orjson.dumps(body if body is not None else {"a": 1}),
        content_type="application/json",
        headers={"Idempotency-Key": key, "Authorization": f"Bearer {caller}"},
    )
    request.actor = CALLER  # type: ignore[attr-defined]
    return IdempotencyMiddleware(answer)(request)


def _count() -> int:
    return NumberSeries.objects.count()


@pytest.mark.django_db
def test_the_second_gets_the_first_s_answer() -> None:
    first = _post()
    second = _post()
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second["Content-Type"] == "application/json"
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert _count() == 1


@pytest.mark.django_db
def test_it_costs_two_statements() -> None:
    with CaptureQueriesContext(connection) as queries:
        _post(lambda _: HttpResponse(b"{}"))
    ours = [query["sql"] for query in queries if "kernel_idempotencyrecord" in query["sql"]]
    assert len(ours) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "other", [{"body": {"a": 2}}, {"path": "/api/v1/y"}, {"path": "/api/v1/x?dry_run=1"}], ids=["body", "path", "query"]
)
def test_another_request_under_the_same_key_is_refused(other: dict[str, Any]) -> None:
    _post()
    refused = _post(**other)
    problem = orjson.loads(refused.content)
    assert (refused.status_code, problem["code"]) == (422, "idempotency_key_reused")
    assert problem["errors"][0]["field"] == "Idempotency-Key"
    assert _count() == 1


@pytest.mark.django_db
def test_another_credential_with_the_same_key_is_somebody_else() -> None:
    assert _post(caller="bny_a").status_code == 201
    other = _post(caller="bny_b")
    assert other.status_code == 201
    assert "Idempotent-Replayed" not in other
    assert _count() == 2


@pytest.mark.django_db
def test_another_brand_with_the_same_key_is_somebody_else(other_brand: Brand) -> None:
    _post()
    enter_brand(other_brand)
    assert "Idempotent-Replayed" not in _post()
    assert _count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("status", [400, 404, 409, 410, 422])
def test_refusals_are_answers_too(status: int) -> None:
    assert _post(lambda _: HttpResponse(b"no", status=status)).status_code == status
    assert _post()["Idempotent-Replayed"] == "true"
    assert _count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("status", [401, 402, 403, 408, 413, 429, 500, 503])
def test_what_is_to_be_tried_again_is_rolled_back_and_frees_the_key(status: int) -> None:
    def half(request: HttpRequest) -> HttpResponse:
        _insert(request)
        return HttpResponse(b"sorry", status=status)

    assert _post(half).status_code == status
    assert _count() == 0
    assert _post().status_code == 201
    assert _count() == 1


@pytest.mark.django_db
def test_a_key_is_forgotten_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    _post()
    start = clock.now()
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(hours=23, minutes=59))
    assert _post()["Idempotent-Replayed"] == "true"
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(hours=24, minutes=1))
    assert "Idempotent-Replayed" not in _post(body={"a": "another"})
    assert _count() == 2
    assert IdempotencyRecord.objects.count() == 1
    assert tasks.forget(start + timedelta(hours=50)) == (0, 1)


@pytest.mark.django_db
def test_a_stored_answer_is_not_readable_in_the_database() -> None:
    _post(lambda _: HttpResponse(b'{"token":"bny_secret"}', status=201))
    body = IdempotencyRecord.objects.get().body
    assert b"bny_secret" not in bytes(body or b"")
    assert _post().content == b'{"token":"bny_secret"}'


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, "a\tb"])
def test_malformed_keys_are_named(key: str) -> None:
    refused = _post(key=key)
    problem = orjson.loads(refused.content)
    assert (refused.status_code, problem["code"]) == (422, "idempotency_key_malformed")
    assert problem["errors"][0]["field"] == "Idempotency-Key"
    assert _count() == 0


@pytest.mark.django_db
def test_other_requests_pass_by() -> None:
    make = RequestFactory()
    for request in (
        make.post("/api/v1/x", b"{}", content_type="application/json"),
        make.get("/api/v1/x", headers={"Idempotency-Key": "k"}),
        make.post("/console/x", b"{}", content_type="application/json", headers={"Idempotency-Key": "k"}),
    ):
        assert IdempotencyMiddleware(_insert)(request).status_code == 201
    assert _count() == 3
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.django_db
def test_uploads_are_compared_by_content_and_still_readable() -> None:
    read: list[bytes] = []

    def take(request: HttpRequest) -> HttpResponse:
        read.append(request.FILES["file"].read())  # type: ignore[union-attr]
        return HttpResponse(b"{}", status=201)

    def upload(content: bytes) -> Any:
        request = RequestFactory().post(
            "/api/v1/imports",
            {"channel": "shop", "file": SimpleUploadedFile("a.csv", content)},
            headers={"Idempotency-Key": "k", "Authorization": "Bearer bny_a"},
        )
        return IdempotencyMiddleware(take)(request)

    assert upload(b"one").status_code == 201
    assert upload(b"one")["Idempotent-Replayed"] == "true"
    assert upload(b"two").status_code == 422
    assert read == [b"one"]


@pytest.mark.django_db
def test_a_stream_does_not_use_up_the_key() -> None:
    response = _post(lambda _: StreamingHttpResponse([b"x"]))
    assert b"".join(response) == b"x"
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.django_db
def test_a_body_over_the_limit_is_refused_and_changes_nothing(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    refused = _post(body="x" * 200)
    assert (refused.status_code, orjson.loads(refused.content)["code"]) == (413, "too_large")
    assert _count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("parallel", [2, 5, 16])
def test_parallel_identical_posts_have_one_effect(live_brand: Brand, in_threads: Any, parallel: int) -> None:
    NumberSeries.objects.create(kind="SUM", day=DAY, last=0)

    def add_one(request: HttpRequest) -> HttpResponse:
        NumberSeries.objects.filter(kind="SUM").update(last=F("last") + 1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.1)")
        return HttpResponse(b'{"sum":1}', status=201, content_type="application/json")

    answers = in_threads(live_brand, parallel, lambda _: _post(add_one))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, b'{"sum":1}')}
    assert Counter(answer.get("Idempotent-Replayed") for answer in answers) == {None: 1, "true": parallel - 1}
    assert NumberSeries.objects.get(kind="SUM").last == 1


@pytest.mark.django_db(transaction=True)
def test_a_twin_of_a_request_that_takes_long_is_told_to_come_back(
    live_brand: Brand, in_threads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "MAX_WAIT_MS", 200)
    inside = threading.Event()
    over = threading.Event()

    def slow(request: HttpRequest) -> HttpResponse:
        inside.set()
        over.wait(timeout=20)
        return _insert(request)

    def work(number: int) -> Any:
        if number == 0:
            return _post(slow)
        inside.wait(timeout=20)
        try:
            return _post()
        finally:
            over.set()

    first, twin = in_threads(live_brand, 2, work)
    assert first.status_code == 201
    assert twin.status_code == 409
    assert orjson.loads(twin.content)["code"] == "idempotency_in_progress"
    assert twin["Retry-After"] == "1"
    assert _count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_crash_in_the_middle_frees_the_key_and_leaves_nothing(live_brand: Brand, in_threads: Any) -> None:
    def lose_the_database(request: HttpRequest) -> HttpResponse:
        _insert(request)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        with connection.copy().cursor() as killer:
            killer.execute("SELECT pg_terminate_backend(%s)", [pid])
            killer.db.close()
        return _insert(request)

    (lost,) = in_threads(live_brand, 1, lambda _: _post(lose_the_database))
    assert (lost.status_code, "Retry-After" in lost) == (503, True)
    assert _count() == 0
    assert not IdempotencyRecord.objects.exists()
    answer = _post()
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer
    assert _count() == 1


@pytest.mark.django_db(transaction=True)
def test_effects_and_answer_commit_together(live_brand: Brand) -> None:
    """A service's own savepoint that failed does not take the stored refusal with it."""

    def refuse(request: HttpRequest) -> HttpResponse:
        try:
            with transaction.atomic():
                _insert(request)
                NumberSeries.objects.create(kind="N0", day=DAY, last=1)  # breaks the constraint
        except Exception:
            return HttpResponse(b"conflict", status=409)
        return HttpResponse(b"never")

    assert _post(refuse).status_code == 409
    assert _post(refuse)["Idempotent-Replayed"] == "true"
    assert _count() == 0


@pytest.mark.django_db
def test_a_request_that_ends_in_another_schema_is_not_answered(other_brand: Brand) -> None:
    def stray(request: HttpRequest) -> HttpResponse:
        enter_brand(other_brand)
        return HttpResponse(b"{}")

    with pytest.raises(RuntimeError, match="another schema"):
        _post(stray)
