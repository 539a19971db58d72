"""Stock is taken by many at once."""

from tests.factories.parallel import run_at_once

__all__ = ["run_at_once"]
