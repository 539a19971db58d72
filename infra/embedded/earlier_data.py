"""Recognise data that an earlier development version wrote, and set it aside; nothing is ever deleted.

Migrations are only added to, so a database fits the code as long as the first migrations that made it are still there
unchanged. A file in the cluster's folder says which they were.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from pathlib import Path

from embedded.locations import Locations
from embedded.processes import hand_over

CLUSTER = "postgres"
STAMP = "first-migrations.txt"
FIRST_MIGRATIONS = "*/*/migrations/0001_*.py"
# What belongs to a database: its cluster last, since by it an interrupted attempt is taken up again.
BELONGINGS = ("valkey", "media", "archives", "sandbox", "celerybeat-schedule*", "welcome.txt", "demo-password", CLUSTER)


def write_stamp(cluster: Path, locations: Locations) -> None:
    """Note in a new cluster's folder which first migrations the code has."""
    path = cluster / STAMP
    path.write_text("".join(f"{digest}  {name}\n" for name, digest in _first_migrations(locations.repository).items()))
    hand_over(path, locations.user)


def is_earlier(locations: Locations) -> bool:
    """Return whether there is data whose first migrations the code has no more, or has in another form."""
    cluster = locations.data / CLUSTER
    if not cluster.exists():
        return False
    present = _first_migrations(locations.repository)
    with contextlib.suppress(FileNotFoundError):
        stamped = [line.split("  ", 1) for line in (cluster / STAMP).read_text().splitlines()]
        return any(present.get(name) != digest for digest, name in stamped)
    return True  # made before there were stamps


def set_aside(locations: Locations) -> list[Path]:
    """Rename earlier data, with everything that belongs to it; returns the folders it lies in now.

    The servers must not run.
    """
    name = f"earlier-{time.strftime('%Y%m%d-%H%M%S')}"
    folders = dict.fromkeys((locations.local, locations.data))  # often one and the same
    return [target for folder in folders if (target := _move(folder, folder / name)).exists()]


def _move(source: Path, target: Path) -> Path:
    for pattern in BELONGINGS:
        for entry in sorted(source.glob(pattern)):
            target.mkdir(mode=0o755, exist_ok=True)
            entry.rename(target / entry.name)
    return target


def _first_migrations(repository: Path) -> dict[str, str]:
    return {
        path.relative_to(repository).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(repository.glob(FIRST_MIGRATIONS))
    }
