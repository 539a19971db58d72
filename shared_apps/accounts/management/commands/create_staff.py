"""`manage.py create_staff --name … --email …`: add a person who may open the platform console."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.core.errors import DomainError
from kernel.tenancy.context import public_schema
from shared_apps.accounts.services import users
from shared_apps.accounts.states import PLATFORM_ROLES, Role


class Command(BaseCommand):
    """Add a member of Banyan's own staff in the public schema."""

    help = "Add a member of Banyan's staff, who signs in to the platform console."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True)
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", choices=sorted(PLATFORM_ROLES), default=Role.PLATFORM_ADMIN.value)
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prompt for the password unless it is piped in, since command lines are visible to all users of the
        machine.
        """
        password = input() if options["password_stdin"] else getpass.getpass("Password: ")
        try:
            with public_schema():
                user = users.create_user(
                    name=options["name"], role=options["role"], email=options["email"], password=password
                )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{user.name} signs in at /console/ on the platform's own host with {user.email}.")
