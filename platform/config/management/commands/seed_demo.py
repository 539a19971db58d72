"""`manage.py seed_demo`: a demo brand with ninety days of trade, made once."""

import os
import secrets
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from config import env
from config.demo import people, seed
from kernel.core import clock

PASSWORD_FILE = "demo-password"  # noqa: S105  the name of a file
WELCOME_FILE = "welcome.txt"
WELCOME = """\
Banyan 榕易 runs.

  Public site   http://{domain}:{port}
  Demo brand    http://{slug}.{domain}:{port}/console/

Demo logins (password for all of them: {password})
{logins}
"""


class Command(BaseCommand):
    help = "Plant the demo brand with 40 products, 60 agents and 90 days of orders, the first time. Prints its logins."

    def handle(self, *args: object, **options: object) -> None:
        if not seed.is_seeded():
            self.stdout.write("Planting the demo brand …")
            password = f"huayang-{secrets.token_hex(3)}-{secrets.token_hex(3)}"
            planted = seed.plant(password=password, now=clock.now())
            _write(env.LOCAL / PASSWORD_FILE, password)
            self.stdout.write(
                f"… done: {planted.agents} selling agents, {planted.retail_orders_delivered} retail orders delivered."
            )
        welcome = _welcome()
        if not env.text("BANYAN_RUN", ""):  # `make run` shows it itself, when everything runs
            self.stdout.write(welcome)


def _welcome() -> str:
    """Print the addresses and logins, also left in .local/welcome.txt; the port may differ from the last start's."""
    password_file = env.LOCAL / PASSWORD_FILE
    password = password_file.read_text(encoding="utf-8").strip() if password_file.exists() else "shown when planted"
    text = WELCOME.format(
        domain=settings.BASE_DOMAIN,
        port=env.text("PORT", "8000"),
        slug=seed.SLUG,
        password=password,
        logins="\n".join(f"  {one.role:<10} {one.email}" for one in (people.OWNER, *people.STAFF)),
    )
    _write(env.LOCAL / WELCOME_FILE, text)
    return text


def _write(path: Path, text: str) -> None:
    """Write the file for the user who runs Banyan only: it holds a password."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
