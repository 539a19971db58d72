"""`manage.py land_migrations`: note the migrations that must never change again.

Brands' databases have run them. `tests/architecture/test_landed_migrations.py` refuses a landed migration that is
changed or gone; new ones pass until they are noted here.
"""

import hashlib
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from config import env

LANDED = env.ROOT / "tests" / "architecture" / "landed_migrations.txt"
_FOLDERS = ("platform/*/migrations", "shared_apps/*/migrations", "tenant_apps/*/migrations")


class Command(BaseCommand):
    help = "Note all migrations there are as landed. Refuses where a landed one was changed or removed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--anew", action="store_true", help="forget what landed before: a clean start, no upgrade")

    def handle(self, *args: object, **options: object) -> None:
        present = digests(env.ROOT)
        landed = {} if options["anew"] else read(LANDED)
        if broken := [name for name, digest in landed.items() if present.get(name) != digest]:
            raise CommandError(f"Landed migrations were changed or removed: {', '.join(broken)}")
        LANDED.write_text("".join(f"{digest}  {name}\n" for name, digest in present.items()), encoding="utf-8")
        self.stdout.write(f"{len(present)} migrations have landed, {len(present.keys() - landed.keys())} of them now.")


def digests(root: Path) -> dict[str, str]:
    """Return each migration's path below `root` with its SHA-256, sorted."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in _FOLDERS
        for path in sorted(root.glob(f"{folder}/[0-9]*.py"))
    }


def read(path: Path) -> dict[str, str]:
    """Return the landed migrations with their digests; none where the file is missing."""
    if not path.exists():
        return {}
    lines = (line.split("  ", 1) for line in path.read_text(encoding="utf-8").splitlines())
    return {name: digest for digest, name in lines}
