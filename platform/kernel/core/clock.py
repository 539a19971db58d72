"""Time: UTC inside, the brand's zone for days. Periods are half-open: start ≤ t < end."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from kernel.tenancy.context import current_brand

DEFAULT_ZONE = "Asia/Shanghai"


def now() -> datetime:
    """Return the current moment, aware, in UTC. Services take it as an argument; faces and tasks call this."""
    return datetime.now(UTC)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def brand_zone() -> ZoneInfo:
    """Return the current brand's time zone; Asia/Shanghai on the public schema."""
    return _zone(getattr(current_brand(), "time_zone", "") or DEFAULT_ZONE)


def _resolve(zone: str | ZoneInfo | None) -> ZoneInfo:
    if zone is None:
        return brand_zone()
    return _zone(zone) if isinstance(zone, str) else zone


def business_date(moment: datetime, zone: str | ZoneInfo | None = None) -> date:
    """Return the calendar day of `moment` in the brand's zone (or `zone`). Raises ValueError for a naive moment."""
    if moment.tzinfo is None:
        raise ValueError("the moment has no time zone")
    return moment.astimezone(_resolve(zone)).date()


def day_bounds(day: date, zone: str | ZoneInfo | None = None) -> tuple[datetime, datetime]:
    """Return the UTC start of `day` and of the next day in the brand's zone (or `zone`): a half-open period."""
    place = _resolve(zone)
    start = datetime.combine(day, time.min, tzinfo=place)
    end = datetime.combine(day + timedelta(days=1), time.min, tzinfo=place)
    return start.astimezone(UTC), end.astimezone(UTC)
