"""Fixtures this folder uses."""

from tests.factories.hands import console, console_as
from tests.factories.level_rules import levels
from tests.factories.parallel import at_once

__all__ = ["at_once", "console", "console_as", "levels"]
