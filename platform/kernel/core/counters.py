"""Counters in Redis that all processes share: throttles and small operational figures.

Uses Redis directly, since Django's cache needs three round trips for one. Keys carry the brand's schema unless the
caller overrides it.
"""

import logging
import secrets
import time
from functools import lru_cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from kernel.tenancy.context import current_schema

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 0.5  # a throttle must never be slower than what it protects
Unreachable = redis.RedisError


@lru_cache(maxsize=1)
def _client_for(url: str) -> "redis.Redis":
    never = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(
        url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS, retry=never
    )


def client() -> "redis.Redis":
    return _client_for(settings.REDIS_URL)


def key_for(name: str, *, schema: str | None = None) -> str:
    prefix = settings.CACHES["default"].get("KEY_PREFIX", "")
    return f"{prefix}:count:{current_schema() if schema is None else schema}:{name}"


def count(name: str, *, window_seconds: int, now: float | None = None, many: int = 1) -> tuple[int, int]:
    """Count `many` more in the current fixed window; return (count so far, seconds until the window ends).

    One round trip. Raises counters.Unreachable.
    """
    moment = time.time() if now is None else now
    window, elapsed = divmod(int(moment), window_seconds)
    key = f"{key_for(name)}:{window}"
    pipeline = client().pipeline(transaction=False)
    pipeline.incrby(key, many)
    pipeline.expire(key, window_seconds)
    return int(pipeline.execute()[0]), window_seconds - elapsed


def read(name: str, *, window_seconds: int, now: float | None = None) -> int:
    """Return the count of the current window. One round trip. Raises counters.Unreachable."""
    window = int(time.time() if now is None else now) // window_seconds
    return int(client().get(f"{key_for(name)}:{window}") or 0)


class SharedMark:
    """A random value in Redis that signals changes to other processes. Each change writes a new value."""

    def __init__(self, name: str, *, asked_every: float) -> None:
        self._name = name
        self._asked_every = asked_every
        self._mark = ""
        self._ask_at = 0.0

    def read(self, now: float) -> str:
        """Return the value as of at most `asked_every` seconds ago; "" while Redis does not answer.

        `now` is of the monotonic clock. One round trip per interval, for all callers together.
        """
        if now >= self._ask_at:
            self._ask_at = now + self._asked_every
            self._mark = self._ask()
        return self._mark

    def change(self) -> None:
        """Write a new value, visible here at once and elsewhere soon. Logs a failure of Redis."""
        word = secrets.token_hex(8)
        try:
            client().set(self._key(), word)
        except Unreachable as error:
            logger.warning("Redis was not told that %s changed: %s", self._name, error)
            word = ""
        self._mark = word
        self._ask_at = 0.0

    def _ask(self) -> str:
        try:
            found = client().get(self._key())
            if found is None:
                client().set(self._key(), secrets.token_hex(8), nx=True)
                found = client().get(self._key())
        except Unreachable:
            return ""
        return found.decode() if isinstance(found, bytes) else ""

    def _key(self) -> str:
        return key_for(f"mark:{self._name}", schema="public")
