"""`manage.py migrate_brands`: apply pending migrations to the brands' schemas."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shared_apps.tenants.services import migrations
from shared_apps.tenants.services.migrations import Outcome, Result


class Command(BaseCommand):
    help = "Migrate every brand that lags, each in a transaction of its own. Run it again to resume after failures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--brand", action="append", default=[], metavar="SUBDOMAIN", help="only this brand")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        outcomes = migrations.migrate_brands(slugs=options["brand"], dry_run=options["dry_run"], report=self._report)
        unknown = set(options["brand"]) - {outcome.slug for outcome in outcomes}
        if unknown:
            raise CommandError(f"No ready brand is called {', '.join(sorted(unknown))}.")
        failed = [outcome.slug for outcome in outcomes if outcome.result is Result.FAILED]
        if failed:
            raise CommandError(f"{len(failed)} of {len(outcomes)} brands failed: {', '.join(failed)}")
        self.stdout.write(f"{len(outcomes)} brands looked at, all current." if outcomes else "All brands are current.")

    def _report(self, outcome: Outcome) -> None:
        names = ", ".join(f"{app}.{name}" for app, name in outcome.pending)
        line = f"{outcome.slug}: {outcome.result.value}{f' ({names})' if names else ''}"
        if outcome.result is Result.FAILED:
            self.stderr.write(self.style.ERROR(f"{line}: {outcome.error}"))
        else:
            self.stdout.write(line)
