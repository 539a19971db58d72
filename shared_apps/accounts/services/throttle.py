"""Limit attempts at a secret. Unlike the kernel's throttles it refuses when it cannot count."""

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from kernel.core.counters import Unreachable
from kernel.core.errors import TooManyRequests, Unavailable


class TooManyAttempts(TooManyRequests):
    code = "too_many_attempts"
    title = _("Too many attempts. Please wait a while and try again.")


def count(*, what: str, who: str, limit: int, seconds: int) -> None:
    """Count one attempt in this schema, in a window of `seconds` from the first.

    Raises TooManyAttempts beyond `limit`, Unavailable when attempts cannot be counted.
    """
    try:
        attempts = _count(f"attempts:{what}:{who}", seconds)
    except Unreachable as error:
        raise Unavailable from error
    if attempts > limit:
        raise TooManyAttempts(retry_after=seconds)


def _count(key: str, seconds: int) -> int:
    cache.add(key, 0, timeout=seconds)
    try:
        return cache.incr(key)
    except ValueError:  # it ran out between the two
        cache.set(key, 1, timeout=seconds)
        return 1


def forget(*, what: str, who: str) -> None:
    cache.delete(f"attempts:{what}:{who}")
