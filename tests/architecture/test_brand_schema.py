"""A brand's schema is a budget, and it must run unchanged on a Postgres spread over several machines."""

import re

import pytest
from django.apps import apps
from django.db import connection, models

from kernel.database.names import foreign_key_name
from kernel.tenancy.context import current_schema

MAX_TABLES = 190
MAX_INDEXES = 520
MAX_NAME_LENGTH = 55

pytestmark = pytest.mark.django_db


def query(statement: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [current_schema()])
        return list(cursor.fetchall())


def test_tables_and_indexes_keep_to_the_budget() -> None:
    tables = query("SELECT tablename FROM pg_tables WHERE schemaname = %s")
    indexes = query("SELECT indexname FROM pg_indexes WHERE schemaname = %s")
    assert 0 < len(tables) <= MAX_TABLES
    assert 0 < len(indexes) <= MAX_INDEXES


def test_names_leave_room_for_a_shards_suffix() -> None:
    names = query("SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'i', 'S')")
    constraints = query("SELECT conname FROM pg_constraint WHERE connamespace = %s::regnamespace AND contype <> 'n'")
    ours = [name for (name,) in names + constraints if not name.startswith(("django_", "auth_"))]
    assert ours
    assert [name for name in ours if len(name) > MAX_NAME_LENGTH] == []


def test_every_table_has_a_primary_key() -> None:
    without = query(
        """SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'
           AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conrelid = pg_class.oid AND contype = 'p')"""
    )
    assert without == []


def test_no_constraint_waits_for_the_commit() -> None:
    deferred = query("SELECT conname FROM pg_constraint WHERE connamespace = %s::regnamespace AND condeferred")
    assert deferred == []


def test_there_are_no_triggers_and_no_functions() -> None:
    triggers = query(
        """SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
           WHERE relnamespace = %s::regnamespace AND NOT tgisinternal"""
    )
    functions = query("SELECT proname FROM pg_proc WHERE pronamespace = %s::regnamespace")
    assert (triggers, functions) == ([], [])


def test_no_foreign_key_leaves_the_schema() -> None:
    leaving = query(
        """SELECT conname FROM pg_constraint JOIN pg_class target ON target.oid = confrelid
           WHERE contype = 'f' AND connamespace = %s::regnamespace AND target.relnamespace <> connamespace"""
    )
    assert leaving == []


def test_foreign_keys_are_named_by_table_and_column() -> None:
    """Their refusals are told apart by these names, which services compute."""
    found = query(
        """SELECT conname, conrelid::regclass::text, attname FROM pg_constraint
           JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
           WHERE contype = 'f' AND connamespace = %s::regnamespace"""
    )
    assert len(found) > 50
    assert [row for row in found if row[0] != foreign_key_name(row[1].strip('"'), row[2])] == []


def test_primary_keys_are_big() -> None:
    ours = [m for m in apps.get_models() if m.__module__.startswith(("tenant_apps.", "shared_apps.", "kernel."))]
    small = [m._meta.label for m in ours if type(m._meta.pk) is models.AutoField]
    assert ours
    assert small == []


def test_constraints_are_named_in_words() -> None:
    """`<app>_<rule>`: an IntegrityError is told apart by this name."""
    for model in apps.get_models():
        if not model.__module__.startswith(("tenant_apps.", "shared_apps.", "kernel.")):
            continue
        for constraint in model._meta.constraints:
            assert re.fullmatch(rf"{model._meta.app_label}_[a-z0-9_]+", constraint.name), constraint.name
