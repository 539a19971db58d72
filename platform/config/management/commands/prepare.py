"""`manage.py prepare`: bring an empty database to a system that can be used."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from shared_apps.tenants.services import migrations, provisioning


class Command(BaseCommand):
    help = "Migrate public, build the template schema, migrate the brands, plant the demo brand the first time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--without-demo", action="store_true", help="do not plant the demo brand")

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write("Migrating the public schema …")
        migrations.migrate_public()
        self.stdout.write("Building the template schema …")
        provisioning.build_template()
        call_command("migrate_brands")
        if settings.STRIPE_API_KEY and settings.STRIPE_API_BASE:
            # The stand-in begins empty. At Stripe itself prices are made when somebody decides so, not by a rollout.
            call_command("sync_stripe", stdout=self.stdout)
        if not options["without_demo"]:
            call_command("seed_demo")
