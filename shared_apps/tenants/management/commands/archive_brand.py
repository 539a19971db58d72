"""`manage.py archive_brand <subdomain> --reason …`: archive a brand that may not write any more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kernel.core import clock
from kernel.core.errors import DomainError
from shared_apps.tenants import selectors
from shared_apps.tenants.services import archives


class Command(BaseCommand):
    help = "Dump a brand, prove the dump by restoring it, and shut the brand. Its schema is kept until its day comes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SUBDOMAIN")
        parser.add_argument("--reason", required=True, help="for the brand's history")

    def handle(self, *args: Any, **options: Any) -> None:
        brand = selectors.find_brand_by_slug(options["slug"])
        if brand is None:
            raise CommandError(f"No brand is called {options['slug']}.")
        try:
            archive = archives.archive_brand(brand_id=brand.pk, reason=options["reason"], now=clock.now())
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        rows = sum(archive.row_counts.values())
        self.stdout.write(f"{brand.slug} is archived: {rows} rows, {archive.size_bytes} bytes, {archive.path}")
        self.stdout.write(f"SHA-256 {archive.sha256}; the schema is kept until {archive.retained_until:%Y-%m-%d}.")
