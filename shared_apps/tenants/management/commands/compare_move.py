"""`manage.py compare_move <subdomain> --target postgresql://…`: compare a moved brand with its origin."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kernel.core.errors import DomainError
from shared_apps.tenants import selectors
from shared_apps.tenants.services import moves


class Command(BaseCommand):
    help = "Compare every row of a brand's schema here with the schema of the same name in another database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SUBDOMAIN")
        parser.add_argument("--target", required=True, help="the other database: postgresql://user@host:port/name")

    def handle(self, *args: Any, **options: Any) -> None:
        brand = selectors.find_brand_by_slug(options["slug"])
        if brand is None:
            raise CommandError(f"No brand is called {options['slug']}.")
        try:
            differing = moves.list_differences(brand_id=brand.pk, target=options["target"])
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        for line in differing:
            self.stderr.write(line)
        if differing:
            raise CommandError(f"{len(differing)} tables differ: the brand must not be served from there.")
        self.stdout.write(f"{brand.schema_name} is the same in both databases.")
