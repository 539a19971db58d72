"""Only what production runs is in the wheel."""

import tomllib
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings.parts import database, redis

ROOT = Path(__file__).resolve().parents[2]


def test_embedded_servers_and_stand_ins_stay_out() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert sorted(packages) == ["platform/config", "platform/console", "platform/kernel", "shared_apps", "tenant_apps"]


@pytest.mark.parametrize(("part", "name"), [(database, "DATABASE_URL"), (redis, "REDIS_URL")])
def test_without_them_the_addresses_are_required(monkeypatch: pytest.MonkeyPatch, part: object, name: str) -> None:
    monkeypatch.setattr(part, "find_spec", lambda name: None)
    monkeypatch.delenv(name, raising=False)
    read = getattr(part, f"_{name.lower()}")
    with pytest.raises(ImproperlyConfigured, match=name):
        read()
    monkeypatch.setenv(name, "scheme://given")
    assert read() == "scheme://given"
