"""Deadlines of orders: when an unpaid one is closed, and when one that arrived is completed. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

MIN_UNPAID_MINUTES: Final = 15
MAX_UNPAID_MINUTES: Final = 60 * 24 * 60
MAX_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The brand's settings; None turns a deadline off.

    `unpaid_since` (RFC 3339) is when closing was turned on: orders placed before it stay open, since nobody told their
    buyers. Days count from the delivery, or from the shipment where no delivery was recorded.
    """

    unpaid_minutes: int | None = None
    unpaid_since: str = ""
    days_after_delivery: int | None = 7
    days_after_shipping: int | None = 14

    def closes_at(self, placed_at: datetime) -> datetime | None:
        """Return when an order placed then is closed if it is still unpaid."""
        if self.unpaid_minutes is None or placed_at < datetime.fromisoformat(self.unpaid_since):
            return None
        return placed_at + timedelta(minutes=self.unpaid_minutes)

    def completes_at(self, *, shipped_at: datetime | None, delivered_at: datetime | None) -> datetime | None:
        """Return when an open order is completed by itself."""
        if delivered_at is not None:
            return None if self.days_after_delivery is None else delivered_at + timedelta(days=self.days_after_delivery)
        if shipped_at is None or self.days_after_shipping is None:
            return None
        return shipped_at + timedelta(days=self.days_after_shipping)

    def as_values(self) -> dict[str, object]:
        return asdict(self)


def read_deadlines(values: Mapping[str, object]) -> Deadlines:
    """Return the settings as they are stored; what is not stored is as it is by default."""
    since = values.get("unpaid_since", "")
    return Deadlines(
        unpaid_minutes=_number(values, "unpaid_minutes", None),
        unpaid_since=since if isinstance(since, str) else "",
        days_after_delivery=_number(values, "days_after_delivery", DEFAULT.days_after_delivery),
        days_after_shipping=_number(values, "days_after_shipping", DEFAULT.days_after_shipping),
    )


DEFAULT: Final = Deadlines()


def _number(values: Mapping[str, object], name: str, default: int | None) -> int | None:
    value = values.get(name, default)
    return value if isinstance(value, int) else None
