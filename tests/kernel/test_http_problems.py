"""Every refusal of an API is a problem document that names field and rule."""

from types import ModuleType
from typing import Any

import orjson
import psycopg2
import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import Resolver404, path, resolve
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI, Status
from ninja.errors import HttpError
from ninja.security import HttpBearer

from kernel.core.errors import Conflict, FieldError, Invalid, TooManyRequests
from kernel.http.middleware import ApiProblemsMiddleware, RequestContextMiddleware, SecurityHeadersMiddleware
from kernel.http.permissions import requires
from kernel.http.problems import install_error_handlers
from kernel.http.rendering import FastRenderer, StrictParser
from kernel.http.schemas import MoneyIn, MoneyText, Quantity, Strict
from kernel.tenancy.actors import Actor, current_actor


class ThingIn(Strict):
    name: str
    quantity: Quantity
    price: MoneyIn


class ThingOut(Strict):
    price: MoneyText
    by: str


class OutOfThings(Conflict):
    code = "out_of_things"
    title = _("No things left")


class LockError(Exception):
    pgcode = "55P03"


class KeyAuth(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        if token not in {"clerk", "owner"}:
            return None
        permissions = frozenset({"things.make"}) if token == "owner" else frozenset({"things.view"})
        actor = Actor(kind="api_key", id=1, label=token, role=token, permissions=permissions)
        request.actor = actor  # type: ignore[attr-defined]
        return actor


def _busy() -> OperationalError:
    error = OperationalError("lock timeout on bny_secret")
    error.__cause__ = LockError()
    return error


def _away(cause: Exception) -> OperationalError:
    error = OperationalError("server closed the connection of bny_secret")
    error.__cause__ = cause
    return error


class ShutDownError(Exception):
    pgcode = "57P01"


ERRORS: dict[str, Exception] = {
    "conflict": OutOfThings("Sold out.", errors=[FieldError("lines.0.quantity", "out_of_things", "only 3 left")]),
    "field": Invalid("Wrong.", field="name"),
    "slow": TooManyRequests(retry_after=7),
    "missing": Http404("secret"),
    "denied": PermissionDenied("secret"),
    "odd": SuspiciousOperation("secret"),
    "big": RequestDataTooBig("secret"),
    "busy": _busy(),
    "shut_down": _away(ShutDownError()),
    "gone": _away(psycopg2.OperationalError("no such server")),
    "database": OperationalError("password authentication failed for user bny_secret"),
    "bug": ZeroDivisionError("secret"),
    "http": HttpError(418, "secret"),
}

api = NinjaAPI(
    auth=KeyAuth(), urls_namespace="kernel-problems", renderer=FastRenderer(), parser=StrictParser(), docs_url=None
)
install_error_handlers(api)


@api.post("/things", response={201: ThingOut})
@requires("things.make")
def make_thing(request: HttpRequest, payload: ThingIn) -> Status[dict[str, Any]]:
    """Make one."""
    return Status(201, {"price": payload.price, "by": current_actor().label})


@api.get("/errors/{name}", auth=None)
def fail(request: HttpRequest, name: str, limit: int = 1, search: str = "") -> HttpResponse:
    raise ERRORS[name]


urls = ModuleType("kernel_problem_urls")
urls.urlpatterns = [path("api/v1/", api.urls)]  # type: ignore[attr-defined]


def _route(request: HttpRequest) -> Any:
    try:
        match = resolve(request.path_info, urls)  # type: ignore[arg-type]
    except Resolver404:
        return HttpResponse("<h1>Not Found</h1>", status=404)
    return match.func(request, *match.args, **match.kwargs)


def _call(method: str, address: str, body: object = None, caller: str = "owner", **headers: str) -> Any:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    request = RequestFactory(raise_request_exception=False).generic(
        method, address, data, "application/json", headers={"Authorization": f"Bearer {caller}", **headers}
    )
    chain = RequestContextMiddleware(SecurityHeadersMiddleware(ApiProblemsMiddleware(_route)))
    return chain(request)


def _problem(response: Any) -> dict[str, Any]:
    assert response["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = orjson.loads(response.content)
    assert {"type", "title", "status", "detail", "code", "errors", "request_id"} <= set(problem)
    assert problem["status"] == response.status_code
    assert problem["request_id"] == response["X-Request-Id"]
    assert b"secret" not in response.content
    return problem


def test_what_is_right_passes() -> None:
    response = _call("POST", "/api/v1/things", {"name": "喜", "quantity": 2, "price": "12.3"})
    assert (response.status_code, orjson.loads(response.content)) == (201, {"price": "12.30", "by": "owner"})


def test_all_broken_fields_are_named_at_once() -> None:
    response = _call("POST", "/api/v1/things", {"quantity": 0, "price": "1.234", "name": "a\x00", "colour": "red"})
    problem = _problem(response)
    assert (response.status_code, problem["code"]) == (422, "invalid")
    assert {(item["field"], item["code"]) for item in problem["errors"]} == {
        ("quantity", "greater_than_equal"),
        ("price", "too_many_decimals"),
        ("name", "nul_byte"),
        ("colour", "extra_forbidden"),
    }
    with translation.override("en"):
        english = _problem(_call("POST", "/api/v1/things", {"quantity": 0, "price": "1.234", "name": "a\x00"}))
    assert {item["field"]: item["detail"] for item in english["errors"]} == {
        "quantity": "must be at least 1",
        "price": "must have at most 2 decimal places",
        "name": "must not contain a NUL character",
    }


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1", b'{"quantity": NaN}', b'"\\ud800"', b"\xff\xfe", b'{"a": Infinity}', b"{'a': 1}"]
)
def test_a_body_that_is_no_json_is_refused(body: bytes) -> None:
    response = _call("POST", "/api/v1/things", body)
    problem = _problem(response)
    assert response.status_code == (422 if body == b"" else 400)
    assert problem["code"] in {"bad_request", "invalid"}


@pytest.mark.parametrize("body", [[], "text", 1, None, [{}]])
def test_a_body_of_another_kind_is_refused(body: object) -> None:
    response = _call("POST", "/api/v1/things", body)
    assert response.status_code == 422
    assert _problem(response)["errors"]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("conflict", 409, "out_of_things"),
        ("field", 422, "invalid"),
        ("slow", 429, "too_many_requests"),
        ("missing", 404, "not_found"),
        ("denied", 403, "forbidden"),
        ("odd", 400, "bad_request"),
        ("big", 413, "too_large"),
        ("busy", 503, "unavailable"),
        ("shut_down", 503, "unavailable"),
        ("gone", 503, "unavailable"),
        ("database", 500, "internal_error"),
        ("bug", 500, "internal_error"),
        ("http", 418, "refused"),
    ],
)
def test_every_error_has_its_status_and_code_and_gives_nothing_away(name: str, status: int, code: str) -> None:
    response = _call("GET", f"/api/v1/errors/{name}")
    problem = _problem(response)
    assert (response.status_code, problem["code"]) == (status, code)
    assert problem["title"]


def test_details_of_a_domain_error() -> None:
    problem = _problem(_call("GET", "/api/v1/errors/conflict"))
    assert problem["detail"] == "Sold out."
    assert problem["errors"] == [{"field": "lines.0.quantity", "code": "out_of_things", "detail": "only 3 left"}]
    assert _call("GET", "/api/v1/errors/slow")["Retry-After"] == "7"
    assert _call("GET", "/api/v1/errors/busy")["Retry-After"] == "1"


def test_query_and_path_parameters_are_named() -> None:
    problem = _problem(_call("GET", "/api/v1/errors/bug?limit=many"))
    assert problem["errors"][0]["field"] == "limit"


def test_nul_bytes_in_addresses_reach_no_database() -> None:
    problem = _problem(_call("GET", "/api/v1/errors/bug?limit=1&search=a%00b"))
    assert (problem["code"], problem["errors"][0]["field"]) == ("nul_byte", "search")
    assert _problem(_call("GET", "/api/v1/errors/a%00b"))["code"] == "not_found"


def test_who_may_not_is_told_which_permission_is_missing() -> None:
    unknown = _call("POST", "/api/v1/things", {}, caller="nobody")
    assert (unknown.status_code, _problem(unknown)["code"]) == (401, "unauthenticated")
    assert unknown["WWW-Authenticate"].startswith("Bearer")
    clerk = _call("POST", "/api/v1/things", {"name": "x", "quantity": 1, "price": 1}, caller="clerk")
    problem = _problem(clerk)
    assert (clerk.status_code, problem["code"], problem["permission"]) == (403, "permission_missing", "things.make")
    assert make_thing.required_permission == "things.make"  # type: ignore[attr-defined]


def test_addresses_and_methods_that_do_not_exist() -> None:
    assert _problem(_call("GET", "/api/v1/nothing"))["code"] == "not_found"
    response = _call("DELETE", "/api/v1/things")
    assert _problem(response)["code"] == "method_not_allowed"
    assert "POST" in response["Allow"]


def test_pages_keep_their_own_errors() -> None:
    response = _call("GET", "/console/nothing")
    assert response.content == b"<h1>Not Found</h1>"
    assert response["Permissions-Policy"]
    assert "Cache-Control" not in response


def test_requests_have_an_id_and_answers_the_headers() -> None:
    response = _call("GET", "/api/v1/nothing", **{"X-Request-Id": "client-17.a"})
    assert response["X-Request-Id"] == "client-17.a"
    assert response["Cache-Control"] == "no-store"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    for forged in ("a b", "x" * 65, "<script>", "日志"):
        given = _call("GET", "/api/v1/nothing", **{"X-Request-Id": forged})["X-Request-Id"]
        assert given != forged
        assert len(given) == 32
