"""Apply pending migrations to public and to brands' schemas.

Django renders its whole history of models for each schema, which takes seconds where the change itself takes a
millisecond. So Django's executor migrates the first brand while its statements are recorded; every other brand with the
same pending migrations gets the recorded statements in one transaction. Migrations with Python code always use the
executor.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum

from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunPython, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django_tenants.utils import schema_context

from kernel.database import grants
from kernel.database.switching import as_owner, direct_connection
from kernel.tenancy.context import public_schema
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import provisioning, versions
from shared_apps.tenants.services.versions import MigrationName
from shared_apps.tenants.states import BrandState, ProvisioningState

logger = logging.getLogger(__name__)

LOCK_TIMEOUT = "5s"  # a brand at work is not made to wait longer behind us; its migration is tried again later
_DJANGOS_OWN = ("django.db.migrations.operations.", "django.contrib.postgres.operations")


class Result(Enum):
    """Result for one brand."""

    CURRENT = "current"
    MIGRATED = "migrated"
    REPLAYED = "replayed"
    WOULD_MIGRATE = "would migrate"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """Result of one brand. `error` is empty unless it failed."""

    slug: str
    result: Result
    pending: tuple[MigrationName, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Script:
    """Statements recorded for one set of pending migrations."""

    statements: tuple[str, ...]
    pending: tuple[MigrationName, ...]


Scripts = dict[frozenset[MigrationName], Script]
Report = Callable[[Outcome], None]


def migrate_public() -> None:
    """Run the shared apps' pending migrations, over the direct connection."""
    with direct_connection(), public_schema():
        # Django's own command: django-tenants replaces `migrate` by one that goes through every brand.
        call_command(Migrate(), interactive=False, verbosity=0)


def migrate_brands(*, slugs: Sequence[str] = (), dry_run: bool = False, report: Report | None = None) -> list[Outcome]:
    """Rebuild an outdated template, then migrate every brand with an outdated fingerprint; all or the given ones.

    Each brand has its own transaction: failures are reported and the rest continue; run it again to resume. `report` is
    called after each brand.
    """
    if not dry_run:
        provisioning.build_template()
    outcomes: list[Outcome] = []
    scripts: Scripts = {}
    with direct_connection(), public_schema(), _one_at_a_time():
        for brand in _lagging(slugs):
            outcome = _migrate_isolated(brand, scripts, dry_run=dry_run)
            outcomes.append(outcome)
            if report is not None:
                report(outcome)
    return outcomes


def _lagging(slugs: Sequence[str]) -> list[Brand]:
    brands = Brand.objects.filter(provisioning_state=ProvisioningState.READY, schema_dropped_at__isnull=True)
    if slugs:
        return list(brands.filter(slug__in=slugs).order_by("id"))
    # An archived brand stays as its archive has it; it is migrated when it is restored.
    lagging = brands.exclude(state=BrandState.ARCHIVED).exclude(schema_fingerprint=versions.expected_fingerprint())
    return list(lagging.order_by("id"))


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [f"{settings.TEMPLATE_SCHEMA} brands"])
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")  # after the lock above, which may take its time
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [f"{settings.TEMPLATE_SCHEMA} brands"])
            cursor.execute("RESET lock_timeout")


def _migrate_isolated(brand: Brand, scripts: Scripts, *, dry_run: bool) -> Outcome:
    outcome = Outcome(brand.slug, Result.FAILED)
    try:
        applied = versions.applied_migrations(brand.schema_name)
        plan = _pending_plan(applied)
        outcome = replace(outcome, pending=plan)
        if dry_run:
            return replace(outcome, result=Result.WOULD_MIGRATE if plan else Result.CURRENT)
        return replace(outcome, result=_migrate(brand, applied, plan, scripts))
    except Exception as error:  # one brand's trouble is reported and must not stop the others'
        logger.exception("Migrating %s failed", brand.schema_name)
        return replace(outcome, error=f"{type(error).__name__}: {error}".strip())


def _pending_plan(applied: frozenset[MigrationName]) -> tuple[MigrationName, ...]:
    missing = versions.expected_migrations() - applied
    if not missing:
        return ()
    graph = MigrationLoader(None, ignore_no_migrations=True).graph
    plan: dict[MigrationName, None] = {}
    for leaf in versions.tenant_leaves(graph.leaf_nodes()):
        plan.update(dict.fromkeys(graph.forwards_plan(leaf)))
    return tuple(name for name in plan if name in missing)


def _migrate(
    brand: Brand, applied: frozenset[MigrationName], plan: tuple[MigrationName, ...], scripts: Scripts
) -> Result:
    fingerprint = versions.fingerprint_of(applied.union(plan))
    if not plan:
        grants.grant_schema(brand.schema_name)  # a schema that psql loaded has no role yet
        Brand.objects.filter(pk=brand.pk).update(schema_fingerprint=fingerprint)
        return Result.CURRENT
    if applied in scripts:
        _replay(brand, scripts[applied], fingerprint)
        return Result.REPLAYED
    statements = _execute(brand, plan, fingerprint)
    if statements is not None:
        scripts[applied] = Script(statements, plan)
    return Result.MIGRATED


def _execute(brand: Brand, plan: tuple[MigrationName, ...], fingerprint: str) -> tuple[str, ...] | None:
    """Let Django migrate the brand. Return its statements, or None if they cannot be replayed elsewhere."""
    nodes = MigrationLoader(None, ignore_no_migrations=True).graph.nodes
    migrations = [nodes[name] for name in plan]
    plain = all(migration.atomic and all(map(is_plain, migration.operations)) for migration in migrations)
    noted: list[str] = []
    if not all(migration.atomic for migration in migrations):  # such as an index built concurrently
        versions.migrate_schema(brand.schema_name)
        grants.grant_schema(brand.schema_name)
        Brand.objects.filter(pk=brand.pk).update(schema_fingerprint=fingerprint)
        return None
    with transaction.atomic(), _noting(noted):
        versions.migrate_schema(brand.schema_name)
        grants.grant_schema(brand.schema_name)
        Brand.objects.filter(pk=brand.pk).update(schema_fingerprint=fingerprint)
    return tuple(noted) if plain else None


@contextmanager
def _noting(noted: list[str]) -> Iterator[None]:
    connection.schema_statements = noted  # type: ignore[attr-defined]
    try:
        yield
    finally:
        connection.schema_statements = None  # type: ignore[attr-defined]


def is_plain(operation: Operation) -> bool:
    """Tell whether SQL statements are the operation's whole effect: Django's own operations except Python code."""
    if isinstance(operation, SeparateDatabaseAndState):
        return all(map(is_plain, operation.database_operations))
    return not isinstance(operation, RunPython) and type(operation).__module__.startswith(_DJANGOS_OWN)


@transaction.atomic
def _replay(brand: Brand, script: Script, fingerprint: str) -> None:
    with schema_context(brand.schema_name), as_owner(), connection.cursor() as cursor:
        for statement in script.statements:
            cursor.execute(statement)
        cursor.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", script.pending)
    grants.grant_schema(brand.schema_name)
    Brand.objects.filter(pk=brand.pk).update(schema_fingerprint=fingerprint)
