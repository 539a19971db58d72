"""Fixtures this folder uses."""

from tests.factories.hands import at_once, console, console_as

__all__ = ["at_once", "console", "console_as"]
