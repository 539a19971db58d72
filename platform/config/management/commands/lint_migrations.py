"""`manage.py lint_migrations`: refuse unsafe migrations, in general and in brands' schemas.

In general (django-migration-linter): what old code could not live with while brands are half migrated. In a brand's
schema: what a Postgres spread over several machines refuses or does differently (`platform/docs/adr/0005…`).
"""

import logging
import re
from collections.abc import Iterator, Sequence

from django.core.management.base import BaseCommand, CommandError
from django.db import models
from django.db.migrations import AddConstraint, AddField, CreateModel, Migration, RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from config import env

FORBIDDEN_SQL = {
    "a trigger": re.compile(r"\bTRIGGER\b", re.IGNORECASE),
    "a function or DO block": re.compile(r"\b(FUNCTION|PROCEDURE|DO\s*\$)", re.IGNORECASE),
    "a deferred constraint": re.compile(r"\bINITIALLY\s+DEFERRED\b", re.IGNORECASE),
    "MERGE": re.compile(r"\bMERGE\s+INTO\b", re.IGNORECASE),
    "an unlogged table": re.compile(r"\bUNLOGGED\b", re.IGNORECASE),
}
POSITIVE = (models.PositiveIntegerField, models.PositiveBigIntegerField, models.PositiveSmallIntegerField)


class Command(BaseCommand):
    help = "Refuse migrations that are unsafe for half-migrated fleets or on a distributed Postgres."

    def handle(self, *args: object, **options: object) -> None:
        loader = MigrationLoader(None)
        found = [
            f"{label}.{name}: {complaint}"
            for (label, name), migration in sorted(loader.disk_migrations.items())
            if is_ours(migration)
            for complaint in complaints(migration)
        ]
        if found:
            raise CommandError("\n".join(found))
        self._lint_in_general({label for (label, _name), each in loader.disk_migrations.items() if is_ours(each)})

    def _lint_in_general(self, labels: set[str]) -> None:
        from django_migration_linter import MessageType, MigrationLinter  # for developers: not installed in production

        quiet = [MessageType.OK.value, MessageType.IGNORE.value]
        logging.getLogger("django_migration_linter").setLevel(logging.WARNING)
        linter = MigrationLinter(
            str(env.ROOT),
            include_apps=labels,
            analyser_string="postgresql",
            no_cache=True,
            quiet=quiet,
            exclude_migration_tests=["ADD_UNIQUE"],  # looks at the SQL alone; ours below knows which columns are new
        )
        linter.lint_all_migrations()
        if linter.has_errors:
            raise CommandError("The migrations above are not safe for old code.")


def is_ours(migration: Migration) -> bool:
    return migration.__module__.startswith(("kernel.", "shared_apps.", "tenant_apps."))


def complaints(migration: Migration) -> Iterator[str]:
    """List the faults of the migration's operations."""
    yield from _uniqueness_complaints(migration.operations)
    for operation in migration.operations:
        yield from _field_complaints(operation)
        if isinstance(operation, RunSQL):
            yield from _sql_complaints(operation)
        if isinstance(operation, RunPython) and operation.reverse_code is None:
            yield "RunPython without a way back; RunPython.noop says that none is needed"


def _field_complaints(operation: Operation) -> Iterator[str]:
    if isinstance(operation, AddField) and isinstance(operation.field, POSITIVE):
        yield f"AddField {operation.name}: use IntegerField and a CheckConstraint of its own"


def _uniqueness_complaints(operations: Sequence[Operation]) -> Iterator[str]:
    """Complain of new constraints over old columns: old code may write rows that they refuse."""
    made = {operation.name.lower() for operation in operations if isinstance(operation, CreateModel)}
    added = {(op.model_name.lower(), op.name) for op in operations if isinstance(op, AddField)}
    for operation in operations:
        if not isinstance(operation, AddConstraint) or not isinstance(operation.constraint, models.UniqueConstraint):
            continue
        model = operation.model_name.lower()
        if model not in made and not any((model, field) in added for field in operation.constraint.fields):
            yield f"AddConstraint {operation.constraint.name}: old code may write rows that are not unique"


def _sql_complaints(operation: RunSQL) -> Iterator[str]:
    statements = operation.sql if isinstance(operation.sql, list | tuple) else [operation.sql]
    for statement in statements:
        text = statement[0] if isinstance(statement, list | tuple) else str(statement)
        if text.strip().rstrip(";").count(";"):
            yield "RunSQL with several statements in one string: give a list, one statement each"
        for what, pattern in FORBIDDEN_SQL.items():
            if pattern.search(text):
                yield f"RunSQL with {what}"
