"""When a webhook that failed is tried again, and which object each kind is about."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from shared_apps.billing.rules.stripe_objects import id_of

MOST_ATTEMPTS: Final = 12
_PAUSES: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)


def pause_after(attempts: int) -> timedelta | None:
    """How long to wait after so many failed attempts; None when it is given up."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return _PAUSES[min(attempts, len(_PAUSES)) - 1]


def customer_of(found: Mapping[str, Any]) -> str:
    """The customer an object is about: its own id if it is one."""
    if found.get("object") == "customer":
        return id_of(found)
    return id_of(found.get("customer"))
