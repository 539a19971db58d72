"""Bring our plans to Stripe: `manage.py sync_stripe [--webhook-url https://…/webhooks/stripe]`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.core.errors import DomainError
from shared_apps.billing.services import sync


class Command(BaseCommand):
    help = "Bring products, prices, the portal's set-up and (where asked) the webhook to Stripe. Twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--webhook-url", default="", help="register this address for webhooks")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was made and what stood already; fail where a price differs from ours."""
        try:
            report = sync.sync_everything(webhook_url=options["webhook_url"])
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        for line in report.made:
            self.stdout.write(f"made       {line}")
        for line in report.unchanged:
            self.stdout.write(f"unchanged  {line}")
        if report.webhook_secret:
            self.stdout.write(f"Add this to STRIPE_WEBHOOK_SECRETS, it is not shown again: {report.webhook_secret}")
        if report.differing:
            raise CommandError("These differ, and Stripe changes no price: " + " | ".join(report.differing))
