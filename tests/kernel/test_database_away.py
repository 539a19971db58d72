"""A request under an Idempotency-Key that meets no database is told to come back."""

import psycopg2
import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from kernel.http.middleware import IdempotencyMiddleware

pytestmark = pytest.mark.django_db


def _post() -> HttpRequest:
    return RequestFactory().post(
        "/api/v1/x", b"{}", content_type="application/json", headers={"Idempotency-Key": "k", "Authorization": "b"}
    )


def test_a_database_that_went_away() -> None:
    def lose(request: HttpRequest) -> HttpResponse:
        raise OperationalError("gone") from psycopg2.OperationalError("gone")

    answer = IdempotencyMiddleware(lose)(_post())
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")


def test_an_error_that_stays_is_not_hidden() -> None:
    def misconfigure(request: HttpRequest) -> HttpResponse:
        raise OperationalError("no such setting")

    with pytest.raises(OperationalError):
        IdempotencyMiddleware(misconfigure)(_post())
