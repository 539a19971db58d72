"""The single reader of the environment. A value that is missing or wrong stops the start with a readable message."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"


def text(name: str, default: str | None = None) -> str:
    """Return the variable, or the default. Without a default the variable is required."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set {name} in the environment (see the configuration table in the README).")
    return default


def number(name: str, default: int) -> int:
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def flag(name: str, *, default: bool = False) -> bool:
    """Read yes or no: 1, true, yes, on / 0, false, no, off."""
    value = text(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def words(name: str, default: str = "") -> list[str]:
    """Split the variable at commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]
