"""Fixed-window rate limits, for the API as a whole and for single services such as sign-up."""

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from django.utils.translation import gettext

from kernel.core import counters
from kernel.core.errors import TooManyRequests
from kernel.tenancy.context import current_schema

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 5.0  # how long Redis is left alone after it did not answer, so that not every request waits for it
_pause_until = 0.0
_MAX_AHEAD = 100
_LEASES_KEPT = 10_000
_leases: "OrderedDict[str, _Lease]" = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Allowance:
    """Rest of a limit: `remaining` is never negative; `reset` is in seconds."""

    limit: int
    remaining: int
    reset: int
    exceeded: bool


@dataclass(slots=True)
class _Lease:
    """Uses counted in advance, to save round trips: `left` numbers from `following` on."""

    window: int
    following: int
    left: int


def take(name: str, identity: str, *, limit: int, window_seconds: int) -> Allowance | None:
    """Count one use of `name` by `identity` (any text; only its digest is stored). None when Redis is down.

    Each process counts a fiftieth of the limit in advance (100 at most, none below a limit of 100), so a limit is never
    exceeded but may be reached that much early. While it cannot count, a throttle lets everybody pass: it protects the
    service, not a secret.
    """
    global _pause_until
    if time.monotonic() < _pause_until:
        return None
    digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
    key = f"{current_schema()}:{name}:{digest}"
    window, elapsed = divmod(int(time.time()), window_seconds)
    used = _from_lease(key, window)
    if used is None:
        ahead = min(max(limit // 50, 1), _MAX_AHEAD)
        try:
            total, _reset = counters.count(f"throttle:{name}:{digest}", window_seconds=window_seconds, many=ahead)
        except counters.Unreachable as error:
            _pause_until = time.monotonic() + _PAUSE_SECONDS
            logger.warning("throttle %s cannot count: Redis is unreachable (%s)", name, type(error).__name__)
            return None
        used = total - ahead + 1
        _remember(key, _Lease(window, used + 1, ahead - 1))
    reset = window_seconds - elapsed
    return Allowance(limit=limit, remaining=max(limit - used, 0), reset=reset, exceeded=used > limit)


def count_used(name: str, identity: str, *, window_seconds: int) -> int:
    """Return the uses counted in the current window, those counted in advance included; 0 when Redis is down."""
    if time.monotonic() < _pause_until:
        return 0
    digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
    try:
        return counters.read(f"throttle:{name}:{digest}", window_seconds=window_seconds)
    except counters.Unreachable:
        return 0


def _from_lease(key: str, window: int) -> int | None:
    with _lock:
        lease = _leases.get(key)
        if lease is None or lease.window != window or not lease.left:
            return None
        lease.left -= 1
        lease.following += 1
        return lease.following - 1


def _remember(key: str, lease: _Lease) -> None:
    if not lease.left:
        return
    with _lock:
        _leases[key] = lease
        _leases.move_to_end(key)
        if len(_leases) > _LEASES_KEPT:
            _leases.popitem(last=False)


def ensure_below_limit(name: str, identity: str, *, limit: int, window_seconds: int) -> None:
    """Count one use, and raise TooManyRequests (with `retry_after` seconds) beyond `limit` in the window."""
    allowance = take(name, identity, limit=limit, window_seconds=window_seconds)
    if allowance and allowance.exceeded:
        raise TooManyRequests(
            gettext("Please wait %(seconds)s seconds and try again.") % {"seconds": allowance.reset},
            retry_after=allowance.reset,
        )
