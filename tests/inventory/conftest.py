"""Stock is taken by many at once."""

from tests.factories.hands import console_as
from tests.factories.parallel import at_once

__all__ = ["at_once", "console_as"]
