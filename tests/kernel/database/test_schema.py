"""Foreign keys that are checked at once, and look-ups that know their schema."""

import threading

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, connections, models, transaction
from django.db.migrations.recorder import MigrationRecorder
from django_tenants.utils import schema_context

from kernel.core import clock
from kernel.database.content_types import CachePerSchema
from kernel.database.switching import as_owner
from kernel.models import OutboxDelivery
from shared_apps.accounts.models import OneTimeToken
from shared_apps.tenants.models import Brand


@pytest.mark.django_db
def test_no_foreign_key_of_a_brand_waits_for_the_commit(brand: Brand) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE condeferred) FROM pg_constraint"
            " WHERE connamespace = %s::regnamespace AND contype = 'f'",
            [connection.schema_name],  # type: ignore[attr-defined]
        )
        total, deferred = cursor.fetchone() or (0, 1)
    assert total > 10
    assert deferred == 0


@pytest.mark.django_db
def test_a_missing_parent_is_refused_at_the_statement() -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        OneTimeToken.objects.create(user_id=2**40, purpose="entry_link", digest="x", expires_at=clock.now())
    assert getattr(refused.value.__cause__, "pgcode", None) == "23503"
    assert not OneTimeToken.objects.filter(digest="x").exists()  # the transaction goes on


@pytest.mark.django_db
def test_each_statement_of_the_schema_editor_stands_alone() -> None:
    """A second statement in the message would be refused by a distributed Postgres."""
    field = models.ForeignKey(ContentType, models.CASCADE, null=True, related_name="+")
    field.set_attributes_from_name("extra")
    with connection.schema_editor(collect_sql=True) as editor:
        editor.add_field(OutboxDelivery, field)
        editor.remove_field(OutboxDelivery, field)
    assert editor.collected_sql
    assert all("SET CONSTRAINTS" not in statement for statement in editor.collected_sql)
    assert all(";" not in statement.rstrip(";") for statement in editor.collected_sql)
    assert any("DEFERRABLE INITIALLY IMMEDIATE" in statement for statement in editor.collected_sql)


@pytest.mark.django_db(transaction=True)
def test_content_types_are_cached_per_schema_and_not_mixed_by_threads(schemas: list[str]) -> None:
    assert isinstance(ContentType.objects._cache, CachePerSchema)  # type: ignore[attr-defined]
    expected = {}
    for number, schema in enumerate(schemas):
        with schema_context(schema):
            for filler in range(number):
                ContentType.objects.create(app_label="filler", model=str(filler))
            expected[schema] = ContentType.objects.create(app_label="kernel", model="auditrecord").pk
    wrong: list[tuple[str, int]] = []

    def visit(offset: int) -> None:
        for turn in range(60):
            schema = schemas[(offset * 7 + turn) % len(schemas)]
            with schema_context(schema):
                found = ContentType.objects.get_by_natural_key("kernel", "auditrecord")
                if found.pk != expected[schema]:
                    wrong.append((schema, found.pk))
        connections.close_all()

    threads = [threading.Thread(target=visit, args=[offset]) for offset in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    with schema_context(schemas[0]), connection.execute_wrapper(_refuse_queries):
        ContentType.objects.get_by_natural_key("kernel", "auditrecord")  # still cached after all the switches
    ContentType.objects.clear_cache()


def _refuse_queries(*_arguments: object) -> None:
    raise AssertionError("a query was sent")


@pytest.mark.django_db(transaction=True)
def test_the_recorder_looks_for_its_table_in_the_current_schema_only(schemas: list[str]) -> None:
    with schema_context(schemas[0]):
        assert not MigrationRecorder(connection).has_table()
    with schema_context("t_nobody"), as_owner():
        assert not MigrationRecorder(connection).has_table()
    with schema_context("public"):
        assert MigrationRecorder(connection).has_table()
