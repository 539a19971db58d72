"""Settings of property tests: the same few examples in `make test`, many at random in `make fuzz`."""

import os

from hypothesis import HealthCheck, settings

_TIMES = int(os.environ.get("FUZZ", "1"))


def register_profiles() -> None:
    """Register `test` (derandomised) and `fuzz`, and load the first; `--hypothesis-profile` overrides it."""
    quiet = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    settings.register_profile("test", settings(quiet, derandomize=True))
    settings.register_profile("fuzz", settings(quiet, print_blob=True))
    settings.load_profile("fuzz" if _TIMES > 1 else "test")


def examples(usual: int) -> int:
    """The number of examples: `usual`, times FUZZ in `make fuzz`."""
    return usual * _TIMES
