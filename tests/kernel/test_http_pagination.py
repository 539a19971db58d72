"""Pages by key: nothing missed, nothing twice, whatever arrives in between."""

import base64
from datetime import date, timedelta

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.http.pagination import CursorInvalid, LimitInvalid, paginate
from kernel.models import NumberSeries

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 1)


@pytest.fixture
def rows() -> list[NumberSeries]:
    """25 rows; several share a day, so that ties have to be told apart by id."""
    return NumberSeries.objects.bulk_create(
        NumberSeries(kind=f"K{number}", day=DAY + timedelta(days=number % 4), last=number) for number in range(25)
    )


def _walk(order: tuple[str, ...], limit: int = 4) -> list[int]:
    seen = []
    cursor = None
    while True:
        page, cursor = paginate(NumberSeries.objects.all(), cursor=cursor, limit=limit, order=order)
        assert len(page) <= limit
        seen += [row.pk for row in page]
        if cursor is None:
            return seen


@pytest.mark.parametrize(
    "order", [("-id",), ("id",), ("day", "id"), ("-day", "-id"), ("-day", "id"), ("day", "-kind", "-id")]
)
@pytest.mark.parametrize("limit", [1, 4, 24, 25, 100])
def test_a_walk_sees_each_row_once_and_in_order(rows: list[NumberSeries], order: tuple[str, ...], limit: int) -> None:
    assert _walk(order, limit) == list(NumberSeries.objects.order_by(*order).values_list("pk", flat=True))


def test_rows_that_arrive_meanwhile_shift_nothing(rows: list[NumberSeries]) -> None:
    first, cursor = paginate(NumberSeries.objects.all(), cursor=None, limit=10)
    NumberSeries.objects.bulk_create(NumberSeries(kind=f"N{number}", day=DAY, last=0) for number in range(50))
    second, _ = paginate(NumberSeries.objects.all(), cursor=cursor, limit=10)
    expected = [row.pk for row in reversed(rows)]
    assert [row.pk for row in first + second] == expected[:20]


def test_one_statement_for_a_page(rows: list[NumberSeries]) -> None:
    _, cursor = paginate(NumberSeries.objects.all(), cursor=None, limit=5, order=("-day", "-id"))
    with CaptureQueriesContext(connection) as queries:
        paginate(NumberSeries.objects.all(), cursor=cursor, limit=5, order=("-day", "-id"))
    assert len(queries) == 1


@pytest.mark.parametrize("limit", [0, -1, 101, 10**9])
def test_sizes_out_of_range_are_refused(limit: int) -> None:
    with pytest.raises(LimitInvalid) as refusal:
        paginate(NumberSeries.objects.all(), cursor=None, limit=limit)
    assert refusal.value.errors[0].field == "limit"


def _forge(*parts: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(parts))).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!!",
        "游标",
        "a" * 2_000,
        _forge(),
        _forge("-id"),
        _forge("-id", None),
        _forge("-id", "abc"),
        _forge("-id", [1]),
        _forge("-id", {"a": 1}),
        _forge("-id", True),
        _forge("-id", 2**63),
        _forge("-id", "1" * 400),
        _forge("-id", 1, 2),
        _forge("id", 1),
        _forge("-day,-id", "2026-01-01", 1),
        base64.urlsafe_b64encode(b"{}").decode(),
    ],
)
def test_cursors_of_elsewhere_are_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalid) as refusal:
        paginate(NumberSeries.objects.all(), cursor=cursor, limit=10, order=("-id",))
    assert refusal.value.errors[0].field == "cursor"


@pytest.mark.parametrize(("order", "value"), [("-day", "not a day"), ("-day", "2026-13-45"), ("kind", "a\x00b")])
def test_cursors_with_wrong_values_are_refused(order: str, value: str) -> None:
    with pytest.raises(CursorInvalid):
        paginate(NumberSeries.objects.all(), cursor=_forge(f"{order},id", value, 1), limit=10, order=(order, "id"))


def test_an_order_that_could_miss_rows_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="end in id"):
        paginate(NumberSeries.objects.all(), cursor=None, order=("day",))
