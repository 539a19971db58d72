"""No thread ever reads or writes another brand's rows, whatever the connection went through before."""

import random
import threading
import uuid
from collections.abc import Callable

import psycopg2
import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, connections, transaction
from django_tenants.utils import schema_context

from kernel.database.schemas import quote_schema

THREADS = 50
TURNS = 12


class DeliberateError(Exception):
    """Raised inside a transaction on purpose."""


class Worker(threading.Thread):
    """Visits schemas at random, each time in another way."""

    def __init__(self, schemas: list[str], seed: int) -> None:
        super().__init__()
        self.schemas = schemas
        self.random = random.Random(seed)
        self.foreign = 0
        self.statements = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        ways: list[Callable[[str], None]] = [
            self.autocommit,
            self.in_transaction,
            self.rolled_back,
            self.nested,
            self.raw_cursor,
            self.violation,
            self.switched_inside,
            self.reconnected,
        ]
        try:
            for _turn in range(TURNS):
                schema = self.random.choice(self.schemas)
                with schema_context(schema):
                    self.random.choice(ways)(schema)
        except BaseException as error:
            self.error = error
        finally:
            connections.close_all()

    def work(self, owner: str) -> None:
        self.foreign += ContentType.objects.exclude(app_label=owner).count()
        ContentType.objects.create(app_label=owner, model=uuid.uuid4().hex)
        self.foreign += sum(row.app_label != owner for row in ContentType.objects.order_by("-id")[:3])
        self.statements += 3

    @transaction.atomic
    def work_in_vain(self, owner: str) -> None:
        self.work(owner)
        raise DeliberateError

    def autocommit(self, owner: str) -> None:
        self.work(owner)

    def in_transaction(self, owner: str) -> None:
        with transaction.atomic():
            self.work(owner)

    def rolled_back(self, owner: str) -> None:
        with pytest.raises(DeliberateError):
            self.work_in_vain(owner)
        self.work(owner)

    def nested(self, owner: str) -> None:
        with transaction.atomic():
            with pytest.raises(DeliberateError):
                self.work_in_vain(owner)
            self.work(owner)

    def raw_cursor(self, owner: str) -> None:
        """One cursor for several statements, and for another schema in between."""
        with connection.cursor() as cursor:
            for schema in (owner, self.random.choice(self.schemas), owner):
                with schema_context(schema):
                    cursor.execute("SELECT count(*) FROM django_content_type WHERE app_label <> %s", [schema])
                    row = cursor.fetchone()
                self.foreign += row[0] if row else 1
                self.statements += 1

    def violation(self, owner: str) -> None:
        """The savepoint after a violated constraint is reached and left."""
        with transaction.atomic():
            twin = ContentType.objects.create(app_label=owner, model=uuid.uuid4().hex)
            with pytest.raises(IntegrityError), transaction.atomic():
                ContentType.objects.create(app_label=owner, model=twin.model)
            self.work(owner)

    def switched_inside(self, owner: str) -> None:
        other = self.random.choice(self.schemas)
        with transaction.atomic():
            self.work(owner)
            with schema_context(other):
                self.work(other)
            self.work(owner)

    def reconnected(self, owner: str) -> None:
        self.work(owner)
        connection.close()
        self.work(owner)


def count_written_abroad(schemas: list[str]) -> tuple[int, int]:
    """Rows that stand in a schema not their own, and all rows."""
    abroad = total = 0
    with connection.cursor() as cursor:
        for schema in schemas:
            table = f"{quote_schema(schema)}.django_content_type"
            cursor.execute(f"SELECT count(*) FILTER (WHERE app_label <> %s), count(*) FROM {table}", [schema])
            foreign, all_rows = cursor.fetchone() or (1, 0)
            abroad = abroad + foreign
            total = total + all_rows
    return abroad, total


def run_workers(schemas: list[str]) -> None:
    workers = [Worker(schemas, seed) for seed in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.error for worker in workers if worker.error] == []
    assert sum(worker.foreign for worker in workers) == 0
    abroad, total = count_written_abroad(schemas)
    assert abroad == 0
    assert total > THREADS * TURNS / 2
    assert sum(worker.statements for worker in workers) > THREADS * TURNS


@pytest.mark.django_db(transaction=True)
def test_fifty_threads_over_twenty_schemas_meet_no_foreign_row(schemas: list[str]) -> None:
    run_workers(schemas)


@pytest.mark.django_db(transaction=True)
def test_the_same_through_a_transaction_pooler_with_fewer_servers_than_clients(
    schemas: list[str], pooler: None
) -> None:
    run_workers(schemas)


@pytest.mark.django_db(transaction=True)
def test_a_path_set_for_the_session_does_leak_through_the_pooler_and_ours_holds(
    schemas: list[str], pooler: None
) -> None:
    """The pooler does lend one server to several clients: otherwise the test above would prove nothing."""
    parameters = connections["default"].get_connection_params()
    careless, victim = (psycopg2.connect(**parameters) for _client in range(2))
    try:
        for client in (careless, victim):
            client.autocommit = True
        with careless.cursor() as bare, victim.cursor() as foreign:
            bare.execute(f"SET search_path = {quote_schema(schemas[0])}")
            foreign.execute("SHOW search_path")
            assert foreign.fetchone() == (schemas[0],)
    finally:
        careless.close()
        victim.close()
    for schema in schemas:
        with schema_context(schema):
            ContentType.objects.create(app_label=schema, model="x")
            assert [row.app_label for row in ContentType.objects.all()] == [schema]
