"""Compare a schema's applied migrations with the expected ones, by fingerprint."""

import hashlib
import inspect
import sys
from collections.abc import Collection
from functools import cache

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django_tenants.utils import app_labels, schema_context

from kernel.database.schemas import quote_schema
from kernel.database.switching import as_owner
from kernel.tenancy.context import public_schema
from shared_apps.tenants.services import dumps

MigrationName = tuple[str, str]


@cache
def expected_migrations() -> frozenset[MigrationName]:
    """Return the migrations of the apps in brands' schemas, with their dependencies."""
    graph = MigrationLoader(None, ignore_no_migrations=True).graph
    names: set[MigrationName] = set()
    for leaf in tenant_leaves(graph.leaf_nodes()):
        names.update(graph.forwards_plan(leaf))
    return frozenset(names)


def tenant_leaves(leaves: Collection[MigrationName]) -> list[MigrationName]:
    labels = set(app_labels(settings.TENANT_APPS))
    return sorted(leaf for leaf in leaves if leaf[0] in labels)


def fingerprint_of(names: Collection[MigrationName]) -> str:
    """Return 64 hexadecimal digits that identify this set of applied migrations."""
    return hashlib.sha256("\n".join(f"{app}.{name}" for app, name in sorted(names)).encode()).hexdigest()


@cache
def expected_fingerprint() -> str:
    """Return the `Brand.schema_fingerprint` of a schema that is current."""
    return fingerprint_of(expected_migrations())


@cache
def source_fingerprint() -> str:
    """Digest everything that a dump of the template depends on: migrations, their source, and the dump's code."""
    digest = hashlib.sha256(f"{expected_fingerprint()}{inspect.getsource(dumps)}".encode())
    disk = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    for name in sorted(expected_migrations()):
        migration = disk.get(name)
        if migration is not None:
            digest.update(inspect.getsource(sys.modules[type(migration).__module__]).encode())
    return digest.hexdigest()


def applied_migrations(schema: str) -> frozenset[MigrationName]:
    """Return the migrations recorded in a schema, in one statement; the table must exist."""
    with public_schema(), connection.cursor() as cursor:
        cursor.execute(f"SELECT app, name FROM {quote_schema(schema)}.django_migrations")  # noqa: S608 - checked name
        return frozenset((str(app), str(name)) for app, name in cursor.fetchall())


def migrate_schema(schema: str) -> None:
    with schema_context(schema), as_owner():
        executor = MigrationExecutor(connection)
        executor.migrate(tenant_leaves(executor.loader.graph.leaf_nodes()))
