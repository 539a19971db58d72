"""Landed migrations never change: brands have run them. `manage.py land_migrations` notes new ones."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from config import env
from config.management.commands import land_migrations
from config.management.commands.land_migrations import LANDED, digests, read

KERNEL = "platform/kernel/migrations/0001_initial.py"


def test_what_landed_is_still_there_unchanged() -> None:
    present = digests(env.ROOT)
    assert {name for name, digest in read(LANDED).items() if present.get(name) != digest} == set()


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one landed migration."""
    migration = tmp_path / KERNEL
    migration.parent.mkdir(parents=True)
    migration.write_text("first")
    monkeypatch.setattr(env, "ROOT", tmp_path)
    monkeypatch.setattr(land_migrations, "LANDED", tmp_path / "landed.txt")
    call_command("land_migrations", verbosity=0)
    return tmp_path


def change(root: Path) -> None:
    (root / KERNEL).write_text("first, otherwise")


def remove(root: Path) -> None:
    shutil.rmtree((root / KERNEL).parent)


@pytest.mark.parametrize("break_it", [change, remove])
def test_a_landed_migration_that_changed_or_went_is_refused(elsewhere: Path, break_it: Callable[[Path], None]) -> None:
    break_it(elsewhere)
    with pytest.raises(CommandError, match="0001_initial"):
        call_command("land_migrations")
    call_command("land_migrations", "--anew", verbosity=0)
    assert read(elsewhere / "landed.txt") == digests(elsewhere)


def test_a_new_migration_is_added(elsewhere: Path) -> None:
    before = read(elsewhere / "landed.txt")
    (elsewhere / KERNEL).with_name("0002_more.py").write_text("more")
    call_command("land_migrations", verbosity=0)
    after = read(elsewhere / "landed.txt")
    assert len(before) == 1
    assert before.items() < after.items()
