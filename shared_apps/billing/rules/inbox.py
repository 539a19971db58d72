"""Read from a webhook which object it is about, and what of it a database can hold."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from shared_apps.billing.rules.stripe_objects import id_of

MAX_NAME_LENGTH: Final = 80
# NUL, and halves of a sign without the other half: JSON spells them, Postgres has no place for them.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def customer_of(found: Mapping[str, Any]) -> str:
    """The customer an object is about: its own id if it is one."""
    if found.get("object") == "customer":
        return id_of(found)
    return id_of(found.get("customer"))


def storable(value: Any) -> Any:
    """The same JSON with a replacement sign for what Postgres cannot hold, and null for what is no number."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, Mapping):
        return {storable(name): storable(item) for name, item in value.items()}
    return value


def name_of(value: object) -> str:
    """A name as it fits its column; empty for what is none, since half a name would be another one."""
    is_name = isinstance(value, str) and 0 < len(value) <= MAX_NAME_LENGTH and not _UNSTORABLE.search(value)
    return str(value) if is_name else ""


def moment_of(value: object) -> datetime | None:
    """The moment so many seconds after 1970 begins; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
