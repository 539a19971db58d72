"""A brand's statements run under the brand's own role, which Postgres holds to its schema and to history."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, connection, models, transaction
from django.db.backends.utils import CursorWrapper
from pytest_django import Settings

from kernel.core import audit
from kernel.database import grants
from kernel.database.append_only import AppendOnly
from kernel.database.roles import MAX_LENGTH, quote_role, statement_prefix
from kernel.database.schemas import SchemaNotChosen
from kernel.database.switching import as_owner, direct_connection
from kernel.tenancy.context import public_schema
from shared_apps.tenants import rules
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import provisioning

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[3]
# Every statement reaches the check of privileges, and none would change a row.
REACHES = {
    "SELECT": "SELECT FROM {} LIMIT 0",
    "INSERT": "INSERT INTO {} DEFAULT VALUES",
    "UPDATE": "UPDATE {} SET {column} = {column} WHERE false",
    "DELETE": "DELETE FROM {} WHERE false",
    "TRUNCATE": "TRUNCATE {} CASCADE",
    "LOCK": "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE",
}
OWNERS = {
    "platform/kernel/database/grants.py",
    "shared_apps/tenants/services/migrations.py",
    "shared_apps/tenants/services/versions.py",
    "tenant_apps/agents/services/bulk_enrol.py",
}


@pytest.fixture
def cursor() -> Iterator[CursorWrapper]:
    with connection.cursor() as opened:
        yield opened


def columns_of(schema: str) -> dict[str, str]:
    """Each table of the schema with one of its columns."""
    with public_schema(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT class.relname, attribute.attname FROM pg_class AS class"
            " JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum = 1"
            " WHERE class.relnamespace = %s::regnamespace AND class.relkind = 'r'",
            [schema],
        )
        return dict(cursor.fetchall())


def is_refused(statement: str) -> bool:
    """Tell whether Postgres refuses it for lack of a privilege. Other errors are the test's fault."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except ProgrammingError as error:
        if not isinstance(error.__cause__, psycopg2.errors.InsufficientPrivilege):
            raise
        return True
    return False


def accepted(schema: str, tables: dict[str, str], verbs: Any) -> list[str]:
    """Return the statements that are not refused, as `DELETE orders_order`."""
    return [
        f"{verb} {table}"
        for table, column in sorted(tables.items())
        for verb in verbs
        if not is_refused(REACHES[verb].format(f'"{schema}"."{table}"', column=f'"{column}"'))
    ]


# --- one schema ------------------------------------------------------------------------------------------------------


def test_statements_run_under_the_role_of_their_brand(cursor: CursorWrapper, brand: Brand) -> None:
    cursor.execute("SELECT current_user, session_user = current_user")
    assert cursor.fetchone() == (quote_role(brand.schema_name).strip('"'), False)
    with public_schema():
        cursor.execute("SELECT session_user = current_user")
        assert cursor.fetchone() == (True,)
    cursor.execute("SELECT current_user")
    assert cursor.fetchone() == (quote_role(brand.schema_name).strip('"'),)


def test_no_table_of_another_brand_can_be_reached(other_brand: Brand) -> None:
    tables = columns_of(other_brand.schema_name)
    assert len(tables) > 50
    assert accepted(other_brand.schema_name, tables, REACHES) == []


def test_no_table_of_the_platform_can_be_reached() -> None:
    tables = columns_of("public")
    assert len(tables) > 20
    assert accepted("public", tables, REACHES) == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE extra (id int)",
        "ALTER TABLE orders_order ADD COLUMN extra int",
        "DROP TABLE orders_order CASCADE",
        "CREATE SCHEMA extra",
        "CREATE ROLE extra",
        "GRANT SELECT ON orders_order TO PUBLIC",
    ],
)
def test_definitions_are_refused(cursor: CursorWrapper, statement: str) -> None:
    cursor.execute("SELECT 1")
    if statement.startswith("GRANT"):  # without a grant option Postgres only warns
        cursor.execute(statement)
        cursor.execute("SELECT has_table_privilege('public', 'orders_order', 'SELECT')")
        assert cursor.fetchone() == (False,)
    else:
        assert is_refused(statement)


def test_another_brands_role_cannot_be_entered_by_the_role(other_brand: Brand, cursor: CursorWrapper) -> None:
    cursor.execute(
        "SELECT pg_has_role(current_user, %s, 'MEMBER'), rolcanlogin, rolsuper FROM pg_roles"
        " WHERE rolname = current_user",
        [quote_role(other_brand.schema_name).strip('"')],
    )
    assert cursor.fetchone() == (False, False, False)


# --- history ---------------------------------------------------------------------------------------------------------


def append_only_models() -> list[type[AppendOnly]]:
    return [model for model in apps.get_models() if issubclass(model, AppendOnly)]


def test_append_only_rows_cannot_be_changed_or_removed(brand: Brand) -> None:
    tables = columns_of(brand.schema_name)
    history = {table: tables[table] for table in grants.append_only_tables() if table in tables}
    assert {"finance_ledgerentry", "finance_transfer", "inventory_stockmovement", "kernel_auditrecord"} <= set(history)
    assert accepted(brand.schema_name, history, ["UPDATE", "DELETE", "TRUNCATE", "LOCK"]) == []


def test_everything_else_can_be_read_and_written(brand: Brand) -> None:
    tables = columns_of(brand.schema_name)
    history = {model._meta.db_table for model in append_only_models()}
    others = {table: column for table, column in tables.items() if table not in history | {"django_migrations"}}
    refused = [
        f"{verb} {table}"
        for table, column in sorted(others.items())
        for verb in ("SELECT", "UPDATE", "DELETE")
        if is_refused(REACHES[verb].format(f'"{table}"', column=f'"{column}"'))
    ]
    assert refused == []


def test_history_can_be_appended_to_and_read(cursor: CursorWrapper) -> None:
    audit.record(action="test.done", subject="test:1")
    cursor.execute("SELECT count(*) FROM kernel_auditrecord WHERE action = 'test.done'")
    assert cursor.fetchone() == (1,)


def test_the_list_of_migrations_is_only_read(brand: Brand) -> None:
    tables = {"django_migrations": "id"}
    assert accepted(brand.schema_name, tables, ["SELECT", "INSERT", "UPDATE", "DELETE"]) == ["SELECT django_migrations"]


def test_history_never_goes_with_what_it_hangs_on() -> None:
    """Django deletes or empties what points to a row before the row, as the brand; the role would refuse half-way."""
    following = [
        f"{model._meta.label}.{field.name}"
        for model in append_only_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and field.remote_field.on_delete not in {models.PROTECT, models.RESTRICT}
    ]
    assert following == []


# --- the owner -------------------------------------------------------------------------------------------------------


def test_the_owner_may_define_and_the_role_comes_back(brand: Brand, cursor: CursorWrapper) -> None:
    with as_owner():
        cursor.execute("CREATE TABLE extra (id int)")
    assert is_refused("SELECT FROM extra")
    grants.grant_schema(brand.schema_name)
    cursor.execute("INSERT INTO extra VALUES (1)")


def test_the_owner_is_left_when_a_block_fails(cursor: CursorWrapper, brand: Brand) -> None:
    with pytest.raises(ValueError, match="x"), as_owner():
        raise ValueError("x")
    cursor.execute("SELECT current_user")
    assert cursor.fetchone() == (quote_role(brand.schema_name).strip('"'),)


def test_only_these_modules_act_as_the_owner() -> None:
    using = set()
    for folder in ("platform", "shared_apps", "tenant_apps"):
        for path in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            if any(
                isinstance(node, ast.ImportFrom) and any(alias.name == "as_owner" for alias in node.names)
                for node in ast.walk(tree)
            ):
                using.add(path.relative_to(ROOT).as_posix())
    assert using == OWNERS


# --- the life of a role ----------------------------------------------------------------------------------------------


def roles() -> set[str]:
    with public_schema(), connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [settings.DATABASE_ROLE_PREFIX])
        return {str(name) for (name,) in cursor.fetchall()}


@pytest.mark.django_db(transaction=True)
def test_a_role_is_made_and_dropped_with_its_schema() -> None:
    before = roles()
    provisioning.create_schema_from_template(schema_name="t_rolelife")
    assert roles() - before == {f"{settings.DATABASE_ROLE_PREFIX}t_rolelife"}
    grants.grant_schema("t_rolelife")  # may be repeated
    provisioning.drop_schema(schema_name="t_rolelife")
    assert roles() == before


def test_a_role_that_another_database_uses_stays(brand: Brand) -> None:
    """Here its own schema still uses it, which Postgres refuses in the same way."""
    before = roles()
    grants.drop_role(brand.schema_name)
    assert roles() == before


def test_a_prefix_makes_another_role_for_the_same_schema(settings: Settings) -> None:
    settings.DATABASE_ROLE_PREFIX = "staging_"
    assert quote_role("t_acme") == '"staging_t_acme"'


@pytest.mark.parametrize("prefix", ["Staging_", 'a"b', "x" * 40, "a%"])
def test_a_prefix_that_makes_no_role_is_refused(settings: Settings, prefix: str) -> None:
    settings.DATABASE_ROLE_PREFIX = prefix
    with pytest.raises(SchemaNotChosen):
        quote_role("t_leaves_no_room_for_long")


def test_the_longest_slug_has_a_role() -> None:
    assert len(quote_role(rules.schema_name_of("a" * rules.MAX_SLUG_LENGTH)).strip('"')) <= MAX_LENGTH


def test_without_roles_statements_run_as_the_login_role(settings: Settings, cursor: CursorWrapper) -> None:
    settings.DATABASE_BRAND_ROLES = False
    cursor.execute("SELECT current_user = session_user, current_schema()")
    assert cursor.fetchone() == (True, "t_acme")


@pytest.mark.django_db(transaction=True)
def test_the_direct_connection_acts_as_the_owner(live_brand: Brand) -> None:
    with direct_connection(), connection.cursor() as cursor:
        cursor.execute("SELECT current_user = session_user, current_schema()")
        assert cursor.fetchone() == (True, live_brand.schema_name)


@pytest.mark.django_db(transaction=True)
def test_nothing_of_the_role_survives_the_transaction(live_brand: Brand) -> None:
    def user() -> Any:
        with connection.connection.cursor() as bare:
            bare.execute("SELECT current_user = session_user")
            return bare.fetchone()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert user() == (False,)
    assert user() == (True,)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert user() == (True,)


def test_a_login_role_needs_no_more_than_createrole(brand: Brand) -> None:
    """Below Django's cursors, whose SET LOCAL ROLE NONE would lead back to the superuser of the tests."""
    with connection.connection.cursor() as bare:
        modest = f"{settings.DATABASE_ROLE_PREFIX}modest"
        bare.execute(f"CREATE ROLE {modest} LOGIN CREATEROLE")
        bare.execute(f"GRANT CREATE ON DATABASE {connection.settings_dict['NAME']} TO {modest}")
        bare.execute(f"SET LOCAL SESSION AUTHORIZATION {modest}")
        bare.execute("CREATE SCHEMA t_modest CREATE TABLE kernel_auditrecord (id int) CREATE TABLE other (id int)")
        grants.grant(bare, "t_modest")
        grants.grant(bare, "t_modest")
        bare.execute(statement_prefix("t_modest", as_owner=False))
        bare.execute("INSERT INTO kernel_auditrecord VALUES (1)")
        bare.execute("UPDATE other SET id = 2")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            bare.execute("UPDATE kernel_auditrecord SET id = 2")
