"""Test that the API refuses input outside its document, and that the document lists every refusal."""

from typing import Any

import orjson
import pytest
from django.db import DataError
from django.http import HttpRequest
from django.test import RequestFactory
from django.test.utils import override_settings
from django.urls import path
from ninja import Query, Router, Schema

from kernel.http.api import Api
from kernel.http.schemas import DayIn, MomentIn, Strict, Text40


class OverflowCause(Exception):
    pgcode = "22003"


class Filters(Strict):
    state: str = ""
    limit: int = 50


class NoteIn(Strict):
    note: Text40 = "a"
    nested: Any = None
    at: MomentIn | None = None
    day: DayIn | None = None


class NoteOut(Schema):
    note: str
    at: str


router = Router()


@router.get("/notes", response=NoteOut)
def list_notes(request: HttpRequest, filters: Query[Filters], since: MomentIn | None = None) -> dict[str, str]:
    return {"note": filters.state, "at": str(since)}


@router.post("/notes", response=NoteOut)
def add_note(request: HttpRequest, payload: NoteIn) -> dict[str, str]:
    if payload.note == "huge":
        raise DataError("numeric field overflow") from OverflowCause()
    return {"note": payload.note, "at": str(payload.at)}


api = Api(urls_namespace="kernel-document", docs_url=None)
api.add_router("", router)
urlpatterns = [path("api/", api.urls)]


def send(method: str, address: str, body: bytes = b"", content_type: str = "application/json") -> tuple[int, Any]:
    from django.urls import resolve

    request = RequestFactory().generic(method, f"/api/{address}", body, content_type)
    with override_settings(ROOT_URLCONF=__name__):
        view, args, named = resolve(request.path_info)
        answer = view(request, *args, **named)
    return answer.status_code, orjson.loads(answer.content)


def post(**body: Any) -> tuple[int, Any]:
    return send("POST", "notes", orjson.dumps(body))


def codes(problem: Any) -> list[tuple[str, str]]:
    return [(error["field"], error["code"]) for error in problem["errors"]]


def test_a_filter_with_a_typing_error_is_no_filter() -> None:
    assert send("GET", "notes?state=paid")[0] == 200
    status, problem = send("GET", "notes?state=paid&sate=paid&Limit=3")
    assert (status, codes(problem)) == (422, [("sate", "extra_forbidden"), ("Limit", "extra_forbidden")])
    assert send("POST", "notes?dry_run=1", b"{}")[0] == 422


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_what_says_it_is_no_json_is_refused(content_type: str) -> None:
    assert send("POST", "notes", b'{"note": "a"}', content_type)[0] == 415


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/merge-patch+json", ""])
def test_what_may_be_json_is_read(content_type: str) -> None:
    assert send("POST", "notes", b'{"note": "a"}', content_type)[0] == 200


@pytest.mark.parametrize("depth", [500, 1_000])
def test_nesting_deeper_than_calls_may_be_is_read(depth: int) -> None:
    nested = b"[" * depth + b'"\\u0000"' + b"]" * depth
    status, problem = send("POST", "notes", b'{"nested":' + nested + b"}")
    assert (status, codes(problem)) == (422, [("nested", "nul_byte")])


def test_numbers_that_outgrow_a_column_are_a_refusal() -> None:
    status, problem = post(note="huge")
    assert (status, problem["code"], problem["errors"][0]["field"]) == (422, "invalid", "body")


@pytest.mark.parametrize("note", ["\u200b", "\u202e\u200d", "\ufeff"])
def test_a_name_can_be_seen(note: str) -> None:
    assert codes(post(note=note)[1]) == [("note", "invisible_text")]


@pytest.mark.parametrize("note", ["👩‍🔬", "‮abc", "عمر", "面霜"])
def test_emoji_and_other_writing_are_welcome(note: str) -> None:
    assert post(note=note)[0] == 200


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("2026-11-21T09:30:00", "timezone_aware"),
        ("2026-02-30T09:30:00Z", "datetime_parsing"),
        ("2026-11-21T09:30:00+25:00", "datetime_parsing"),
        ("2026-11-21", "datetime_parsing"),
        ("1764000000", "datetime_parsing"),
        (1764000000, "datetime_parsing"),
        ("２０２６-11-21T09:30:00Z", "datetime_parsing"),
        ("0001-01-01T00:00:00+14:00", "year_out_of_range"),
        ("9999-12-31T23:59:59-14:00", "year_out_of_range"),
    ],
)
def test_a_moment_says_where_and_lies_in_the_calendar(moment: object, code: str) -> None:
    assert codes(post(at=moment)[1]) == [("at", code)]


@pytest.mark.parametrize("moment", ["2026-11-21T09:30:00Z", "2026-11-21t09:30:00.125z", "2026-11-21 09:30+08:00"])
def test_moments(moment: str) -> None:
    assert post(at=moment)[0] == 200


def test_a_plus_that_nobody_encoded_is_a_plus() -> None:
    assert send("GET", "notes?since=2026-11-21T09:30:00+08:00")[1]["at"] == "2026-11-21 09:30:00+08:00"


@pytest.mark.parametrize("day", ["2026-02-30", "20261121", "2026-11-21T00:00:00Z", 1, "0001-01-01", "9999-12-31"])
def test_a_day_lies_in_the_calendar(day: object) -> None:
    assert [field for field, _code in codes(post(day=day)[1])] == ["day"]


def test_the_document_names_what_may_be_refused() -> None:
    document: dict[str, Any] = api.get_openapi_schema(path_prefix="/api/")
    reading = document["paths"]["/api/notes"]["get"]
    writing = document["paths"]["/api/notes"]["post"]
    assert set(reading["responses"]) == {200, 404, 410, 422, 429, 503}
    assert set(writing["responses"]) == {200, 400, 402, 403, 404, 409, 410, 413, 415, 422, 429, 503}
    assert "application/problem+json" in writing["responses"][422]["content"]
    assert document["components"]["schemas"]["Problem"]["required"]
    limit = next(one["schema"] for one in reading["parameters"] if one["name"] == "limit")
    assert (limit["minimum"], limit["maximum"]) == (1, 100)
