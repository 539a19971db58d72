"""`manage.py restore_brand <subdomain>`: bring an archived brand back and put it where it stands by its payments."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kernel.core import clock
from kernel.core.errors import DomainError
from shared_apps.billing.services import lifecycle
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.services import restores


class Command(BaseCommand):
    help = "Restore an archived brand: schema and uploads from its archive, migrations, state. Run it again to resume."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SUBDOMAIN")

    def handle(self, *args: Any, **options: Any) -> None:
        brand = tenants.find_brand_by_slug(options["slug"])
        if brand is None:
            raise CommandError(f"No brand is called {options['slug']}.")
        try:
            restores.restore_brand(brand_id=brand.pk, now=clock.now())
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        status = lifecycle.sync_billing_status(brand_id=brand.pk, now=clock.now())
        self.stdout.write(f"{brand.slug} is back: {status.state.value}.")
