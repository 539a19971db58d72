"""Stock is taken by many at once."""

from tests.factories.hands import console_as
from tests.factories.parallel import run_at_once

__all__ = ["console_as", "run_at_once"]
