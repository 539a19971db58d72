"""Fixed-window throttles, for the API as a whole and for single services such as sign-up or a code query."""

import hashlib
import logging
from dataclasses import dataclass

from django.utils.translation import gettext as _

from kernel import counters
from kernel.errors import TooManyRequests

logger = logging.getLogger(__name__)


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
    digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
    try:
        used, reset = counters.count(f"throttle:{name}:{digest}", window_seconds=window_seconds)
    except counters.Unreachable:
        logger.warning("throttle %s cannot count: Redis is unreachable", name, exc_info=True)
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
