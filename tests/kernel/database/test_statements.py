"""Test the classification of statements."""

import pytest

from kernel.database.statements import Kind, kind_of


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "  \n select 1",
        "(SELECT 1) UNION (SELECT 2)",
        "WITH rows AS (SELECT 1) INSERT INTO t SELECT * FROM rows",
        "INSERT INTO t (note) VALUES ('CREATE TABLE x')",
        "/* CREATE TABLE */ UPDATE t SET a = 1",
        "-- DROP TABLE x\nDELETE FROM t",
        "EXPLAIN ANALYZE SELECT 1",
        "LOCK TABLE t",
        "SET LOCAL lock_timeout = '1s'",
        "DO $$ BEGIN PERFORM 1; END $$",
        "created_at",
        "",
    ],
)
def test_ordinary_statements_share_their_message_with_the_path(statement: str) -> None:
    assert kind_of(statement) is Kind.ORDINARY


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (id int)",
        "create index i on t (id)",
        "-- why\n/* and how */ ALTER TABLE t ADD COLUMN a int",
        "DROP TABLE t",
        "TRUNCATE t",
        "CREATE TEMPORARY TABLE t (id int) ON COMMIT DROP",
        "COMMENT ON TABLE t IS 'x'",
        "ANALYZE t",
        "REFRESH MATERIALIZED VIEW v",
    ],
)
def test_definitions_go_alone(statement: str) -> None:
    assert kind_of(statement) is Kind.DEFINITION


@pytest.mark.parametrize(
    "statement",
    [
        "SAVEPOINT s",
        "ROLLBACK TO SAVEPOINT s",
        "RELEASE SAVEPOINT s",
        "BEGIN",
        "COMMIT",
    ],
)
def test_control_of_the_transaction_goes_as_it_is(statement: str) -> None:
    assert kind_of(statement) is Kind.BARE


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE SCHEMA s",
        "DROP SCHEMA s CASCADE",
        "CREATE DATABASE d",
        "DROP DATABASE d",
        "CREATE ROLE r",
        "DROP ROLE r",
    ],
)
def test_what_concerns_the_server_names_no_table(statement: str) -> None:
    assert kind_of(statement) is Kind.SERVER


@pytest.mark.parametrize(
    "statement",
    [
        "VACUUM",
        "vacuum analyze t",
        "CREATE INDEX CONCURRENTLY i ON t (id)",
        "CREATE UNIQUE INDEX CONCURRENTLY i ON t (id)",
        "DROP INDEX concurrently i",
        "REINDEX INDEX CONCURRENTLY i",
    ],
)
def test_what_cannot_run_in_a_transaction_is_told_apart(statement: str) -> None:
    assert kind_of(statement) is Kind.DIRECT_ONLY
