"""Test the search path for each way of sending a statement."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import DataError, IntegrityError, connection, connections, transaction
from django.db.backends.utils import CursorWrapper
from django.db.utils import NotSupportedError, ProgrammingError
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context
from psycopg2 import extensions
from psycopg2.extras import execute_values
from psycopg2.sql import SQL, Identifier

from kernel.database.roles import quote_role
from kernel.database.schemas import SchemaNotChosen
from kernel.database.switching import as_owner, direct_connection

INSERT = "INSERT INTO django_content_type (app_label, model) VALUES (%s, %s)"


@pytest.fixture
def first(schemas: list[str]) -> Iterator[str]:
    """Inside the first of the twenty schemas, outside any transaction."""
    with schema_context(schemas[0]):
        yield schemas[0]


@pytest.fixture
def cursor(first: str) -> Iterator[CursorWrapper]:
    with connection.cursor() as opened:
        yield opened


def ask(cursor: Any, statement: str, parameters: Any = None) -> Any:
    cursor.execute(statement, parameters)
    row = cursor.fetchone()
    return row[0] if row else None


pytestmark = pytest.mark.django_db(transaction=True)


def test_the_driver_is_psycopg2(cursor: CursorWrapper) -> None:
    """psycopg 3 sends by the extended protocol, which refuses two statements in one message: all this would break."""
    assert issubclass(type(cursor.cursor), extensions.cursor)
    assert connection.Database.__name__ == "psycopg2"  # type: ignore[attr-defined]


def test_the_path_is_exactly_one_schema_and_ends_with_the_statement(cursor: CursorWrapper, first: str) -> None:
    assert ask(cursor, "SHOW search_path") == first
    with connection.connection.cursor() as bare:
        bare.execute("SHOW search_path")
        assert bare.fetchone() == ("",)


def test_a_session_starts_with_an_empty_path(cursor: CursorWrapper) -> None:
    """A statement that slips past the cursors finds no table, neither a brand's nor public's."""
    with connection.connection.cursor() as bare, pytest.raises(Exception, match="does not exist"):
        bare.execute("SELECT 1 FROM django_migrations")


@pytest.mark.parametrize(("pooled", "sent"), [("1", False), (True, False), ("0", True), ("", True)])
def test_a_pooler_is_sent_no_start_up_options(pooled: object, sent: bool) -> None:
    settings = {**connection.settings_dict, "OPTIONS": {"pooled": pooled}}
    parameters = type(connections["default"])(settings, "default").get_connection_params()
    assert "pooled" not in parameters
    assert ("-c search_path=" in parameters.get("options", "")) is sent


def test_nothing_survives_the_transaction(first: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        assert ask(cursor, "SHOW search_path") == first
        with connection.connection.cursor() as bare:
            bare.execute("SHOW search_path")
            assert bare.fetchone() == (first,)
    with connection.connection.cursor() as bare:
        bare.execute("SHOW search_path")
        assert bare.fetchone() == ("",)


def test_result_row_count_and_description_are_the_statements_own(cursor: CursorWrapper) -> None:
    cursor.execute(f"{INSERT}, (%s, %s) RETURNING id, model", ["a", "x", "a", "y"])
    assert cursor.rowcount == 2
    assert [column[0] for column in cursor.description] == ["id", "model"]
    assert [row[1] for row in cursor.fetchall()] == ["x", "y"]
    cursor.execute("UPDATE django_content_type SET model = model || '!'")
    assert (cursor.rowcount, cursor.description) == (2, None)


def test_an_insert_outside_a_transaction_is_committed(cursor: CursorWrapper) -> None:
    cursor.execute(INSERT, ["a", "x"])
    connection.close()
    assert ContentType.objects.filter(app_label="a").count() == 1


def test_a_failing_statement_outside_a_transaction_leaves_nothing(cursor: CursorWrapper) -> None:
    cursor.execute(INSERT, ["a", "x"])
    with pytest.raises(IntegrityError):
        cursor.execute(f"{INSERT}, (%s, %s)", ["a", "y", "a", "x"])
    assert ask(cursor, "SELECT count(*) FROM django_content_type") == 1


def test_per_cent_signs_reach_the_server(cursor: CursorWrapper) -> None:
    assert ask(cursor, "SELECT 'ab' LIKE 'a%'") is True
    assert ask(cursor, "SELECT %s LIKE 'a%%'", ["ab"]) is True
    assert ask(cursor, "SELECT '100%%'", []) == "100%"
    assert ask(cursor, "SELECT %(text)s", {"text": "50%"}) == "50%"


def test_a_cursor_follows_the_switch_of_schema(cursor: CursorWrapper, schemas: list[str]) -> None:
    with schema_context(schemas[1]):
        assert ask(cursor, "SHOW search_path") == schemas[1]
    assert ask(cursor, "SHOW search_path") == schemas[0]


def test_a_switch_inside_a_transaction_holds_at_once(first: str, schemas: list[str]) -> None:
    with transaction.atomic():
        ContentType.objects.create(app_label=first, model="x")
        with schema_context(schemas[1]):
            assert not ContentType.objects.exists()
        assert ContentType.objects.count() == 1


def test_an_aborted_transaction_can_be_rolled_back_to_its_savepoint(first: str) -> None:
    with transaction.atomic():
        ContentType.objects.create(app_label="a", model="x")
        with pytest.raises(IntegrityError), transaction.atomic():
            ContentType.objects.create(app_label="a", model="x")
        assert ContentType.objects.count() == 1


def test_executemany_and_execute_values_carry_the_path(cursor: CursorWrapper) -> None:
    cursor.executemany(INSERT, [("a", "x"), ("a", "y")])
    execute_values(cursor.cursor, "INSERT INTO django_content_type (app_label, model) VALUES %s", [("a", "z")])
    assert ask(cursor, "SELECT count(*) FROM django_content_type") == 3


def test_composed_statements_carry_the_path(cursor: CursorWrapper) -> None:
    cursor.execute(SQL("SELECT count(*) FROM {}").format(Identifier("django_content_type")))
    assert cursor.fetchone() == (0,)


def test_mogrify_gives_the_bare_statement(cursor: CursorWrapper) -> None:
    assert cursor.cursor.mogrify("SELECT %s", [1]) == b"SELECT 1"


def test_logged_statements_are_the_callers(cursor: CursorWrapper) -> None:
    with CaptureQueriesContext(connection) as captured:
        ContentType.objects.count()
    assert len(captured) == 1
    assert captured[0]["sql"].startswith("SELECT COUNT(*)")


def test_copy_goes_into_the_current_schema_in_a_transaction_only(first: str) -> None:
    rows = io.StringIO("a\tx\na\ty\n")
    statement = "COPY django_content_type (app_label, model) FROM STDIN"
    with connection.cursor() as cursor, pytest.raises(NotSupportedError, match="transaction"):
        cursor.copy_expert(statement, rows)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.copy_expert(statement, rows)
    assert ContentType.objects.count() == 2


@pytest.mark.parametrize("method", ["callproc", "copy_from", "copy_to"])
def test_ways_that_would_skip_the_path_are_refused(cursor: CursorWrapper, method: str) -> None:
    with pytest.raises(NotSupportedError):
        getattr(cursor, method)("now")


def test_definitions_need_a_transaction_and_see_the_current_schema(first: str) -> None:
    with as_owner(), connection.cursor() as cursor:
        with pytest.raises(NotSupportedError, match="Open a transaction"):
            cursor.execute("CREATE TABLE extra (id int)")
        with transaction.atomic():
            cursor.execute("CREATE TABLE extra (id int)")
        assert ask(cursor, "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'extra'") == first


def test_what_cannot_run_in_a_transaction_points_to_the_direct_connection(cursor: CursorWrapper) -> None:
    with pytest.raises(NotSupportedError, match='"direct"'):
        cursor.execute("VACUUM django_content_type")
    with pytest.raises(NotSupportedError, match='"direct"'):
        cursor.execute("CREATE INDEX CONCURRENTLY i ON django_content_type (model)")


def test_server_side_cursors_are_off_and_iterators_work(first: str) -> None:
    with pytest.raises(NotSupportedError):
        connection.create_cursor("named")
    ContentType.objects.create(app_label="a", model="x")
    assert [row.model for row in ContentType.objects.iterator(chunk_size=10)] == ["x"]


@pytest.mark.parametrize(
    "schema", ["", None, "t_a,public", 'a"b', "pg_catalog", "Public", "a b", "information_schema", "x" * 64, "a%b"]
)
def test_a_schema_that_is_none_or_wrong_sends_nothing(first: str, schema: str | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        connection.set_schema(schema)  # type: ignore[attr-defined]
        with pytest.raises(SchemaNotChosen):
            cursor.execute("SELECT 1 FROM django_content_type")
        with pytest.raises(SchemaNotChosen), transaction.atomic():
            cursor.execute("CREATE TABLE extra (id int)")
        sent = f'SET LOCAL ROLE {quote_role("t_leak00")}; SET LOCAL search_path = "t_leak00"; SELECT 1'
        assert cursor.cursor.query == sent.encode()


def test_a_schema_that_does_not_exist_has_no_role(first: str) -> None:
    """Neither public's nor another brand's rows are found instead."""
    with schema_context("t_nobody"), pytest.raises(DataError, match=r"role .* does not exist"), transaction.atomic():
        ContentType.objects.count()


def test_a_brand_does_not_fall_through_to_public(first: str) -> None:
    with pytest.raises(ProgrammingError, match="does not exist"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM tenants_brand")


# --- the direct engine -----------------------------------------------------------------------------------------------


def test_the_direct_engine_runs_what_wants_to_be_alone(first: str) -> None:
    with direct_connection(), connection.cursor() as cursor:
        assert ask(cursor, "SHOW search_path") == first
        cursor.execute("CREATE INDEX CONCURRENTLY leak_model ON django_content_type (model)")
        cursor.execute("VACUUM django_content_type")
        cursor.executemany(INSERT, [("a", "x"), ("a", "y")])
        cursor.copy_expert("COPY django_content_type (app_label, model) FROM STDIN", io.StringIO("a\tz\n"))
    assert ContentType.objects.count() == 3


def test_the_direct_engine_follows_the_switch_of_schema_after_a_rollback(schemas: list[str]) -> None:
    with direct_connection(), schema_context(schemas[0]):
        with transaction.atomic():
            with schema_context(schemas[1]), connection.cursor() as cursor:
                assert ask(cursor, "SHOW search_path") == schemas[1]
            transaction.set_rollback(True)
        with connection.cursor() as cursor:
            assert ask(cursor, "SHOW search_path") == schemas[0]


def test_the_exchange_of_connections_is_undone(schemas: list[str]) -> None:
    before = connections["default"]
    with direct_connection() as direct:
        assert connections["default"] is direct
        assert connections["default"] is not before
    assert connections["default"] is before
    with transaction.atomic(), direct_connection() as same:
        assert same is before
