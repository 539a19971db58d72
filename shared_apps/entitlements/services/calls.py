"""Count a brand's API calls against the rate of its plan."""

from django.utils.translation import gettext

from kernel.core import throttling
from kernel.core.errors import TooManyRequests
from shared_apps.entitlements.selectors import get_limits
from shared_apps.entitlements.states import API_CALLS, RATE_WINDOW_SECONDS, UPGRADE_URL


def count_call() -> throttling.Allowance | None:
    """Count one call of a program against the brand's rate. None where there is no limit, or Redis cannot count."""
    limit = get_limits().get(API_CALLS)
    if limit is None:
        return None
    return throttling.take(API_CALLS, "brand", limit=limit, window_seconds=RATE_WINDOW_SECONDS)


def ensure_calls_left(allowance: throttling.Allowance | None) -> None:
    """Raise TooManyRequests (with `retry_after` seconds) when the brand's calls of this minute are used up."""
    if allowance is None or not allowance.exceeded:
        return
    raise TooManyRequests(
        gettext("The plan allows %(limit)s calls a minute. Please wait %(seconds)s seconds.")
        % {"limit": allowance.limit, "seconds": allowance.reset},
        retry_after=allowance.reset,
        quota=API_CALLS,
        limit=allowance.limit,
        upgrade_url=UPGRADE_URL,
    )
