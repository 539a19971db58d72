"""Fixtures this folder uses."""

from tests.factories.hands import console, console_as

__all__ = ["console", "console_as"]
