"""`manage.py reencrypt`: re-encrypt every encrypted field of every schema with the newest key of ENCRYPTION_KEYS."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from kernel.privacy import encryption
from kernel.tenancy.context import brand_schema, current_schema, list_ready_schemas, public_schema


class Command(BaseCommand):
    """Key rotation has three steps: put the new key in front, run this, remove the old key."""

    help = "Encrypt all protected fields anew with the first key of ENCRYPTION_KEYS."

    def handle(self, *args: object, **options: object) -> None:
        with public_schema():
            failures = self._reencrypt_schema()
        for schema in list_ready_schemas():
            with brand_schema(schema):
                failures += self._reencrypt_schema()
        if failures:
            raise CommandError(f"{failures} fields could not be read; keep the old key on the ring.")

    def _reencrypt_schema(self) -> int:
        """Re-encrypt the tables of this schema; return how many fields failed."""
        tables = set(connection.introspection.table_names())
        failures = 0
        for model in apps.get_models():
            if model._meta.db_table not in tables:
                continue
            for field in encryption.encrypted_fields(model):
                failures += self._reencrypt_field(model, field.name)
        return failures

    def _reencrypt_field(self, model: Any, field: str) -> int:
        place = f"{current_schema()}: {model._meta.label}.{field}"
        try:
            changed = encryption.reencrypt(model, field)
        except encryption.DecryptionFailed as reason:
            self.stderr.write(f"{place}: {reason}")
            return 1
        self.stdout.write(f"{place}: {changed}")
        return 0
