"""Only what lags is touched, one brand's failure is its own, and plain changes are replayed."""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module, invalidate_caches
from io import StringIO
from pathlib import Path

import psycopg2
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections, transaction
from django_tenants.utils import schema_context
from pytest_django import Settings

from kernel.database.switching import as_owner
from kernel.tenancy.context import public_schema
from shared_apps.tenants.models import Brand, SchemaDump
from shared_apps.tenants.services import migrations, provisioning, versions
from shared_apps.tenants.services.migrations import Outcome, Result
from tenant_apps.customers import services as customers

pytestmark = pytest.mark.django_db(transaction=True)

APP = "customers"
HEAD = f"""from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("{APP}", "%s")]
    operations = [%s]
    atomic = %s
"""
ADD_COLUMN = 'migrations.AddField("customer", "later", models.CharField(default="", max_length=9))'
ADD_INDEX_CONCURRENTLY = 'AddIndexConcurrently("customer", models.Index(fields=["later"], name="customers_later"))'
ADD_INDEX = 'migrations.AddIndex("customer", models.Index(fields=["later"], name="customers_later"))'
FILL = 'migrations.RunPython(lambda apps, editor: apps.get_model("customers", "Customer").objects.update(later="x"))'
FAIL_FOR_ONE = "migrations.RunSQL(\"SELECT 1 / (CASE WHEN to_regclass('trouble') IS NULL THEN 1 ELSE 0 END)\")"


def forget_versions() -> None:
    for function in (versions.expected_migrations, versions.expected_fingerprint, versions.source_fingerprint):
        function.cache_clear()


@pytest.fixture
def brands(live: Callable[..., Brand]) -> list[Brand]:
    """Three committed brands of the present release."""
    return [live() for _number in range(3)]


@pytest.fixture
def release(brands: list[Brand], tmp_path: Path, settings: Settings) -> Iterator[Callable[..., None]]:
    """Gives the customers app more migrations: `release(ADD_COLUMN, FILL)`. All other brands count as current."""
    others = Brand.objects.exclude(id__in=[brand.pk for brand in brands])
    with public_schema():
        former = dict(others.values_list("id", "schema_fingerprint"))
    package = "banyan_later_migrations"
    present = Path(str(import_module(f"tenant_apps.{APP}.migrations").__file__)).parent

    def publish(*operations: str) -> None:
        folder = tmp_path / package
        folder.mkdir()
        (folder / "__init__.py").touch()
        for source in sorted(present.glob("0*.py")):
            (folder / source.name).write_text(source.read_text())
        parent = sorted(present.glob("0*.py"))[-1].stem
        for number, operation in enumerate(operations, 1):
            name = f"09{number:02d}_later"
            (folder / f"{name}.py").write_text(HEAD % (parent, operation, "Concurrently" not in operation))
            parent = name
        settings.MIGRATION_MODULES = {APP: package}
        invalidate_caches()
        forget_versions()
        with public_schema():
            others.update(schema_fingerprint=versions.expected_fingerprint())

    sys.path.insert(0, str(tmp_path))
    yield publish
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith(package)]:
        del sys.modules[name]
    settings.MIGRATION_MODULES = {}
    forget_versions()
    with public_schema():
        for brand_id, fingerprint in former.items():
            Brand.objects.filter(pk=brand_id).update(schema_fingerprint=fingerprint)
        SchemaDump.objects.exclude(fingerprint=versions.source_fingerprint()).delete()
    provisioning.build_template(rebuild=True)


def has_column(brand: Brand) -> bool:
    with schema_context(brand.schema_name), as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('customers_customer') AND attname = 'later'"
        )
        row = cursor.fetchone()
        return bool(row and row[0])


def results(outcomes: list[Outcome]) -> dict[str, Result]:
    return {outcome.slug: outcome.result for outcome in outcomes}


def execute_in(brand: Brand, statement: str) -> None:
    with schema_context(brand.schema_name), transaction.atomic(), as_owner(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_nothing_is_touched_when_nothing_lags(brands: list[Brand]) -> None:
    assert migrations.migrate_brands(dry_run=True) == []
    assert results(migrations.migrate_brands(slugs=[brands[0].slug])) == {brands[0].slug: Result.CURRENT}


def test_a_plain_change_runs_once_and_is_replayed(brands: list[Brand], release: Callable[..., None]) -> None:
    release(ADD_COLUMN, ADD_INDEX)
    outcomes = migrations.migrate_brands()
    assert list(results(outcomes).values()) == [Result.MIGRATED, Result.REPLAYED, Result.REPLAYED]
    assert {outcome.pending for outcome in outcomes} == {((APP, "0901_later"), (APP, "0902_later"))}
    for brand in brands:
        assert has_column(brand)
        assert versions.applied_migrations(brand.schema_name) == versions.expected_migrations()
        execute_in(brand, "DROP INDEX customers_later")
    with public_schema():
        stored = set(Brand.objects.values_list("schema_fingerprint", flat=True))
    assert stored == {versions.expected_fingerprint()}
    assert migrations.migrate_brands() == []
    assert has_column(Brand(schema_name="zz_template"))  # the next brand is made with it


def test_python_code_runs_in_every_brand(brands: list[Brand], release: Callable[..., None]) -> None:
    for brand in brands:
        with schema_context(brand.schema_name):
            customers.ensure_customer(phone="+8613800138000", name="x")
    release(ADD_COLUMN, FILL)
    assert list(results(migrations.migrate_brands()).values()) == [Result.MIGRATED] * 3
    for brand in brands:
        with schema_context(brand.schema_name), connection.cursor() as cursor:
            cursor.execute("SELECT later FROM customers_customer")
            assert cursor.fetchall() == [("x",)]


def test_what_cannot_run_in_a_transaction_runs_over_the_direct_connection(
    brands: list[Brand], release: Callable[..., None]
) -> None:
    release(ADD_COLUMN, ADD_INDEX_CONCURRENTLY)
    assert list(results(migrations.migrate_brands()).values()) == [Result.MIGRATED] * 3
    for brand in brands:
        assert versions.applied_migrations(brand.schema_name) == versions.expected_migrations()
        execute_in(brand, "DROP INDEX customers_later")


@pytest.mark.parametrize("troubled", [0, 1])
def test_a_failing_brand_is_left_as_it_was_and_the_others_go_on(
    brands: list[Brand], release: Callable[..., None], troubled: int
) -> None:
    execute_in(brands[troubled], "CREATE TABLE trouble (id int)")
    release(ADD_COLUMN, FAIL_FOR_ONE)
    out = StringIO()
    err = StringIO()
    with pytest.raises(CommandError, match=f"1 of 3 brands failed: {brands[troubled].slug}"):
        call_command("migrate_brands", stdout=out, stderr=err)
    assert "division by zero" in err.getvalue()
    assert [has_column(brand) for brand in brands] == [number != troubled for number in range(3)]
    execute_in(brands[troubled], "DROP TABLE trouble")
    outcomes = migrations.migrate_brands()  # resumes where it stopped
    assert results(outcomes) == {brands[troubled].slug: Result.MIGRATED}
    assert has_column(brands[troubled])


def test_a_busy_brand_is_not_waited_for(
    brands: list[Brand], release: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", "200ms")
    release(ADD_COLUMN)
    parameters = connections["default"].get_connection_params()
    busy = psycopg2.connect(**parameters)
    try:
        with busy.cursor() as cursor:
            cursor.execute(f'SELECT 1 FROM "{brands[1].schema_name}".customers_customer')
        outcomes = migrations.migrate_brands()
    finally:
        busy.close()
    assert results(outcomes)[brands[1].slug] is Result.FAILED
    assert "lock timeout" in outcomes[1].error
    assert results(migrations.migrate_brands()) == {brands[1].slug: Result.MIGRATED}


def test_a_dry_run_and_a_single_brand(brands: list[Brand], release: Callable[..., None]) -> None:
    release(ADD_COLUMN)
    assert set(results(migrations.migrate_brands(dry_run=True)).values()) == {Result.WOULD_MIGRATE}
    assert not any(map(has_column, brands))
    out = StringIO()
    call_command("migrate_brands", brand=[brands[2].slug], stdout=out)
    assert f"{brands[2].slug}: migrated" in out.getvalue()
    assert [has_column(brand) for brand in brands] == [False, False, True]
    with pytest.raises(CommandError, match="nobody"):
        call_command("migrate_brands", brand=["nobody"])
