"""Fixed-window throttles, for the API as a whole and for single services such as sign-up or a code query."""

import hashlib
import logging
import time
from dataclasses import dataclass

from django.utils.translation import gettext as _

from kernel import counters
from kernel.errors import TooManyRequests

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 5.0  # how long Redis is left alone after it did not answer, so that not every request waits for it
_pause_until = 0.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit: `remaining` is never negative; `reset` is in seconds."""

    limit: int
    remaining: int
    reset: int
    exceeded: bool


def take(name: str, identity: str, *, limit: int, window_seconds: int) -> Allowance | None:
    """Count one use of `name` by `identity` (any text; only its digest is stored). None when Redis is down.

    A throttle protects the service, it does not guard a secret: so it lets everybody through while it cannot count.
    """
    global _pause_until
    if time.monotonic() < _pause_until:
        return None
    digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
    try:
        used, reset = counters.count(f"throttle:{name}:{digest}", window_seconds=window_seconds)
    except counters.Unreachable as error:
        _pause_until = time.monotonic() + _PAUSE_SECONDS
        logger.warning("throttle %s cannot count: Redis is unreachable (%s)", name, type(error).__name__)
        return None
    return Allowance(limit=limit, remaining=max(limit - used, 0), reset=reset, exceeded=used > limit)


def refuse_beyond(name: str, identity: str, *, limit: int, window_seconds: int) -> None:
    """Count one use, and raise TooManyRequests (with `retry_after` seconds) beyond `limit` in the window."""
    allowance = take(name, identity, limit=limit, window_seconds=window_seconds)
    if allowance and allowance.exceeded:
        raise TooManyRequests(
            _("Please wait %(seconds)s seconds and try again.") % {"seconds": allowance.reset},
            retry_after=allowance.reset,
        )
